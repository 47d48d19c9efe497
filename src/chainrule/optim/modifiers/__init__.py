"""What changes a method of descent: each is a method itself, made from another one."""

"""Methods of descent: one in each module."""

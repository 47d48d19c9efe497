"""A compiled program: a tree of paths through a function, written as one native function."""

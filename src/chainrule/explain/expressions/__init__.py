"""Expressions: the tree, its algebra, and how it is written."""

"""Arithmetic and functions on lanes of numbers: one instruction for a whole vector of them."""

"""Backpropagation: a program run forward and backward, value by value."""

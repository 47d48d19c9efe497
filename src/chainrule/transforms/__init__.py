"""Derivatives and batches of functions: `rules` is the calculus, the rest is how it is asked for."""

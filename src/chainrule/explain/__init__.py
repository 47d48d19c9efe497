"""Explanations: derivations, matrix calculus, backpropagation, limits, and why a gradient is NaN or zero."""

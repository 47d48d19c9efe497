"""Slopes of curves: equations in two variables, and coordinates that are functions of a parameter."""

"""Grading: how an answer is read, and which mistake would have given it."""

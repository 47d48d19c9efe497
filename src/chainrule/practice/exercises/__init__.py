"""Exercises: what is drawn, how it is asked, and hints."""

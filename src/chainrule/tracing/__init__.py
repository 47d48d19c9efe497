"""Owns tracing: plain NumPy functions run on traced arrays, and become graphs."""

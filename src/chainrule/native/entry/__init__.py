"""The native entry of a compiled function: checks of the arguments, and Python's objects for the results."""

"""The lessons: one in each module, listed in `table`."""

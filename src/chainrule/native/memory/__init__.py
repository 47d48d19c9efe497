"""Where values are: the steps that leave them in memory, their layout, the spaces of loops, and the arena."""

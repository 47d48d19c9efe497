"""What a function did when it was traced: its decisions, and what it read besides its arguments."""

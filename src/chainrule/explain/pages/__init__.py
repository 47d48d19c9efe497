"""Pages: what a report says, and the ways to show it."""

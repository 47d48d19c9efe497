"""In which steps a program is done, what is kept in memory between them, and for how long."""

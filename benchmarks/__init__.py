"""Compares the speed of chainrule with that of its peers; `make bench` runs it."""

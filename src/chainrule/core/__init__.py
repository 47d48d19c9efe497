"""What a program is: primitives, traces and the values that they own, graphs, pytrees."""

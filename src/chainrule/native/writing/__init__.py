"""The parts of a program, each written as text: loops' calls, small arrays, products, factorizations, searches."""

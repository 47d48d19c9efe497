"""Matrix calculus: the derivation of an array program's gradients, operation by operation, with shapes."""

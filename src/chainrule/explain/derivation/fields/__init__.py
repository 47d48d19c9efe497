"""Vector calculus: what is put together of partial derivatives, and the planes that touch surfaces."""

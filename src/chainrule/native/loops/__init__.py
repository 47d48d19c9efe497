"""Fused loops: one pass over the points of a space, which computes, stores and reduces."""

"""The shape of a function around a point: curvature, learning rates, and the landscape."""

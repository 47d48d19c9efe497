"""Studies: what derivatives say of a function's shape, put together of them: extrema, monotony, concavity, Newton's method."""

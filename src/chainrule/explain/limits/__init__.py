"""The limit definition of the derivative, seen: difference quotients, one-sided limits, the tangent."""

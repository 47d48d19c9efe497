"""Taylor polynomials: the derivatives one after another, their values at the point, the coefficients; the error."""

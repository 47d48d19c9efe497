"""Work shared among native threads, and SciPy's BLAS, whose own threads stay out of the way."""

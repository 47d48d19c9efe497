"""Terms, which native code is made of, and the simplifications of them."""

"""Native code that is kept from one call to the next, for functions that are the same."""

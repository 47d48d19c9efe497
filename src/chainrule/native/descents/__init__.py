"""One step, many times, in native code."""

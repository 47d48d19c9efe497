"""Why a gradient is wrong: where it becomes NaN, and where it dies."""

"""How calls are told apart, and what is known of those of one signature."""

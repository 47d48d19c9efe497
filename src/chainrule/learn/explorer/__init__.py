"""The explorer: `page` is what the browser shows; the rest is computed without Dash."""

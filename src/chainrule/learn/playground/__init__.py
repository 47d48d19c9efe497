"""The playground: `page` is what the browser shows; the rest is computed without Dash."""

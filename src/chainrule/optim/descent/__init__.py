"""The descent: its loop, how it ends, and what it found."""

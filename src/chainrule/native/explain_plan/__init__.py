"""What a compiled function does, read off its schedules, for a person."""

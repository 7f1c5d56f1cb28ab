"""What to do with each key next, in words and commands; and what serves instead of one. Asks no network."""

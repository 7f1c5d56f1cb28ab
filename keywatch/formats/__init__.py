"""File formats: one file each, every one a pure parser from bytes to bindings with exact byte spans."""

"""The daemon: watches the places of a user, judges what changes, remembers it and tells whoever listens."""

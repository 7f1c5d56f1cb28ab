"""What stands in a place after its key has moved: one file a way, listed in registry.py."""

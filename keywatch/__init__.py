"""keywatch finds cloud keys left in plaintext, says so the moment one is written, and moves them to safety."""

__version__ = "0.1.0"

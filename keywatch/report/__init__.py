"""What a sweep says: one file a form (terminal, JSON, SARIF, CSV). None of them ever shows a secret."""

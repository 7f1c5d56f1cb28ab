"""Moving a key to a vault and back: plan, apply, verify, undo, and the journal that makes each survive a crash."""

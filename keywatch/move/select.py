"""Temporary."""

from __future__ import annotations

import os
from collections.abc import Sequence

from keywatch.errors import UsageError
from keywatch.model import Finding


def select(words: Sequence[str], findings: Sequence[Finding]) -> list[Finding]:
    """Temporary."""
    found = []
    for word in words:
        name, _, line = word.rpartition(":") if word.rpartition(":")[2].isdigit() else (word, "", "")
        path = os.path.abspath(name)
        these = [
            f for f in findings if f.id.startswith(word) or f.place.path == path or f.place.path.startswith(path + "/")
        ]
        these = [f for f in these if not line or any(part.line == int(line) for part in f.parts)]
        if not these:
            raise UsageError(f"{word}: no finding there")
        found += these
    return found

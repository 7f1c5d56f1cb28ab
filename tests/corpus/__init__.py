"""A seeded, labelled corpus of planted fake keys and of decoys, and the scorer for what a scanner makes of it.

Every key is made at run time from a seeded random source; no complete key stands in these files. The corpus knows
nothing of keywatch's detection: it imports nothing from `keywatch` but the definition of a fingerprint, for scoring.
"""

from __future__ import annotations

from tests.corpus.generate import generate
from tests.corpus.labels import Label, Labels
from tests.corpus.score import Score, score

__all__ = ["Label", "Labels", "Score", "generate", "score"]

"""A draft over a folder of a test: plants keys, finds them again, applies a way, and gives the files as they would be.

Used where only a way is looked at; no vault, no journal, nothing written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from keywatch.detect.engine import Engine
from keywatch.move.base import Account, Held, Topic
from keywatch.move.draft import Draft, Programs
from keywatch.move.find import Finder, find_again
from keywatch.move.locate import read_place
from keywatch.move.ways.registry import choose_way
from keywatch.sweep.ruleset import RuleSet

HELPER = "/usr/bin/keywatch-credential"
KEYWATCH = "/usr/bin/keywatch"


@cache
def finder() -> Finder:
    """The default rules with a fixed installation key."""
    rules = RuleSet()
    engine = Engine(rules.patterns)
    return Finder(b"k" * 32, rules, engine.scan)


@dataclass
class Drafting:
    """One draft for the files below `home`."""

    home: Path
    draft: Draft = field(init=False)

    def __post_init__(self) -> None:
        account = Account(os.geteuid(), os.getegid(), "me", str(self.home))
        self.draft = Draft(account, Programs(HELPER, KEYWATCH), read_place)

    def held(self, path: Path | str, entry: str = "deploy", number: int = 0) -> Held:
        """The credential number `number` of a file."""
        name = str(path)
        found = find_again(finder(), name, Path(path).read_bytes(), None, 0.0)
        return replace(found[number], entry=entry)

    def apply(self, path: Path | str, way: str = "", entry: str = "deploy", number: int = 0) -> Held:
        """Apply the default way, or the named one, to a credential of a file."""
        held = self.held(path, entry, number)
        chosen = choose_way(held, way)
        assert chosen is not None, f"no way suits {path}"
        chosen.apply(held, self.draft)
        return held

    def after(self, path: Path | str) -> bytes:
        """The file as the draft would leave it."""
        made = self.draft.made(str(path))
        return made if made is not None else self.draft.preview(str(path))

    def said(self, topic: Topic) -> list[str]:
        """The plan's sentences of one topic."""
        return [note.text for note in self.draft.notes if note.topic is topic]

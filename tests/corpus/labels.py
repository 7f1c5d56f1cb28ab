"""What is true about a generated corpus: where each planted part stands and which parts belong together.

Labels hold the exact (fake) values; they are written beside a corpus, never inside the tree that is scanned.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Label:
    """One planted part. Parts with equal `key` at the same `path` and `via` belong together.

    `line` and `column` count from 1, columns in characters of the decoded line. `exact` is false where the value only
    exists after decoding (base64 text, a database page), so that no position is the one right answer. `group` is the
    style's: `known`, `held out` or `beyond` (registry.py).
    """

    path: str
    via: tuple[str, ...]
    style: str
    group: str
    role: str
    value: str
    key: str
    line: int
    column: int
    exact: bool = True
    commented: bool = False


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels of a corpus, and for every file (decoys too) the style it was made from. Paths are relative."""

    labels: tuple[Label, ...]
    files: dict[str, str]
    decoys: frozenset[str]
    seed: int

    def save(self, path: Path) -> None:
        """Write as JSON."""
        plain = {
            "seed": self.seed,
            "files": self.files,
            "decoys": sorted(self.decoys),
            "labels": [asdict(label) for label in self.labels],
        }
        path.write_text(json.dumps(plain, indent=1, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Labels:
        """Read what `save` wrote."""
        plain = json.loads(path.read_text(encoding="utf-8"))
        labels = tuple(Label(**{**label, "via": tuple(label["via"])}) for label in plain["labels"])
        return cls(labels, plain["files"], frozenset(plain["decoys"]), plain["seed"])

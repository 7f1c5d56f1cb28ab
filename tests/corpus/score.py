"""Compares a sweep's JSON report with a corpus's labels: what was found, what was missed, what was made up.

Reports hold no secrets, so parts are told apart by file, way inside it, role and line; where a label's position binds
nobody (`exact` is false), by file and role alone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.corpus.labels import Label, Labels

ROLES = ("access_key_id", "secret_access_key", "session_token", "token")


@dataclass(slots=True)
class Score:
    """Counts by role and by whether the style was held out; the misses and false reports themselves."""

    wanted: Counter[tuple[str, bool]] = field(default_factory=Counter)
    found: Counter[tuple[str, bool]] = field(default_factory=Counter)
    pairs_wanted: int = 0
    pairs_found: int = 0
    reported: int = 0
    missed: list[Label] = field(default_factory=list)
    unpaired: list[Label] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    def recall(self, role: str, *, held_out: bool | None = None) -> float:
        """The found part of what was planted, 0 to 1; 1 where nothing was."""
        kinds = (True, False) if held_out is None else (held_out,)
        wanted = sum(self.wanted[role, kind] for kind in kinds)
        return sum(self.found[role, kind] for kind in kinds) / wanted if wanted else 1.0

    @property
    def false_share(self) -> float:
        """The part of all reported parts that nothing was planted for."""
        return len(self.false) / self.reported if self.reported else 0.0

    @property
    def pairing(self) -> float:
        """The part of the planted pairs that one finding holds together."""
        return self.pairs_found / self.pairs_wanted if self.pairs_wanted else 1.0


def score(labels: Labels, report: Mapping[str, Any], root: str) -> Score:
    """The score of a `keywatch sweep --json` report on the corpus that lies under `root`."""
    result = Score()
    left: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for number, finding in enumerate(report["findings"]):
        path = os.path.relpath(finding["place"]["path"], root)
        for part in finding["parts"]:
            left.setdefault((path, part["role"]), []).append((part["line"], number))
            result.reported += 1
    holders: dict[tuple[str, str], dict[str, int]] = {}
    for label in labels.labels:
        result.wanted[label.role, label.held_out] += 1
        seen = left.get((label.path, label.role), [])
        match = next((each for each in seen if each[0] == label.line or not label.exact), None)
        if match is None:
            result.missed.append(label)
            continue
        seen.remove(match)
        result.found[label.role, label.held_out] += 1
        holders.setdefault((label.path, label.key), {})[label.role] = match[1]
    for (path, role), rest in left.items():
        result.false += [f"{labels.files.get(path, '?')}: {path}:{line} {role}" for line, _ in rest]
    _score_pairs(labels, holders, result)
    return result


def _score_pairs(labels: Labels, holders: Mapping[tuple[str, str], Mapping[str, int]], result: Score) -> None:
    roles: dict[tuple[str, str], set[str]] = {}
    for label in labels.labels:
        roles.setdefault((label.path, label.key), set()).add(label.role)
    for label in labels.labels:
        group = (label.path, label.key)
        if label.role != "secret_access_key" or "access_key_id" not in roles[group]:
            continue
        result.pairs_wanted += 1
        held = holders.get(group, {})
        if "access_key_id" in held and held.get("secret_access_key") == held["access_key_id"]:
            result.pairs_found += 1
        else:
            result.unpaired.append(label)

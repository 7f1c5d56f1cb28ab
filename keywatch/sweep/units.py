"""A sweep cut into units: pieces of work that any worker can do, small enough that all workers end together.

Trees are split breadth-first until there are enough units. Reads names of folders only, and follows no link.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from keywatch.places.base import Target

#: so many units for each worker, so that the last ones done are small
PER_WORKER = 48
#: how deep trees are split
_SPLIT_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Unit:
    """A tree (`recursive`), the files of one folder, or some files by name."""

    path: str = ""
    recursive: bool = True
    targets: tuple[Target, ...] = ()


def plan_units(trees: Sequence[str], targets: Sequence[Target], jobs: int) -> list[Unit]:
    """The units of a sweep over `trees` and `targets` for `jobs` workers."""
    units: list[Unit] = []
    waiting = deque((tree, 0) for tree in trees)
    enough = PER_WORKER * jobs if jobs > 1 else 0
    while waiting:
        path, depth = waiting.popleft()
        folders = _folders(path) if depth < _SPLIT_DEPTH and len(waiting) + len(units) < enough else None
        if not folders:
            units.append(Unit(path))
            continue
        units.append(Unit(path, recursive=False))
        waiting.extend((f"{path}/{name}" if path != "/" else f"/{name}", depth + 1) for name in folders)
    if targets:
        units.insert(0, Unit(targets=tuple(targets)))
    return units


def _folders(path: str) -> list[str] | None:
    """The folders in a folder; None where it can't be read: the worker will say why."""
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return None

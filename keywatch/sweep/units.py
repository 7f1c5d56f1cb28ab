"""A sweep cut into units: pieces of work that any worker can do, small enough that all workers end together.

Trees are split level by level until there are enough units. Reads names of folders only, and follows no link.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

TYPE_CHECKING = False  # every sweep waits for this module
if TYPE_CHECKING:
    from keywatch.places.base import Target

#: so many units for each worker, so that the last ones done are small
PER_WORKER = 256
#: how deep trees are split
_SPLIT_DEPTH = 5
#: with more units than this, telling of them costs more than it gains
_MOST = 4096


class Unit(NamedTuple):
    """A tree (`recursive`), the files of one folder, or some files by name."""

    path: str = ""
    recursive: bool = True
    targets: tuple[Target, ...] = ()


def processors() -> int:
    """How many workers a sweep of trees has: one a processor, and never more than four."""
    return min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)


def plan_units(trees: Sequence[str], targets: Sequence[Target], jobs: int, each: int = PER_WORKER) -> list[Unit]:
    """The units of a sweep over `trees` and `targets`: at least `each` for every worker, if there are so many."""
    units: list[Unit] = []
    level = _outermost(trees)
    enough = each * jobs if jobs > 1 else 0
    for _ in range(_SPLIT_DEPTH):
        if len(units) + len(level) >= enough:
            break
        below: list[str] = []
        for path in level:
            folders = _folders(path) if len(units) + len(below) < _MOST else None
            units.append(Unit(path, recursive=not folders))
            below += (f"{path}/{name}" if path != "/" else f"/{name}" for name in folders or ())
        level = below
    units += map(Unit, level)
    if targets:
        units.insert(0, Unit(targets=tuple(targets)))
    return units


def _outermost(trees: Sequence[str]) -> list[str]:
    """Those that lie in none of the others: what is named twice is swept once."""
    asked = {tree.rstrip("/") for tree in trees}

    def is_inside(tree: str) -> bool:
        above = tree.rstrip("/")
        while "/" in above:
            above = above.rpartition("/")[0]
            if above in asked:
                return True
        return False

    return [tree for tree in dict.fromkeys(trees) if not is_inside(tree)]


def _folders(path: str) -> list[str] | None:
    """The folders in a folder; None where it can't be read: the worker will say why."""
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return None

"""Looks ahead: compares trees with what is remembered of them, while the rest of keywatch is still being loaded.

Looks at metadata alone and opens no file. What it can vouch for needs no sweep; each folder in which something is new
or has changed is left to the sweep, whole. Loads as little as can be: every sweep waits for this module.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Mapping, Sequence

from keywatch.errors import StateError
from keywatch.paths import Homes, has_config
from keywatch.places.walk import Walk, mounted_kernel_devices
from keywatch.state import FolderKey, State
from keywatch.sweep.crew import Crew, can_fork
from keywatch.sweep.stamp import stamp
from keywatch.sweep.units import Unit, plan_units, processors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from keywatch.sweep.crew import Emit, Message

#: units for each worker: their folders are few, so that many would only cost
_UNITS = 24
#: a unit with more folders to read than this is left whole
_MOST_LEFT = 64


class Ahead:
    """Workers that look at `trees` since `begun` (time.perf_counter). What they find is asked for once: `listen`."""

    def __init__(self, trees: Sequence[str], known: Mapping[FolderKey, bytes], jobs: int) -> None:
        self.begun = time.perf_counter()
        self.known = known
        self._units = plan_units(trees, (), jobs, _UNITS)
        no_entry = mounted_kernel_devices()
        self._crew = Crew(len(self._units), lambda emit, _: _Looker(self._units, known, no_entry, emit), jobs)

    def listen(self, take: Emit) -> list[Unit]:
        """Pass on counts and what was skipped, as a sweep's workers tell them; the units that remain to be swept."""
        left: dict[int, list[Unit]] = {number: [unit] for number, unit in enumerate(self._units)}

        def receive(message: Message) -> None:
            if "left" in message:  # of a unit without such a message, everything is left
                left[message["of"]] = [Unit(path, recursive=False) for path in message["left"]]
                for each in message["told"]:
                    take(each)

        self._crew.listen(receive)
        return [unit for units in left.values() for unit in units]

    def dismiss(self) -> None:
        """End what is still at work."""
        self._crew.dismiss()


def look_ahead(paths: Sequence[str], homes: Homes, jobs: int) -> Ahead | None:
    """Begin to look at these trees, where it is worth it and safe; a configuration's wishes are the sweep's to know."""
    trees = [os.path.realpath(path) for path in paths]
    jobs = jobs or processors()
    if not trees or jobs < 2 or not can_fork() or has_config(homes.config) or not all(map(os.path.isdir, trees)):
        return None
    if not os.path.exists(os.path.join(homes.state, "state.db")):
        return None
    try:
        with State(homes.state) as state:
            known = state.load_clean(stamp())
    except StateError:
        return None  # the sweep will say so
    return Ahead(trees, known, jobs) if known else None


class _Looker(Walk):
    """One worker: walks as a sweep does, but leaves each folder whole in which it would have to read a file."""

    def __init__(
        self, units: Sequence[Unit], known: Mapping[FolderKey, bytes], no_entry: frozenset[int], emit: Emit
    ) -> None:
        super().__init__(lambda _: 0, self, lambda _: False, known=known, no_entry=no_entry)
        self._units = units
        self._emit = emit
        self._told: list[Message] = []
        self._left: list[str] = []
        self._is_left = False

    def do(self, number: int) -> None:
        """Look at one unit, and tell of it in one message, or of nothing where most of it is left."""
        self._told, self._left = [], []
        unit = self._units[number]
        self.tree(unit.path, recursive=unit.recursive)
        clean = [[*key, base64.b64encode(records).decode()] for key, records in self.clean.items()]
        self._told.append({"counts": [self.files, 0, self.cached], "dropped": {}, "clean": clean})
        if len(self._left) <= _MOST_LEFT:
            self._emit({"of": number, "left": self._left, "told": self._told})
        self.files = self.cached = 0
        self.clean.clear()

    def skip(self, path: str, why: str) -> None:
        """Something that no sweep could read either."""
        self._told.append({"skip": [path, why]})

    def examine(self, path: str, fd: int, info: os.stat_result, mask: int) -> bool:  # noqa: ARG002
        """Never: nothing is opened here."""
        raise AssertionError(path)

    def _folder(self, fd: int, path: str) -> list[str]:
        if len(self._left) > _MOST_LEFT:
            return []
        before, told, clean = (self.files, self.cached), len(self._told), len(self.clean)
        self._is_left = False
        below = super()._folder(fd, path)
        if self._is_left:
            self._left.append(path)
            self.files, self.cached = before
            del self._told[told:]
            while len(self.clean) > clean:
                self.clean.popitem()
        return below

    def _file(self, folder: int, name: str, path: str) -> bytes | None:  # noqa: ARG002
        self._is_left = True
        return None

"""Files that changed and wait for their turn: those that were written just now first, then those of a sweep. Pure.

A file is due when it was left alone for a moment, or has been written for long enough; one that is slow to examine is
not examined all the time while it is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from keywatch.places.base import Target

#: seconds after its first change at which a file is examined though it is still being written
LONGEST = 0.6
#: a file whose examination took so many seconds …
SLOW = 0.1
#: … rests for so many times as long
REST = 10.0


@dataclass(slots=True)
class _Waits:
    target: Target
    first: float
    last: float


class Waiting:
    """The queue. Times are seconds of any monotonic clock."""

    def __init__(self, quiet: float) -> None:
        self.quiet = quiet
        self._changed: dict[str, _Waits] = {}
        self._swept: dict[str, Target] = {}
        self._rests: dict[str, float] = {}
        self._slow: set[str] = set()

    def __len__(self) -> int:
        return len(self._changed) + len(self._swept)

    @property
    def to_sweep(self) -> int:
        """How many files of a sweep are still to be examined."""
        return len(self._swept)

    def change(self, target: Target, now: float) -> None:
        """A file changed."""
        waits = self._changed.get(target.path)
        if waits is None:
            self._changed[target.path] = _Waits(target, now, now)
        else:
            waits.last = now
            waits.target = target

    def sweep(self, target: Target) -> None:
        """A file is to be examined when there is nothing more urgent."""
        if target.path not in self._changed:
            self._swept[target.path] = target

    def _due(self, waits: _Waits) -> float:
        due = min(waits.last + self.quiet, waits.first + LONGEST)
        return max(due, self._rests.get(waits.target.path, 0.0))

    def next_due(self, now: float) -> float | None:
        """Seconds until there is something to do; None where nothing waits."""
        if self._swept:
            return 0.0
        if not self._changed:
            return None
        return max(0.0, min(self._due(waits) for waits in self._changed.values()) - now)

    def take(self, now: float, most: int) -> tuple[list[Target], bool]:
        """Up to `most` files that are due, and whether they are a sweep's. They no longer wait."""
        due = [path for path, waits in self._changed.items() if self._due(waits) <= now][:most]
        if due:
            return [self._changed.pop(path).target for path in due], False
        if any(waits.first + LONGEST < now + 1 for waits in self._changed.values()):
            most = min(most, 32)  # something is about to be due: no long batch now
        swept = list(self._swept)[:most]
        return [self._swept.pop(path) for path in swept], True

    def claim(self, path: str, now: float) -> bool:
        """Take one file out if it is due, whatever else waits; True where it had changed, not only been swept."""
        if self._swept.pop(path, None) is not None:
            return False
        waits = self._changed.get(path)
        if waits is None or self._due(waits) > now:
            return False
        del self._changed[path]
        return True

    def took(self, targets: list[Target], seconds: float, now: float) -> None:
        """How long these took: one that is slow twice running rests. Once may be the reader's loading of a parser."""
        if len(targets) == 1 and seconds > SLOW:
            if targets[0].path in self._slow:
                self._rests[targets[0].path] = now + seconds * REST
            self._slow.add(targets[0].path)
        else:
            self._slow.difference_update(target.path for target in targets)
        for path in [path for path, until in self._rests.items() if until < now]:
            del self._rests[path]

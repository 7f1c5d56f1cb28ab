"""Tells when the machine slept or its clock was set: what happened meanwhile was not watched. Reads clocks only."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

#: seconds by which clocks may drift apart without a word
_SLACK = 3.0


def _slept() -> float:
    """Seconds for which the machine has slept since it was started."""
    boot = time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    return boot - time.clock_gettime(time.CLOCK_MONOTONIC)


def _offset() -> float:
    """The clock on the wall against one that is never set."""
    return time.time() - time.monotonic() - _slept()


@dataclass(slots=True)
class Clocks:
    """What the clocks said when they were last looked at."""

    slept: float = field(default_factory=_slept)
    offset: float = field(default_factory=_offset)

    def jumped(self) -> str:
        """Why all is to be swept again, empty where nothing happened."""
        slept, offset = _slept(), _offset()
        why = ""
        if slept - self.slept > 1:
            why = "the machine slept"
        elif abs(offset - self.offset) > _SLACK:
            why = "the clock was set"
        self.slept, self.offset = slept, offset
        return why

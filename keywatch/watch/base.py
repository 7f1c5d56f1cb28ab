"""What the daemon tells its listeners: a finding appeared at a place, or is gone from it. Values, no secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keywatch.model import Finding, Place


@dataclass(frozen=True, slots=True)
class FindingAppeared:
    """A finding that the memory did not hold. `first_seen` is in seconds of the Unix clock.

    `writer` names the process that probably wrote the place, empty where it can't be told (docs/daemon.md).
    """

    finding: Finding
    first_seen: float
    writer: str = ""


@dataclass(frozen=True, slots=True)
class FindingGone:
    """A remembered finding that its place no longer holds. `identity` is the credential's, wherever else it lies."""

    finding_id: str
    identity: str
    place: Place


@dataclass(frozen=True, slots=True)
class ConsumerAppeared:
    """A program was given an entry that it had not used before. Told on the daemon's main thread."""

    entry: str
    program: str


Published = FindingAppeared | FindingGone | ConsumerAppeared

#: Called on the daemon's worker thread, after the memory was committed, in the order of what happened. Must not block;
#: what it raises is logged and ends nothing. A killed daemon may not have told all: listeners compare with
#: `keywatch.memory` when they start.
Listener = Callable[[Published], None]

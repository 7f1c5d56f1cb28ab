"""What the system's watcher answers at its socket: to each user what concerns that user's own files, and nothing else.

Root and the members of the group `keywatch` are told everything, and may have it pause or sweep.
"""

from __future__ import annotations

import grp
import json
import pwd
from typing import TYPE_CHECKING, Any

from keywatch.memory import Memory, Remembered, finding_as
from keywatch.watch.desk import LONGEST_PAUSE, facts_of
from keywatch.watch.log import INFO
from keywatch.wire.protocol import GIVEN, REFUSED

if TYPE_CHECKING:
    from keywatch.serve.errands import Errand
    from keywatch.serve.reads import Peer
    from keywatch.watch.log import Log
    from keywatch.watch.watcher import Watcher

GROUP = "keywatch"
#: findings in one answer, and its size (wire/protocol.py has the client's limit)
MOST = 500
_MOST_SIZE = 900_000
#: what of the watcher's facts is everybody's to know
_PUBLIC = ("started", "last_sweep", "sweeping", "proven", "paused_until")


class SystemDesk:
    """Answers for the watcher, by who asks."""

    def __init__(self, watcher: Watcher, state_dir: str, log: Log) -> None:
        self._watcher = watcher
        self._state_dir = state_dir
        self._log = log

    def errand(self, line: bytes, peer: Peer, *, allowed: bool = False) -> Errand | None:  # noqa: ARG002
        """Nothing: at a system service there is nobody to ask."""
        return None

    def lock(self) -> None:
        """Nothing: no vault is open here."""

    def answer(self, line: bytes, peer: Peer) -> bytes:
        """The reply to one request. Never raises for what a peer says."""
        words = line.decode("ascii", "replace").split()
        try:
            match words:
                case ["watch", "status"]:
                    return _given(self._status(peer))
                case ["watch", "findings"]:
                    return _given(_fitting(self._findings(peer)))
                case ["watch", "brief"]:
                    return _given(_counts(self._findings(peer)))
                case ["watch", "pause" | "sweep", *_] if not may_see_all(peer.uid):
                    return REFUSED + f"only root and the group {GROUP} may do that\n".encode()
                case ["watch", "pause", number] if number.isascii() and number.isdigit() and len(number) < 9:
                    return self._pause(int(number))
                case ["watch", "sweep"]:
                    self._watcher.sweep("asked for")
                    return _given({})
        except Exception as error:  # noqa: BLE001 - one request must not end the watch
            return REFUSED + f"internal error: {type(error).__name__}\n".encode()
        return REFUSED + b"not a request\n"

    def _pause(self, seconds: int) -> bytes:
        if seconds > LONGEST_PAUSE:
            return REFUSED + b"no pause is so long\n"
        self._watcher.pause(float(seconds))
        self._log(INFO, "pause", "nothing is examined" if seconds else "examining again", seconds=seconds)
        return _given({})

    def _status(self, peer: Peer) -> dict[str, Any]:
        facts = facts_of(self._watcher)
        if may_see_all(peer.uid):
            return facts | {"all": True}
        return {name: facts[name] for name in _PUBLIC} | {"all": False}

    def _findings(self, peer: Peer) -> list[Remembered]:
        with Memory(self._state_dir, read_only=True) as memory:
            found = memory.all()
        if may_see_all(peer.uid):
            return found
        return [each for each in found if owns(peer.uid, each)]


def may_see_all(uid: int) -> bool:
    """True for root, and for members of the group."""
    if uid == 0:
        return True
    try:
        group = grp.getgrnam(GROUP)
        user = pwd.getpwuid(uid)
    except KeyError:
        return False
    return user.pw_gid == group.gr_gid or user.pw_name in group.gr_mem


def owns(uid: int, found: Remembered) -> bool:
    """True where the file that holds the finding was that user's when it was read."""
    owner = found.finding.place.owner
    if owner == f"uid {uid}":
        return True
    try:
        return pwd.getpwuid(uid).pw_name == owner
    except KeyError:
        return False


def _counts(found: list[Remembered]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in found:
        label = each.finding.severity.label
        counts[label] = counts.get(label, 0) + 1
    return counts


def _fitting(found: list[Remembered]) -> dict[str, Any]:
    """As many findings as an answer has room for, the worst first, and how many there are."""
    told: list[dict[str, Any]] = []
    size = 0
    for each in found[:MOST]:
        record = {
            "finding": finding_as(each.finding), "first_seen": each.first_seen, "last_seen": each.last_seen,
            "writer": each.writer,
        }  # fmt: skip
        size += len(json.dumps(record))
        if size > _MOST_SIZE:
            break
        told.append(record)
    return {"count": len(found), "findings": told}


def _given(reply: dict[str, Any]) -> bytes:
    return GIVEN + json.dumps(reply, separators=(",", ":")).encode() + b"\n"

"""Who read which entry when, kept in the audit log: no read without its event, and no secret in any."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from keywatch import audit
from keywatch.errors import StateError
from keywatch.serve.programs import OWN, by, parent_of, program_of

READ = "read"
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asks: process, user, and the program it runs and was started by, as far as the system tells."""

    pid: int
    uid: int
    executable: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One entry that was given to a peer; `own` where that was keywatch, to see whether what it did works."""

    time: str
    entry: str
    what: str
    pid: int
    uid: int
    executable: str
    parent: str
    own: bool = False


def peer_of(pid: int, uid: int) -> Peer:
    """The peer with what /proc tells of it; the helper's parent is the client that wants the key."""
    return Peer(pid, uid, _executable(pid), _executable(parent_of(pid)))


def record(state_dir: str, event: str, what: str, entry: str, peer: Peer, **more: str | int) -> audit.Event:
    """Add what a peer was given, or refused, to the audit log. `StateError` where that can't be done."""
    return audit.append(
        state_dir, event, entry=entry, what=what, pid=peer.pid, uid=peer.uid,
        executable=peer.executable, parent=peer.parent, **more,  # type: ignore[arg-type]  # never `durable`
    )  # fmt: skip


def note_read(state_dir: str, what: str, entry: str) -> None:
    """Record that this process was given an entry. It opened the vault itself, so a record that fails stops nothing."""
    with contextlib.suppress(StateError):
        record(state_dir, READ, what, entry, peer_of(os.getpid(), os.getuid()), **by(program_of(os.getpid())))


def last_reads(state_dir: str) -> dict[str, str]:
    """When each entry was last given to a program, by its name in lower case."""
    return {read.entry.casefold(): read.time for read in each_read(state_dir) if not read.own}


def each_read(state_dir: str) -> Iterator[Read]:
    """The recorded reads, oldest first."""
    for each in audit.each_event(state_dir):
        if each.event == READ:
            told = each.fields
            try:
                yield Read(
                    each.time, str(told["entry"]), str(told["what"]), int(str(told["pid"])), int(str(told["uid"])),
                    str(told["executable"]), str(told["parent"]), told.get("by") == OWN,
                )  # fmt: skip
            except (KeyError, ValueError):
                continue


def _executable(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""

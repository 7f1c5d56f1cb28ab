"""The record of who read which entry when: one JSON line a read in the state folder, and no secret in any."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from keywatch.errors import StateError
from keywatch.paths import private_dir
from keywatch.vault.base import timestamp

_NAME = "reads.jsonl"
#: then it becomes reads.jsonl.old, and the one before goes
_MOST = 4 << 20


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asks: process, user, and the program it runs and was started by, as far as the system tells."""

    pid: int
    uid: int
    executable: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One entry that was given to a peer."""

    time: str
    entry: str
    what: str
    pid: int
    uid: int
    executable: str
    parent: str


def peer_of(pid: int, uid: int) -> Peer:
    """The peer with what /proc tells of it; the helper's parent is the client that wants the key."""
    return Peer(pid, uid, _executable(pid), _executable(_parent(pid)))


def record_read(state_dir: str, what: str, entry: str, peer: Peer) -> None:
    """Add a line. `StateError` where that can't be done."""
    path = os.path.join(state_dir, _NAME)
    line = asdict(Read(timestamp(), entry, what, peer.pid, peer.uid, peer.executable, peer.parent))
    try:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, json.dumps(line).encode() + b"\n")
            full = os.fstat(fd).st_size > _MOST
        finally:
            os.close(fd)
        if full:
            os.replace(path, path + ".old")
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}: a read that can't be recorded is not given") from None


def note_read(state_dir: str, what: str, entry: str) -> None:
    """Record that this process was given an entry. It opened the vault itself, so a record that fails stops nothing."""
    with contextlib.suppress(StateError):
        record_read(state_dir, what, entry, peer_of(os.getpid(), os.getuid()))


def last_reads(state_dir: str) -> dict[str, str]:
    """When each entry was last given, by its name in lower case."""
    return {read.entry.casefold(): read.time for read in each_read(state_dir)}


def each_read(state_dir: str) -> Iterator[Read]:
    """The recorded reads, oldest first. A line that is none is passed over."""
    for name in (f"{_NAME}.old", _NAME):
        try:
            with open(os.path.join(private_dir(state_dir), name), encoding="utf-8", errors="replace") as file:
                for line in file:
                    try:
                        yield Read(**json.loads(line))
                    except (ValueError, TypeError):
                        continue
        except FileNotFoundError:
            continue


def _executable(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read(4096).rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0

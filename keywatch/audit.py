"""The audit log: one JSON line an event, each holding the hash of the one before, in a file that is only added to.

What may have been changed in between shows in `verify`: a line that was edited, taken out, put in or swapped breaks the
chain. Whoever can write the file can also write a whole new chain; so the number and hash of the last event are worth
noting elsewhere (`expect`), and the system's services send each event to the journal too. Never holds a secret.

The hash of a line is the SHA-256 of its text without its last member: of `{…}` where the line is `{…,"hash":"…"}`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from keywatch.errors import StateError
from keywatch.paths import private_dir

NAME = "audit.jsonl"
#: what the first event of all stands on
START = "0" * 64
#: a file larger than this is set aside as `audit-N.jsonl`, N being its last event's number; none is ever removed
MOST = 8 << 20
_MOST_LINE = 16 << 10
_MOST_TEXT = 1000
_SEGMENT = re.compile(r"audit-(\d{12})\.jsonl")
_HASH = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')
#: fields of every event that this process adds: for whom it works, where that is somebody else
context: dict[str, object] = {}
_RESERVED = frozenset({"n", "time", "event", "prev", "hash", "torn"})


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its number from 1 on, when it was (UTC, `2025-01-31T12:00:00.000Z`), what, and its fields."""

    n: int
    time: str
    event: str
    prev: str
    hash: str
    fields: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found: the events, from which to which, each flaw as a sentence; `torn` are crashes, no flaws."""

    events: int
    first: int
    last: int
    head: str
    flaws: tuple[str, ...]
    torn: int = 0


def append(state_dir: str, event: str, *, durable: bool = False, **fields: object) -> Event:
    """Add an event. `durable`: it is on the disk when this returns. `StateError` where it can't be added.

    Texts in `fields` are cut to 1,000 characters. Several processes may add at once.
    """
    if wrong := _RESERVED & set(fields):
        raise ValueError(f"an event's field can't be called {min(wrong)}")
    path = os.path.join(state_dir, NAME)
    try:
        with _locked(private_dir(state_dir)):
            fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                made, line = _next(state_dir, fd, event, fields)
                if os.write(fd, line) != len(line):
                    raise StateError(f"{path}: the disk is full")
                if durable:
                    os.fdatasync(fd) if hasattr(os, "fdatasync") else os.fsync(fd)
                full = os.fstat(fd).st_size > MOST
            finally:
                os.close(fd)
            if full:
                os.rename(path, os.path.join(state_dir, f"audit-{made.n:012}.jsonl"))
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}: what can't be recorded is not done") from None
    return made


def each_event(state_dir: str) -> Iterator[Event]:
    """The events, oldest first. A line that is none is passed over: `verify` is what complains."""
    for _name, _number, line in _lines(state_dir):
        made = _parse(line)
        if made is not None:
            yield made


def verify(state_dir: str, expect: tuple[int, str] | None = None) -> Verdict:
    """Follow the whole chain. `expect`: a number and a hash noted earlier, which must still be in it."""
    flaws: list[str] = []
    before: Event | None = None
    events, first, torn = 0, 0, 0
    broken: tuple[str, int, bytes] | None = None
    seen = expect is None
    for name, number, line in _lines(state_dir):
        where = f"{name}:{number}"
        made = _parse(line)
        if made is None or hashlib.sha256(_body(line)).hexdigest() != made.hash:
            if broken is not None:
                flaws.append(f"{broken[0]}:{broken[1]}: is no event, or was changed")
            broken = (name, number, line)
            before = made or before
            continue
        if broken is not None:
            if made.fields.get("torn") == hashlib.sha256(broken[2]).hexdigest():
                torn += 1  # a crash cut that line short, and the next event says so
            else:
                flaws.append(f"{broken[0]}:{broken[1]}: is no event, or was changed")
            broken = None
        if before is None:
            first = made.n
            if made.n == 1 and made.prev != START:
                flaws.append(f"{where}: is the first event and stands on another")
        elif made.n != before.n + 1 or made.prev != before.hash:
            flaws.append(
                f"{where}: event {made.n} does not follow event {before.n}: "
                "events in between were removed, added, changed or put elsewhere"
            )
        if expect is not None and made.n == expect[0]:
            seen = True
            if made.hash != expect[1]:
                flaws.append(f"{where}: event {made.n} is another than the one that was noted")
        before = made
        events += 1
    if broken is not None:
        flaws.append(f"{broken[0]}:{broken[1]}: is no whole event: a crash cut it short, or it was changed")
    if not seen and expect is not None:
        flaws.append(f"event {expect[0]}, which was noted, is not there: the log was cut or replaced")
    last, head = (before.n, before.hash) if before is not None else (0, START)
    return Verdict(events, first, last, head, tuple(flaws), torn)


@contextlib.contextmanager
def _locked(folder: str) -> Iterator[None]:
    fd = os.open(os.path.join(folder, ".audit.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _next(state_dir: str, fd: int, event: str, fields: dict[str, object]) -> tuple[Event, bytes]:
    """The next event of the open file, and its line."""
    n, prev, torn = _tail(state_dir, fd)
    record: dict[str, object] = {"n": n + 1, "time": _now(), "event": event, "prev": prev}
    record |= {name: _short(value) for name, value in (context | fields).items()}
    if torn:
        record["torn"] = hashlib.sha256(torn).hexdigest()
    body = json.dumps(record, separators=(",", ":")).encode()
    digest = hashlib.sha256(body).hexdigest()
    line = body[:-1] + f',"hash":"{digest}"}}\n'.encode()
    if len(line) > _MOST_LINE:
        raise StateError(f"{state_dir}/{NAME}: an event of {len(line)} bytes is too long")
    made = Event(n + 1, str(record["time"]), event, prev, digest, fields)
    return made, (b"\n" if torn else b"") + line


def _tail(state_dir: str, fd: int) -> tuple[int, str, bytes]:
    """Number and hash of the last event, and what follows it: the start of a line that a crash cut short."""
    size = os.fstat(fd).st_size
    end = os.pread(fd, min(size, 4 * _MOST_LINE), max(0, size - 4 * _MOST_LINE))
    whole, newline, torn = end.rpartition(b"\n")
    if newline:
        for line in reversed(whole.split(b"\n")):
            if (made := _parse(line)) is not None:
                return made.n, made.hash, torn
    for name in reversed(_segments(state_dir)):  # a new file goes on where the last one ended
        with open(os.path.join(state_dir, name), "rb") as file:
            for line in reversed(file.read(2 * MOST).splitlines()):
                if (made := _parse(line)) is not None:
                    return made.n, made.hash, torn
    return 0, START, torn


def _segments(state_dir: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(state_dir) if _SEGMENT.fullmatch(name))
    except OSError:
        return []


def _lines(state_dir: str) -> Iterator[tuple[str, int, bytes]]:
    """Every line with its file and number, the set-aside files first."""
    for name in (*_segments(state_dir), NAME):
        try:
            fd = os.open(os.path.join(state_dir, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StateError(f"{state_dir}/{name}: {error.strerror}") from None
        with os.fdopen(fd, "rb") as file:
            number = 0
            while line := file.readline(_MOST_LINE):
                number += 1
                yield name, number, line.rstrip(b"\n")


def _parse(line: bytes) -> Event | None:
    """The event of a line, whether or not its hash is right; None where it is none."""
    try:
        record = json.loads(line)
        n, time, event, prev, digest = (record.pop(name) for name in ("n", "time", "event", "prev", "hash"))
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return None
    if type(n) is not int or not all(isinstance(each, str) for each in (time, event, prev, digest)):
        return None
    return Event(n, time, event, prev, digest, record)


def _body(line: bytes) -> bytes:
    """What a line's hash is of."""
    return _HASH.sub(b"}", line)


def _short(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()[:_MOST_TEXT]
    if isinstance(value, (list, tuple)):
        return [_short(each) for each in value[:50]]
    return value


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Work shared by several processes: a crew of forked workers that takes units from one pipe and reports in JSON lines.

Processes, not threads: walking is Python's own work, and a file that crashes a native parser takes one worker with
it, not the sweep; the file is named, its unit done again without it. Workers report only what may be shown, as JSON:
nothing a worker sends is ever executed. With one job, or where `fork` is not safe, the work is done in this process.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

Message = dict[str, Any]
Emit = Callable[[Message], None]

_NUMBER = struct.Struct("<I")
#: a pipe holds 64 KiB: so many numbers fit in one without a reader
MAX_UNITS = 8192
_MAX_CRASHES = 50


class Worker(Protocol):
    """What one process does: units one by one, each reported whole before the next is begun."""

    def do(self, unit: int) -> None:
        """Do unit number `unit`. Emits `{"on": path}` before anything that a hostile file could crash."""


#: makes a process's worker; `crashed` are the paths that killed a worker before, to be left out
Start = Callable[[Emit, frozenset[str]], Worker]


@dataclass(slots=True)
class _Hand:
    """The parent's picture of one worker: its pipe, what has come of an unfinished line, what it is at."""

    pid: int
    fd: int
    rest: bytes = b""
    unit: int | None = None
    at: str = ""
    done: bool = False


@dataclass(slots=True)
class _Crew:
    start: Start
    receive: Emit
    tokens: int
    crashes: int = 0
    crashed: set[str] = field(default_factory=set)
    hands: dict[int, _Hand] = field(default_factory=dict)


def can_fork() -> bool:
    """Whether forking is safe here: not on macOS (system libraries), not in a process that runs threads."""
    import threading

    return sys.platform.startswith("linux") and threading.active_count() == 1


def run_crew(units: int, start: Start, jobs: int, receive: Emit) -> None:
    """Do units 0 to `units`-1 with `jobs` processes; every message of theirs comes to `receive` in this one.

    Two messages are the crew's own: `{"crashed": path, "status": number}` for a file that killed a worker, and
    `{"undone": number}` for a unit that was given up after too many crashes.
    """
    jobs = min(jobs, units)
    if jobs <= 1 or not can_fork():
        worker = start(receive, frozenset())
        for unit in range(units):
            worker.do(unit)
        return
    crew = _Crew(start, receive, _tokens(range(units)))
    try:
        for _ in range(jobs):
            _hire(crew)
        _listen(crew)
        while token := os.read(crew.tokens, _NUMBER.size):
            receive({"undone": _NUMBER.unpack(token)[0]})
    finally:
        os.close(crew.tokens)
        for hand in crew.hands.values():
            os.kill(hand.pid, signal.SIGKILL)
            os.close(hand.fd)
            os.waitpid(hand.pid, 0)


def _tokens(units: Sequence[int]) -> int:
    """The read end of a pipe that holds these numbers and then ends."""
    reader, writer = os.pipe()
    os.write(writer, b"".join(_NUMBER.pack(unit) for unit in units))
    os.close(writer)
    return reader


def _hire(crew: _Crew, first: int | None = None) -> int:
    """Fork one worker, which does unit `first` before it takes from the pipe. The descriptor it reports on."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _work(crew, writer, first)
    os.close(writer)
    crew.hands[reader] = _Hand(pid, reader)
    return reader


def _work(crew: _Crew, writer: int, first: int | None) -> NoReturn:
    """A worker's whole life."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with os.fdopen(writer, "wb", buffering=1 << 15) as out:

            def emit(message: Message) -> None:
                out.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
                if "on" in message:
                    out.flush()

            worker = crew.start(emit, frozenset(crew.crashed))
            unit = _next(crew.tokens) if first is None else first
            while unit is not None:
                emit({"unit": unit, "on": ""})
                worker.do(unit)
                unit = _next(crew.tokens)
            emit({"finished": True})
        code = 0
    except BrokenPipeError:
        pass
    except BaseException:  # noqa: BLE001 - a forked child must never return into its parent's code
        if os.environ.get("KEYWATCH_DEBUG"):
            import traceback

            traceback.print_exc()
    finally:
        os._exit(code)


def _next(tokens: int) -> int | None:
    token = os.read(tokens, _NUMBER.size)
    return _NUMBER.unpack(token)[0] if token else None


def _listen(crew: _Crew) -> None:
    """Pass on what the workers say until the last has ended; replace those that die."""
    with selectors.DefaultSelector() as selector:
        for fd in crew.hands:
            selector.register(fd, selectors.EVENT_READ)
        while crew.hands:
            for key, _ in selector.select():
                hand = crew.hands[key.fd]
                data = os.read(hand.fd, 1 << 16)
                if data:
                    _hear(crew, hand, data)
                    continue
                selector.unregister(hand.fd)
                del crew.hands[hand.fd]
                os.close(hand.fd)
                _, status = os.waitpid(hand.pid, 0)
                if not hand.done:
                    _replace(crew, hand, status, selector)


def _hear(crew: _Crew, hand: _Hand, data: bytes) -> None:
    lines = (hand.rest + data).split(b"\n")
    hand.rest = lines.pop()
    for line in lines:
        message: Message = json.loads(line)
        if "finished" in message:
            hand.done = True
        elif "on" in message:
            hand.unit = message.get("unit", hand.unit)
            hand.at = message["on"]
        else:
            crew.receive(message)


def _replace(crew: _Crew, hand: _Hand, status: int, selector: selectors.BaseSelector) -> None:
    """A worker died: name what it was at, and have its unit done again without that file."""
    crew.crashes += 1
    crew.receive({"crashed": hand.at, "status": os.waitstatus_to_exitcode(status)})
    if hand.at:
        crew.crashed.add(hand.at)
    if crew.crashes > _MAX_CRASHES:
        if hand.unit is not None:
            crew.receive({"undone": hand.unit})
        return
    selector.register(_hire(crew, hand.unit), selectors.EVENT_READ)

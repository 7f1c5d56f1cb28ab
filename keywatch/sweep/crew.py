"""Work shared by several processes: a crew of forked workers that takes units from one pipe and reports in JSON lines.

Processes, not threads: walking is Python's own work, and a file that crashes a native parser takes one worker with
it, not the sweep; the file is named, its unit done again without it. Workers report only what may be shown, as JSON:
nothing a worker sends is ever executed. With one job, or where `fork` is not safe, the work is done in this process.
"""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import sys
from collections.abc import Callable, Sequence

TYPE_CHECKING = False  # `typing` is loaded by what needs it: every sweep waits for this module
if TYPE_CHECKING:
    from typing import Any, NoReturn, Protocol

    Message = dict[str, Any]
    Emit = Callable[[Message], None]

    class Worker(Protocol):
        """What one process does: units one by one, each reported whole before the next is begun."""

        def do(self, unit: int) -> None:
            """Do unit number `unit`. Emits `{"on": path}` before anything that a hostile file could crash."""

    #: makes a process's worker; `crashed` are the paths that killed a worker before, to be left out
    Start = Callable[[Emit, frozenset[str]], Worker]

_NUMBER = struct.Struct("<I")
#: a pipe holds 64 KiB: so many numbers fit in one without a reader
MAX_UNITS = 8192
_MAX_CRASHES = 50


def can_fork() -> bool:
    """Whether forking is safe here: not on macOS (system libraries), not in a process that runs threads."""
    threading = sys.modules.get("threading")  # who has threads has loaded it
    return sys.platform.startswith("linux") and (threading is None or threading.active_count() == 1)


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
    crew = Crew(units, start, jobs)
    try:
        crew.listen(receive)
    finally:
        crew.dismiss()


class _Hand:
    """The parent's picture of one worker: its pipe, what has come of an unfinished line, what it is at."""

    __slots__ = ("at", "done", "fd", "pid", "rest", "unit")

    def __init__(self, pid: int, fd: int) -> None:
        self.pid = pid
        self.fd = fd
        self.rest = b""
        self.unit: int | None = None
        self.at = ""
        self.done = False


class Crew:
    """Workers that have begun with units 0 to `units`-1, whether or not anybody listens to them yet."""

    def __init__(self, units: int, start: Start, jobs: int) -> None:
        self._start = start
        self._tokens = _tokens(range(units))
        self._crashes = 0
        self._crashed: set[str] = set()
        self._hands: dict[int, _Hand] = {}
        try:
            for _ in range(jobs):
                self._hire()
        except BaseException:
            self.dismiss()
            raise

    def listen(self, receive: Emit) -> None:
        """Pass on what the workers say until the last has ended; replace those that die."""
        poller = select.poll()
        for fd in self._hands:
            poller.register(fd, select.POLLIN)
        while self._hands:
            for fd, _ in poller.poll():
                hand = self._hands[fd]
                data = os.read(fd, 1 << 16)
                if data:
                    self._hear(hand, data, receive)
                    continue
                poller.unregister(fd)
                del self._hands[fd]
                os.close(fd)
                _, status = os.waitpid(hand.pid, 0)
                if not hand.done and (another := self._replace(hand, status, receive)) is not None:
                    poller.register(another, select.POLLIN)
        while token := os.read(self._tokens, _NUMBER.size):
            receive({"undone": _NUMBER.unpack(token)[0]})

    def dismiss(self) -> None:
        """End what is still at work."""
        if self._tokens >= 0:
            os.close(self._tokens)
            self._tokens = -1
        while self._hands:
            _, hand = self._hands.popitem()
            os.kill(hand.pid, signal.SIGKILL)
            os.close(hand.fd)
            os.waitpid(hand.pid, 0)

    def _hire(self, first: int | None = None) -> int:
        """Fork one worker, which does unit `first` before it takes from the pipe. The descriptor it reports on."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            self._work(writer, first)
        os.close(writer)
        self._hands[reader] = _Hand(pid, reader)
        return reader

    def _work(self, writer: int, first: int | None) -> NoReturn:
        """A worker's whole life."""
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            with os.fdopen(writer, "wb", buffering=1 << 15) as out:

                def emit(message: Message) -> None:
                    out.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
                    if "on" in message:
                        out.flush()

                worker = self._start(emit, frozenset(self._crashed))
                unit = _next(self._tokens) if first is None else first
                while unit is not None:
                    emit({"unit": unit, "on": ""})
                    worker.do(unit)
                    unit = _next(self._tokens)
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

    def _hear(self, hand: _Hand, data: bytes, receive: Emit) -> None:
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
                receive(message)

    def _replace(self, hand: _Hand, status: int, receive: Emit) -> int | None:
        """A worker died: name what it was at, and have its unit done again without that file.

        The descriptor that the new worker reports on; None after too many crashes.
        """
        self._crashes += 1
        receive({"crashed": hand.at, "status": os.waitstatus_to_exitcode(status)})
        if hand.at:
            self._crashed.add(hand.at)
        if self._crashes > _MAX_CRASHES:
            if hand.unit is not None:
                receive({"undone": hand.unit})
            return None
        return self._hire(hand.unit)


def _tokens(units: Sequence[int]) -> int:
    """The read end of a pipe that holds these numbers and then ends."""
    reader, writer = os.pipe()
    os.write(writer, b"".join(_NUMBER.pack(unit) for unit in units))
    os.close(writer)
    return reader


def _next(tokens: int) -> int | None:
    token = os.read(tokens, _NUMBER.size)
    return _NUMBER.unpack(token)[0] if token else None

"""The daemon's end of the reader: starts it, gives it files, takes findings, and ends it when it hangs or is idle.

A file at which a reader died is left out until it changes again, and said to be a problem. Never reads a file itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from keywatch.errors import StateError
from keywatch.memory import finding_of
from keywatch.model import Finding
from keywatch.places.base import Target

#: seconds for one answer: a batch of large archives takes its time
PATIENCE = 120.0
#: seconds without a job after which the reader's memory is given back
IDLE = 30.0
#: seconds between two calls of `go_on`
_LOOK_EVERY = 0.25
_MOST_LINE = 256 << 20


@dataclass(slots=True)
class Examined:
    """What came of a batch: findings, their writers by finding id, and files that could not be read, with why.

    `seconds` are the reader's own, without its start.
    """

    findings: list[Finding] = field(default_factory=list)
    writers: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    files: int = 0
    seconds: float = 0.0


class Examiner:
    """Examines files through a reader process that comes and goes."""

    def __init__(self, patience: float = PATIENCE, go_on: Callable[[], bool] = lambda: True) -> None:
        """`go_on` is asked again and again while the reader works; where it says no, nothing more is examined."""
        self._process: subprocess.Popen[bytes] | None = None
        self._patience = patience
        self._go_on = go_on
        self._rest = b""
        self._used = 0.0
        self.deaths = 0

    def examine(self, targets: Sequence[Target], *, writers: bool = False) -> Examined:
        """What these files hold. `StateError` where no reader can work at all (configuration, rules, database)."""
        result = Examined()
        left = list(targets)
        while left:
            at = ""
            try:
                answer, at = self._ask(left, writers=writers)
            except _StoppedError:
                self.stop()
                return result
            except _DeadReaderError as dead:
                self.deaths += 1
                self.stop()
                if not dead.at and len(left) > 1:  # nothing said which: one by one
                    for target in left:
                        _add(result, self.examine([target], writers=writers))
                    return result
                at = dead.at or left[0].path
                result.unread[at] = dead.why
                left = [target for target in left if target.path != at]
                continue
            _add(result, answer)
            break
        self._used = time.monotonic()
        return result

    def _ask(self, targets: Sequence[Target], *, writers: bool) -> tuple[Examined, str]:
        process = self._running()
        job = {"targets": [[t.path, t.format, t.consumer] for t in targets], "writers": writers}
        assert process.stdin is not None  # noqa: S101 - for the type checker
        at = ""
        try:
            process.stdin.write(json.dumps(job, separators=(",", ":")).encode() + b"\n")
            process.stdin.flush()
            while True:
                message = self._hear(at)
                if "on" in message:
                    at = str(message["on"])
                elif "failed" in message:
                    raise StateError(str(message["failed"]))
                elif "broke" in message:
                    raise _DeadReaderError(at, f"crashed its reader: {str(message['broke'])[:200]}")
                elif "findings" in message:
                    return _examined(message), at
        except (BrokenPipeError, ConnectionError):
            raise _DeadReaderError(at, "its reader ended") from None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.stop()
            # isolated from the folder it is started in; run from a source tree, PYTHONPATH must count
            isolated = "-P" if "PYTHONPATH" in os.environ else "-I"
            command = [sys.executable, isolated, "-m", "keywatch.watch.reader"]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert self._process.stdout is not None  # noqa: S101 - for the type checker
            os.set_blocking(self._process.stdout.fileno(), False)
        return self._process

    def _hear(self, at: str) -> dict[str, Any]:
        """The next message of the reader."""
        process = self._process
        assert process is not None and process.stdout is not None  # noqa: S101 - for the type checker
        fd = process.stdout.fileno()
        end = time.monotonic() + self._patience
        pieces = [self._rest]
        with selectors.DefaultSelector() as selector:
            selector.register(fd, selectors.EVENT_READ)
            size = len(self._rest)
            while b"\n" not in pieces[-1]:
                left = end - time.monotonic()
                if left <= 0:
                    raise _DeadReaderError(at, f"took more than {self._patience:.0f} seconds to read")
                if not selector.select(min(left, _LOOK_EVERY)):
                    if not self._go_on():
                        raise _StoppedError
                    continue
                piece = os.read(fd, 1 << 20)
                size += len(piece)
                if not piece or size > _MOST_LINE:
                    raise _DeadReaderError(at, "crashed its reader")
                pieces.append(piece)
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        try:
            message = json.loads(line)
        except ValueError:
            raise _DeadReaderError(at, "its reader talked nonsense") from None
        return message if isinstance(message, dict) else {}

    def rest(self) -> None:
        """Give the reader's memory back when it had nothing to do for a while."""
        if self._process is not None and time.monotonic() - self._used > IDLE:
            self.stop()

    @property
    def pid(self) -> int:
        """The reader's process, 0 where there is none."""
        return self._process.pid if self._process is not None else 0

    def stop(self) -> None:
        """End the reader."""
        process, self._process, self._rest = self._process, None, b""
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.kill()
        process.wait()


class _StoppedError(Exception):
    """Whoever asked does not want to know any more."""


class _DeadReaderError(Exception):
    def __init__(self, at: str, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.why = why


def _add(result: Examined, more: Examined) -> None:
    result.findings += more.findings
    result.writers |= more.writers
    result.unread |= more.unread
    result.files += more.files
    result.seconds += more.seconds


def _examined(message: dict[str, Any]) -> Examined:
    return Examined(
        [finding_of(each) for each in message["findings"]],
        {str(key): str(value) for key, value in message["writers"].items()},
        {str(path): str(why) for path, why in message["unread"]},
        int(message["files"]),
        float(message["seconds"]),
    )

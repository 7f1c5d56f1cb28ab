"""What the daemon answers at the agent's socket: its own requests (`watch …`), and the vault keeper's for all others.

Locks the vault when logind says that the screen is locked or the machine goes to sleep: a small process asks logind,
and only while the vault is open, so that nothing of D-Bus is ever loaded here.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from keywatch.watch.log import INFO, WARNING
from keywatch.wire.protocol import GIVEN, REFUSED

if TYPE_CHECKING:
    from keywatch.serve.errands import Errand
    from keywatch.serve.keeper import Keeper
    from keywatch.serve.reads import Peer
    from keywatch.watch.log import Log
    from keywatch.watch.watcher import Watcher

#: problems and polled folders that are told one by one: an answer has its size (wire/protocol.py)
MOST_TOLD = 50
_MOST_TEXT = 2000
#: a pause is no longer than this
LONGEST_PAUSE = 7 * 86400


class Desk:
    """Answers for the watcher and the keeper. `lock_on`: `screen`, `suspend`, both or neither."""

    def __init__(self, keeper: Keeper, watcher: Watcher, lock_on: tuple[str, ...], log: Log) -> None:
        self._keeper = keeper
        self._watcher = watcher
        self._lock_on = lock_on
        self._log = log
        self._logind: subprocess.Popen[bytes] | None = None
        self._logind_trouble = ""
        self._retry = 0.0

    def errand(self, line: bytes, peer: Peer, *, allowed: bool = False) -> Errand | None:
        """What is to be done before this request is answered, if anything."""
        return self._keeper.errand(line, peer, allowed=allowed)

    def answer(self, line: bytes, peer: Peer) -> bytes:
        """The reply to one request. Never raises for what a peer says."""
        words = line.decode("ascii", "replace").split()
        if words[:1] != ["watch"]:
            return self._keeper.answer(line, peer)
        match words[1:]:
            case ["status"]:
                return GIVEN + json.dumps(self._status()).encode() + b"\n"
            case ["brief"]:
                return GIVEN + b"{}\n"
            case ["pause", seconds] if seconds.isascii() and seconds.isdigit() and int(seconds[:9]) <= LONGEST_PAUSE:
                self._watcher.pause(float(seconds[:9]))
                self._log(INFO, "pause", "nothing is examined" if int(seconds) else "examining again", seconds=seconds)
                return GIVEN + b"{}\n"
            case ["sweep"]:
                self._watcher.sweep("asked for")
                return GIVEN + b"{}\n"
        return REFUSED + b"not a request\n"

    def _status(self) -> dict[str, object]:
        status = facts_of(self._watcher)
        if self._logind_trouble:
            status["problems"]["logind"] = self._logind_trouble
        return {**status, "unlocked": self._keeper.is_open}

    def lock(self) -> None:
        """Forget what opens the vault."""
        self._keeper.lock()

    def tick(self) -> None:
        """Have logind asked while the vault is open, and only then."""
        if not self._lock_on:
            return
        if not self._keeper.is_open:
            self._end_logind()
        elif self._logind is None and time.monotonic() >= self._retry:
            self._start_logind()

    def _start_logind(self) -> None:
        isolated = "-P" if "PYTHONPATH" in os.environ else "-I"
        command = [sys.executable, isolated, "-m", "keywatch.watch.logind", *self._lock_on]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._logind = process
        threading.Thread(target=self._hear_logind, args=(process,), name="keywatch-logind", daemon=True).start()

    def _hear_logind(self, process: subprocess.Popen[bytes]) -> None:
        """In a thread of its own: lock when told to, and say so, for logind waits with sleep until then."""
        assert process.stdout is not None and process.stdin is not None  # noqa: S101 - for the type checker
        with contextlib.suppress(OSError, ValueError):
            for line in process.stdout:
                word, _, text = line.decode("utf-8", "replace").strip().partition(" ")
                if word == "lock":
                    self._keeper.lock()
                    self._log(INFO, "locked", "the vault is locked", why=text[:100])
                    process.stdin.write(b"locked\n")
                    process.stdin.flush()
                elif word == "listening":
                    self._logind_trouble = ""
                elif word == "trouble":
                    self._logind_trouble = f"the vault is not locked with the screen or on suspend: {text[:200]}"
                    self._log(WARNING, "problem", self._logind_trouble)
        if self._logind is process:
            self._retry = time.monotonic() + 60
            self._end_logind()

    def _end_logind(self) -> None:
        process, self._logind = self._logind, None
        if process is not None:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End what was started."""
        self._end_logind()


def facts_of(watcher: Watcher) -> dict[str, Any]:
    """What a watcher and its process do, as far as an answer has room for it."""
    facts = asdict(watcher.facts)
    facts["polled"] = _by_reason(facts["polled"])
    problems = list(facts["problems"].items())
    facts["problems"] = {name[:_MOST_TEXT]: text[:_MOST_TEXT] for name, text in problems[:MOST_TOLD]}
    if len(problems) > MOST_TOLD:
        facts["problems"]["more"] = f"and {len(problems) - MOST_TOLD:,} more problems: see the log"
    return {**facts, "pid": os.getpid(), "memory": _memory()}


def _by_reason(polled: dict[str, str]) -> dict[str, dict[str, object]]:
    """How many folders are polled for each reason, and some of them."""
    folders: dict[str, list[str]] = {}
    for real, why in polled.items():
        folders.setdefault(why, []).append(real)
    return {why: {"count": len(some), "some": sorted(some)[:MOST_TOLD]} for why, some in folders.items()}


def _memory() -> int:
    """Bytes of memory that this process has resident; 0 where it can't be told."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0

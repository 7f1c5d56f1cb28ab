"""The large sweep of the home now and then: a process of its own, idle in CPU and I/O, while the machine has time.

It takes the home folder by folder, notes in the memory how far it has come, and goes on there the next time. It tells
the daemon only which files hold something; the daemon examines those as it does any other.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from keywatch.memory import Memory

if TYPE_CHECKING:
    from keywatch.request import SweepRequest

_NOTE = "home-sweep"
#: seconds after which it is tried again when the machine was busy or on battery
RETRY = 900.0
#: seconds of work between two looks at power and load
_LOOK_EVERY = 10.0
#: per cent of all processors that others may take
_BUSY = 30.0


class HomeSweep:
    """The daemon's end: starts the process when it is time, and takes what it tells. `every` in seconds, 0: never."""

    def __init__(self, memory: Memory, every: float) -> None:
        self.every = every
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._next = time.monotonic() + min(RETRY, every or RETRY)
        self.last = _read_note(memory)[0]

    def tick(self, now: float, *, paused: bool) -> list[str]:
        """Paths that hold something, told since the last tick."""
        if self._process is None:
            if self.every and not paused and now >= self._next and time.time() - self.last > self.every:
                self._start()
            return []
        paths = self._hear()
        if self._process.poll() is not None:
            paths += self._hear()
            self.stop()
            self._next = now + RETRY
            self.last = _read_note(self._memory)[0]
        elif paused:
            self.stop()
        return paths

    def _start(self) -> None:
        isolated = "-P" if "PYTHONPATH" in os.environ else "-I"
        command = [sys.executable, isolated, "-m", "keywatch.watch.homesweep"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        os.set_blocking(self._process.stdout.fileno(), False)

    def _hear(self) -> list[str]:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101 - for the type checker
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self._process.stdout.fileno(), 1 << 16):
                self._rest += piece
        *lines, self._rest = self._rest.split(b"\n")
        found: list[str] = []
        for line in lines:
            with contextlib.suppress(ValueError):
                path = json.loads(line)
                found += [path] if isinstance(path, str) else []
        return found

    def stop(self) -> None:
        """End the process; what it has done stays done."""
        process, self._process, self._rest = self._process, None, b""
        if process is not None:
            if process.stdout is not None:
                process.stdout.close()
            process.kill()
            process.wait()


def run() -> NoReturn:
    """The process's whole life. Exit status 0: the home is done; 75: to be gone on with later."""
    from keywatch.hardening import harden

    harden()
    _be_idle()
    sys.exit(0 if _sweep_home(os.path.expanduser("~")) else 75)


def _be_idle() -> None:
    import psutil

    os.nice(19)
    with contextlib.suppress(AttributeError, OSError, psutil.Error):
        psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)


def may_go_on() -> bool:
    """True on mains power (or without a battery) while others leave most of the machine alone."""
    import psutil

    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    if battery is not None and battery.power_plugged is False:
        return False
    return psutil.cpu_percent(interval=1.0) < _BUSY


def _sweep_home(home: str) -> bool:
    from keywatch.config import FILE_NAME, read_config
    from keywatch.paths import user_homes
    from keywatch.request import SweepRequest
    from keywatch.sweep.flow import sweep

    homes = user_homes()
    config = read_config(os.path.join(homes.config, FILE_NAME))
    base: SweepRequest = SweepRequest(
        rules_files=config.sweep.rules, jobs=1, max_size=config.sweep.max_file_size, config=config
    )
    with Memory(homes.state) as memory:
        last, done = _read_note(memory)
        looked = 0.0
        for unit in _units(home):
            if unit[0] in done:
                continue
            if time.monotonic() - looked > _LOOK_EVERY or not looked:
                if not may_go_on():
                    return False
                looked = time.monotonic()
            result = sweep(replace(base, paths=tuple(unit[1:])))
            for path in sorted({finding.place.path for finding in result.findings}):
                sys.stdout.write(json.dumps(path) + "\n")
            sys.stdout.flush()
            done.add(unit[0])
            _leave_note(memory, last, done)
        _leave_note(memory, time.time(), set())
    return True


def _units(home: str) -> Iterator[list[str]]:
    """Pieces of the home: a name, then paths. The files of a folder are one, each folder below the second level one."""
    for folder in (home, *_folders(home)):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            files = sorted(entry.path for entry in entries if entry.is_file(follow_symlinks=False))
            if files:
                yield [f"{folder}/*", *files]
        if folder != home:
            for inner in _folders(folder):
                yield [inner, inner]


def _folders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.path for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _read_note(memory: Memory) -> tuple[float, set[str]]:
    """When the home was last done, and which pieces of the present round are."""
    try:
        last, done = json.loads(memory.note(_NOTE) or "[0, []]")
        return float(last), {str(each) for each in done}
    except (ValueError, TypeError):
        return 0.0, set()


def _leave_note(memory: Memory, last: float, done: set[str]) -> None:
    memory.leave_note(_NOTE, json.dumps([last, sorted(done)]))


if __name__ == "__main__":
    run()

"""One line on the terminal that says how far a long sweep is: on stderr, only on a terminal, wiped at the end.

No thread, no cursor tricks but a carriage return: what interrupts it leaves the terminal as it was.
"""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import TextIO

from keywatch.report.escape import show_path

#: seconds before the line appears, and between two changes of it
_DELAY = 0.5
_EVERY = 0.1


class Progress:
    """Called with what is being read, the files read and the keys seen so far. Use it in a `with`."""

    def __init__(self, err: TextIO, home: str = "", *, wanted: bool = True) -> None:
        self._err = err
        self._home = home
        self._wanted = wanted and _is_terminal(err)
        self._next = time.monotonic() + _DELAY
        self._shown = False

    def __call__(self, what: str, files: int, keys: int) -> None:
        now = time.monotonic()
        if not self._wanted or now < self._next:
            return
        self._next = now + _EVERY
        count = f"{files:,} files, {keys:,} seen" if keys else f"{files:,} files"
        width = _width(self._err)
        line = f"sweeping: {count}  {show_path(what, self._home)}"
        self._put(line if len(line) < width else line[: width - 2] + "…")

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._put("")
        self._wanted = False

    def _put(self, line: str) -> None:
        try:
            self._err.write(f"\r\x1b[K{line}")
            self._err.flush()
        except (OSError, ValueError):
            self._wanted = False
        self._shown = bool(line)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
    except ValueError:  # closed
        return False


def _width(stream: TextIO) -> int:
    try:
        return max(os.get_terminal_size(stream.fileno()).columns, 20)
    except (OSError, ValueError):
        return 80

"""A terminal for tests: a program on a pseudo-terminal, its screen as pyte (a VT100) draws it, and keys typed in."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence

import pyte


class ScreenTerminal:
    """`text()` is what a person sees now. A context manager: it ends the program."""

    def __init__(self, argv: Sequence[str], env: dict[str, str], cwd: str, width: int, height: int) -> None:
        self._master, slave = pty.openpty()
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self.screen)
        #: what `text` gives until something is drawn: joining 12,000 characters at each look took most of a test's time
        self._drawn: str | None = None
        self.resize(width, height)
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, start_new_session=True,
            env=env | {"TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> ScreenTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        self.screen.resize(height, width)
        self._drawn = None
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        if hasattr(self, "process"):
            os.kill(self.process.pid, 28)  # SIGWINCH; a terminal's foreground group gets it from the kernel

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def text(self) -> str:
        """The screen's lines."""
        self._read(0.0)
        if self._drawn is None:
            self._drawn = "\n".join(line.rstrip() for line in self.screen.display)
        return self._drawn

    def wait_for(self, words: str, seconds: float = 60.0) -> str:
        """The screen once it shows `words`."""
        end = time.monotonic() + seconds
        while words not in (text := self.text()):
            assert time.monotonic() < end, f"{words!r} never came:\n{text}"
            self._read(0.1)
        return text

    def wait(self) -> int:
        """The exit status, once the program ended."""
        end = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < end:
            self._read(0.1)
        self._read(0.1)
        assert self.process.returncode is not None
        return self.process.returncode

    def _read(self, seconds: float) -> None:
        while select.select([self._master], [], [], seconds)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # the program ended
                return
            if not data:
                return
            self._stream.feed(data)
            self._drawn = None
            seconds = 0.0

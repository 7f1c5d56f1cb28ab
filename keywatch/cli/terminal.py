"""A terminal that is drawn whole and read key by key, for `keywatch review`. Gives the old screen back in the end."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

#: seconds within which the rest of an escape sequence follows its first byte
_REST = 0.05
_SEQUENCES = {
    b"\x1b[A": "up", b"\x1bOA": "up", b"\x1b[B": "down", b"\x1bOB": "down", b"\x1b[5~": "page up",
    b"\x1b[6~": "page down", b"\x1b[H": "home", b"\x1bOH": "home", b"\x1b[F": "end", b"\x1bOF": "end",
    b"\x1b[1~": "home", b"\x1b[4~": "end", b"\x1b[D": "left", b"\x1bOD": "left", b"\x1b[C": "right", b"\x1bOC": "right",
    b"\x1b": "escape", b"\r": "enter", b"\n": "enter", b"\x7f": "backspace", b"\b": "backspace", b"\x04": "q",
    b" ": "page down",
}  # fmt: skip


class Terminal:
    """The alternate screen and its keys. A context manager."""

    def __init__(self, console: Console) -> None:
        """`console` writes to the terminal that standard input comes from."""
        self._console = console
        self._stack = ExitStack()
        self._resized = False
        self._ahead = b""
        self.width, self.height = console.size

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def draw(self, page: RenderableType) -> None:
        """Show `page`, cut to the screen."""
        self.width, self.height = self._console.size
        self._screen.update(page)

    def key(self) -> str:
        """The next key: a character, or a name such as `up`; `resize` when the window has another size now."""
        while True:
            if self._resized:
                self._resized = False
                return "resize"
            first = self._byte(0.25)
            if first is None:
                continue
            if not first:
                return "q"  # the terminal is gone
            data = first
            if first == b"\x1b":
                while len(data) < 8 and (data == b"\x1b" or data not in _SEQUENCES) and (more := self._byte(_REST)):
                    if more == b"\x1b":  # the next key
                        self._ahead = more
                        break
                    data += more
            elif first[0] >= 0xC0:  # the rest of a UTF-8 character
                for _ in range(3 if first[0] >= 0xF0 else 2 if first[0] >= 0xE0 else 1):
                    data += self._byte(_REST) or b""
            if name := _SEQUENCES.get(data):
                return name
            text = data.decode("utf-8", "ignore")
            if text.isprintable() and text:
                return text

    def _byte(self, seconds: float) -> bytes | None:
        """The next byte; None when there is none within so long, empty when there will be none."""
        if self._ahead:
            byte, self._ahead = self._ahead, b""
            return byte
        fd = sys.stdin.fileno()
        return os.read(fd, 1) if select.select([fd], [], [], seconds)[0] else None

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """The person's own screen back within this block, for questions that others ask."""
        self._stack.close()
        try:
            yield
        finally:
            self._begin()

    def _begin(self) -> None:
        fd = sys.stdin.fileno()
        with ExitStack() as stack:
            old = termios.tcgetattr(fd)
            stack.callback(termios.tcsetattr, fd, termios.TCSADRAIN, old)
            tty.setcbreak(fd)
            before = signal.signal(signal.SIGWINCH, self._resize)
            stack.callback(signal.signal, signal.SIGWINCH, before)
            self._screen = stack.enter_context(self._console.screen(hide_cursor=True))
            self._stack = stack.pop_all()

    def _resize(self, _number: int, _frame: FrameType | None) -> None:
        self._resized = True

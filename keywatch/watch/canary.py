"""The canary: a file that the daemon writes for itself and must notice, so that a dead watch is not believed alive.

It goes the way of every change: kernel, ears, ground, the wait for quiet, the worker. It holds a time, never a key.
"""

from __future__ import annotations

import contextlib
import os
import time

from keywatch.errors import StateError
from keywatch.paths import private_dir

#: seconds from one canary to the next, where no watchdog asks for more
EVERY = 60.0
#: seconds within which it must be noticed
PATIENCE = 10.0


class Canary:
    """Writes, waits, and knows when it last came through (`proven`, Unix clock; 0: never)."""

    def __init__(self, state_dir: str) -> None:
        self.path = os.path.join(private_dir(os.path.join(state_dir, "canary")), "canary")
        usec = os.environ.get("WATCHDOG_USEC", "")
        self.every = min(EVERY, int(usec) / 3e6) if usec.isdigit() and int(usec) else EVERY
        self.patience = min(PATIENCE, max(self.every, 1.0))
        self.proven = 0.0
        self._sent = 0.0
        self._next = 0.0

    def tick(self, now: float) -> bool:
        """Send one when it is time; True when the last one was lost."""
        if self._sent:
            if now - self._sent < self.patience:
                return False
            self._sent, self._next = 0.0, now
            return True
        if now >= self._next:
            self._sent, self._next = now, now + self.every
            with contextlib.suppress(OSError, StateError):
                private_dir(os.path.dirname(self.path))  # somebody may have removed it
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                fd = os.open(self.path, flags, 0o600)
                os.write(fd, f"{time.time():.3f}\n".encode())
                os.close(fd)
        return False

    def came(self) -> bool:
        """It was noticed; False when none was under way."""
        if not self._sent:
            return False
        self._sent = 0.0
        self.proven = time.time()
        return True

    def remove(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(OSError):
            os.unlink(self.path)

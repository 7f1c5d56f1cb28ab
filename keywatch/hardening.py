"""Keeps what this process holds to itself: private files, no core dump, no reading of its memory by other programs.

Done before anything is read. What the system refuses is left as it is: a sweep is worth more than none.
"""

from __future__ import annotations

import contextlib
import os
import sys

#: linux/prctl.h
_PR_SET_DUMPABLE = 4


def harden() -> None:
    """umask 077, no core files, and on Linux not dumpable: no ptrace or /proc/PID/mem by programs of the same user."""
    os.umask(0o077)
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        import ctypes  # 2 ms; the standard library has no other way to prctl(2)

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)

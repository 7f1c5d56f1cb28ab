"""One system call: two names in a folder exchange their files, at once for everybody who looks.

Linux: renameat2(2) with RENAME_EXCHANGE, through glibc or musl. macOS: renameatx_np(2) with RENAME_SWAP (unproven).
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache

_RENAME_EXCHANGE = 2  # <linux/fs.h>
_RENAME_SWAP = 2  # <sys/stdio.h> of macOS


def exchange_names(folder: int, first: str, second: str) -> None:
    """Exchange the two files in the open folder. `OSError`: ENOSYS where the system has no such call."""
    name, flag = ("renameatx_np", _RENAME_SWAP) if sys.platform == "darwin" else ("renameat2", _RENAME_EXCHANGE)
    call = getattr(_libc(), name, None)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(folder, os.fsencode(first), folder, os.fsencode(second), flag) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)

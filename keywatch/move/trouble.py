"""What the system says when a file can't be handled, as one of keywatch's errors: named, and with what became of it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from keywatch.errors import MoveError

_HINTS = {
    errno.ENOSPC: "free some space there, and try again",
    errno.EDQUOT: "free some of your quota, and try again",
    errno.EROFS: "it lies on a read-only file system",
    errno.EACCES: "you lack the permission",
    errno.EPERM: "you lack the permission, or the file is immutable",
    errno.EIO: "the device reports an error: look at the kernel's log",
}


def say(error: OSError) -> str:
    """The error in words, with the file where it is known and what to do where that can be said."""
    where = f"{error.filename}: " if error.filename else ""
    hint = _HINTS.get(error.errno or 0)
    return f"{where}{error.strerror or type(error).__name__}{': ' + hint if hint else ''}"


@contextmanager
def told(then: str) -> Iterator[None]:
    """Within this block every `OSError` becomes a `MoveError`; `then` says how things stand."""
    try:
        yield
    except OSError as error:
        raise MoveError(f"{say(error)}; {then}") from None

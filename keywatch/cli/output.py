"""Where a report goes: to standard output, or whole into a file that only its owner may read. Never half a file."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import TextIO

from keywatch.errors import UsageError


def check_output(path: str) -> None:
    """`UsageError` when a report could not be written to `path`: said before the sweep, not after it."""
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        raise UsageError(f"{path}: is a folder: give a file's name")
    if _is_stream(path):
        return
    if not os.path.isdir(folder):
        raise UsageError(f"{path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{path}: you may not write in {folder}")


@contextlib.contextmanager
def open_output(path: str) -> Iterator[TextIO]:
    """A text stream that becomes the file `path`, mode 0600, when all was written; nothing changes if it was not.

    A link of that name is replaced, not followed: in a shared folder it could lead anywhere. A pipe or device such as
    /dev/stderr is written to as it is.
    """
    try:
        if _is_stream(path):
            with open(path, "w", encoding="utf-8", newline="") as out:
                yield out
            return
        import secrets

        temp = f"{path}.{secrets.token_hex(6)}.part"
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(fd, "w", encoding="utf-8", errors="backslashreplace", newline="") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            os.replace(temp, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temp)
            raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _is_stream(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)

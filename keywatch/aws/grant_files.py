"""The files that go with an entry: who may have it, and what points a service to it. Nothing secret stands in them.

Written only where there is none, or the same; taken away only where it still says what was written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from keywatch import atomic
from keywatch.errors import FileWriteError, UsageError

_MOST = 1 << 16


@dataclass(frozen=True, slots=True)
class GrantFile:
    """A file that is to be there: its path, text and mode."""

    path: str
    text: str
    mode: int


def check_files(files: Iterable[GrantFile]) -> tuple[GrantFile, ...]:
    """Those that are to be made. `UsageError` where something else stands in the place of one."""
    wanted = []
    for each in files:
        there = _read(each.path)
        if there is not None and there != each.text.encode():
            raise UsageError(f"{each.path}: there is such a file, and it says something else: use another --entry")
        if there is None:
            wanted.append(each)
    return tuple(wanted)


def write_files(files: Iterable[GrantFile]) -> None:
    """Write them, each whole and durably; their folders are made where they are not there."""
    for each in files:
        folder, name = os.path.split(each.path)
        try:
            os.makedirs(folder, mode=each.mode | (each.mode & 0o444) >> 2, exist_ok=True)
        except OSError as error:
            raise FileWriteError(f"{folder}: can't be made: {error.strerror}") from None
        with atomic.open_folder(folder) as opened, atomic.locked(opened, name):
            atomic.replace(opened, name, each.text.encode(), keep_previous=False, mode=each.mode)


def remove_files(files: Iterable[GrantFile]) -> None:
    """Take them away again, but for what somebody has changed since."""
    for each in files:
        if _read(each.path) == each.text.encode():
            try:
                os.unlink(each.path)
            except OSError as error:
                raise FileWriteError(f"{each.path}: can't be taken away: {error.strerror}") from None


def _read(path: str) -> bytes | None:
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        return None
    with atomic.open_folder(folder) as opened:
        return atomic.read(opened, name, limit=_MOST)

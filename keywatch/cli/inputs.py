"""Reads what a person gives a sweep beside places: ignore files, a baseline, standard input. Never more than a limit.

A file that was named must be readable. One that is only found, `.keywatchignore` in a swept folder, counts only if it
is a regular file of this account's or root's: nobody else may hide findings.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import BinaryIO

from keywatch.errors import ConfigError, SweepError
from keywatch.paths import real_path
from keywatch.request import Baseline, IgnoreEntry
from keywatch.suppress import MAX_BASELINE_BYTES, MAX_IGNORE_BYTES, parse_baseline, parse_ignore

IGNORE_NAME = ".keywatchignore"


def read_named(path: str, limit: int) -> bytes:
    """A file that the person named, a pipe too; one byte more than `limit` at most. `ConfigError` when it can't be."""
    try:
        with open(path, "rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def read_baseline(path: str) -> Baseline:
    """The baseline at `path`."""
    return parse_baseline(read_named(path, MAX_BASELINE_BYTES), path)


def read_ignores(named: Iterable[str], roots: Iterable[str], config_home: str) -> tuple[list[IgnoreEntry], list[str]]:
    """The entries of all ignore files, and notes on those that do not count.

    `named` were asked for; in each of the folders `roots` a .keywatchignore may lie, in `config_home` a file `ignore`.
    """
    home = os.path.expanduser("~")
    entries: list[IgnoreEntry] = []
    notes: list[str] = []
    found = [(os.path.join(config_home, "ignore"), "/")]
    for root in dict.fromkeys(roots):
        # places are reported by the root's real path or by the one given
        real = real_path(root)
        found += [(os.path.join(real, IGNORE_NAME), base) for base in dict.fromkeys((real, root))]
    for path, base in dict.fromkeys(found):
        content, note = _read_found(path)
        if note:
            notes.append(note)
        if content is not None:
            entries += parse_ignore(content, path, base, home)
    for path in named:
        content = read_named(path, MAX_IGNORE_BYTES)
        entries += parse_ignore(content, path, os.path.dirname(os.path.abspath(path)), home)
    return entries, list(dict.fromkeys(notes))


def _read_found(path: str) -> tuple[bytes | None, str]:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        gone = isinstance(error, (FileNotFoundError, NotADirectoryError, PermissionError, ValueError))
        return None, "" if gone else f"{path}: does not count: {error}"
    with os.fdopen(fd, "rb") as file:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            return None, f"{path}: does not count: is no regular file"
        if info.st_uid not in (os.geteuid(), 0):
            return None, f"{path}: does not count: belongs to another account"
        return file.read(MAX_IGNORE_BYTES + 1), ""


def read_stdin(stream: BinaryIO, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes of standard input, and whether that was all of it."""
    try:
        content = stream.read(limit + 1)
    except OSError as error:
        raise SweepError(f"standard input: {error.strerror}") from None
    return content[:limit], len(content) <= limit

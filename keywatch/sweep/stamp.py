"""What decides what a sweep finds, as one text that changes with it: what was clean under another is read again.

Taken from metadata alone, without loading a rule: the program's files that find, and the person's own rule files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator

from keywatch import __version__

#: folders and modules of the package that have a say in what is found
_DECIDING = ("detect", "formats", "places", "sweep", "model.py", "suppress.py")


def stamp(rules_files: Iterable[str] = ()) -> str:
    """The text, as it is now. A rule file that can't be looked at is one that is not there."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    facts = [f"{__version__} {sys.implementation.cache_tag}"]
    for name in _DECIDING:
        facts += sorted(_files(os.path.join(package, name), name))
    facts += [_fact(os.path.abspath(path), path) for path in rules_files]
    return "\n".join(facts)


def _files(path: str, name: str) -> Iterator[str]:
    """One fact a source file."""
    if name.endswith(".py"):
        yield _fact(path, name)
        return
    try:
        with os.scandir(path) as entries:
            inside = [entry.name for entry in entries if entry.name.endswith(".py") or "." not in entry.name]
    except OSError:  # in an archive: the version must do
        return
    for each in inside:
        if each != "__pycache__":
            yield from _files(f"{path}/{each}", f"{name}/{each}" if each.endswith(".py") else each)


def _fact(path: str, name: str) -> str:
    try:
        info = os.stat(path)
    except OSError:
        return name
    return f"{name} {info.st_ino} {info.st_size} {info.st_mtime_ns} {info.st_ctime_ns}"

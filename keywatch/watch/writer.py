"""Who probably wrote a file: a program that has it open for writing, or was started with its name.

A guess, and said as one: the kernel tells an unprivileged watcher that a file changed and never by whom. A program that
wrote and ended (`echo >>`, `sed -i`) is not seen; an editor that is still open is. Only this user's processes are read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from keywatch.paths import real_path

#: seconds that the search may take
PATIENCE = 0.25
#: programs that hold files open only to watch or show them
_ONLOOKERS = frozenset(("keywatch", "tail", "less", "more", "cat", "grep", "rg", "watch", "entr", "inotifywait"))


def writers_of(paths: Iterable[str]) -> dict[str, str]:
    """The name of the program for each path that one can be told for."""
    import psutil

    wanted = {real_path(path): path for path in paths}
    wanted |= {path: path for path in list(wanted.values())}
    found: dict[str, str] = {}
    end = time.monotonic() + PATIENCE
    own = os.getpid(), os.getppid()
    for process in psutil.process_iter():
        if time.monotonic() > end or len(found) == len(set(wanted.values())):
            break
        try:
            if process.pid in own or process.uids().effective != os.geteuid():
                continue
            name = process.name()
            if name in _ONLOOKERS:
                continue
            for path in _touched(process, wanted.keys()):
                found.setdefault(wanted[path], name[:64])
        except (psutil.Error, OSError):
            continue
    return found


def _touched(process: object, wanted: Iterable[str]) -> set[str]:
    """Those of the wanted paths that a process has open for writing or was given as an argument."""
    import psutil

    assert isinstance(process, psutil.Process)  # noqa: S101 - for the type checker
    some = set(wanted)
    found = {each.path for each in process.open_files() if getattr(each, "mode", "w") not in ("r",)} & some
    words = process.cmdline()[1:]
    near = [
        word for word in words if not word.startswith("-") and any(path.endswith(word.lstrip("./")) for path in some)
    ]
    if near:
        folder = process.cwd()
        found |= {os.path.normpath(os.path.join(folder, os.path.expanduser(word))) for word in near} & some
    return found

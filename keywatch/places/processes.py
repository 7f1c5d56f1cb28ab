"""Environments of running processes, through psutil: the caller's own, as root everybody's. Never keywatch's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

#: variables and bytes of one environment that are looked at
_MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Environment:
    """One process's environment as `NAME=value` lines."""

    place: str
    pid: int
    name: str
    username: str
    content: bytes = field(repr=False)


def environments() -> Iterator[Environment]:
    """The environments that the caller may read. Processes that end or refuse meanwhile are passed over."""
    import psutil

    own = {os.getpid(), os.getppid()} if os.environ.get("KEYWATCH_WORKER") else {os.getpid()}
    for process in psutil.process_iter():
        if process.pid in own:
            continue
        try:
            with process.oneshot():
                items = process.environ()
                name, username = process.name(), process.username()
        except (psutil.Error, OSError, KeyError):
            continue
        if not items:
            continue
        lines = (f"{key}={value}".replace("\n", " ") for key, value in items.items())
        content = os.fsencode("\n".join(lines))[:_MOST_BYTES] + b"\n"
        yield Environment(f"process {process.pid} ({name})", process.pid, name, username, content)

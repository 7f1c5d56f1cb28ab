"""The daemon's log: to journald by its native protocol, as JSON lines, or as text. One event a line, with its fields.

https://systemd.io/JOURNAL_NATIVE_PROTOCOL/. Never a secret: callers give names, counts and paths only.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Literal

from keywatch.report.escape import show

JOURNAL = "/run/systemd/journal/socket"
#: syslog(3)
ERROR, WARNING, NOTICE, INFO, DEBUG = 3, 4, 5, 6, 7
_NAMES = {ERROR: "error", WARNING: "warning", NOTICE: "notice", INFO: "info", DEBUG: "debug"}

Kind = Literal["auto", "journal", "json", "text"]
Log = Callable[..., None]


def open_log(kind: Kind = "auto", journal: str = JOURNAL) -> Log:
    """The log: a function of priority, event, message and fields. `auto`: the journal where it reads stderr already."""
    if kind == "journal" or (kind == "auto" and _is_journal()):
        return _Journal(journal)
    return _write_json if kind == "json" else _write_text


def _is_journal() -> bool:
    """True when standard error goes to the journal (systemd.exec(5), $JOURNAL_STREAM)."""
    try:
        info = os.fstat(2)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{info.st_dev}:{info.st_ino}"


def _write_json(priority: int, event: str, message: str, **fields: object) -> None:
    line = {"time": round(time.time(), 3), "level": _NAMES[priority], "event": event, "message": message, **fields}
    _stderr(json.dumps(line) + "\n")


def _write_text(priority: int, event: str, message: str, **fields: object) -> None:
    more = "".join(f"  {name}={show(str(value))}" for name, value in fields.items())
    _stderr(f"keywatch: {_NAMES[priority]}: {show(message)}  [{event}]{more}\n")


def _stderr(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


class _Journal:
    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self, priority: int, event: str, message: str, **fields: object) -> None:
        entries: dict[str, object] = {
            "MESSAGE": message, "PRIORITY": priority, "SYSLOG_IDENTIFIER": "keywatch", "KEYWATCH_EVENT": event,
            **{f"KEYWATCH_{name.upper()}": value for name, value in fields.items()},
        }  # fmt: skip
        datagram = b"".join(_field(name, str(value)) for name, value in entries.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.sendto(datagram, self._path)
        except OSError:
            _write_text(priority, event, message, **fields)


def _field(name: str, value: str) -> bytes:
    """A value with a line end in it goes with its length, so that none can forge another field."""
    data = value.encode("utf-8", "backslashreplace")
    if b"\n" in data:
        return name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"
    return name.encode() + b"=" + data + b"\n"

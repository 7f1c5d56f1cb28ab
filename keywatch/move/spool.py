"""Crontabs of accounts: read and written by crontab(1) alone, which checks them and tells cron; never by file.

The text goes through pipes. Files below the spool are named here and not opened.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess

from keywatch.errors import MoveError, PlaceRefusedError

_SPOOL = re.compile(r"/var/(?:spool/cron(?:/crontabs|/tabs)?|cron/tabs)/([^/]+)")
_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_TIMEOUT = 20.0
_MOST = 4 << 20


def user_of(path: str) -> str:
    """The account whose crontab the spool file `path` is; empty for every other path."""
    found = _SPOOL.fullmatch(path)
    if found is None:
        return ""
    try:
        return pwd.getpwnam(found[1]).pw_name
    except KeyError:
        return ""


def read(user: str) -> bytes | None:
    """The crontab of an account as crontab(1) prints it; None where it has none. `PlaceRefusedError` on failure."""
    try:
        done = _run(user, "-l")
    except MoveError as error:
        raise PlaceRefusedError(str(error)) from None
    if done.returncode != 0:
        if b"no crontab" in done.stderr:
            return None
        raise PlaceRefusedError(f"crontab of {user}: {_last(done.stderr)}")
    if len(done.stdout) > _MOST:
        raise PlaceRefusedError(f"crontab of {user}: larger than {_MOST >> 20} MiB: change it by hand")
    return done.stdout


def write(user: str, content: bytes) -> None:
    """Install a crontab; `MoveError` when crontab(1) refuses it, and then the old one stands."""
    done = _run(user, "-", content)
    if done.returncode != 0:
        raise MoveError(f"crontab of {user}: {_last(done.stderr)}: the old one stands")
    if read(user) != content:
        raise MoveError(f"crontab of {user}: crontab(1) took it and gives another one back: look at it with crontab -l")


def _run(user: str, word: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("crontab", path=_PATH)
    if program is None:
        raise MoveError("crontab(1) is not installed: the crontab can't be changed")
    own = user == pwd.getpwuid(os.geteuid()).pw_name
    command = [program, *([] if own else ["-u", user]), word]
    try:
        return subprocess.run(
            command, input=content, capture_output=True, check=False, timeout=_TIMEOUT,
            env={"PATH": _PATH, "LC_ALL": "C", "HOME": "/"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        raise MoveError(f"crontab of {user}: crontab(1) can't be run, or does not answer") from None


def _last(output: bytes) -> str:
    """What crontab(1) said last: it names lines by their numbers, and shows none of them."""
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else "crontab(1) fails without a word"

"""The accounts of this machine that have a home: where root's sweep looks."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass

from keywatch.paths import real_path

#: homes of system accounts that are no homes
_NO_HOMES = ("/", "/nonexistent", "/dev", "/proc", "/sys", "/bin", "/sbin", "/usr", "/etc", "/run", "/tmp", "/var/run")  # noqa: S108


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the password database."""

    name: str
    uid: int
    home: str


def accounts() -> list[Account]:
    """Every account with a home of its own that exists; of accounts that share one, the first."""
    found: dict[str, Account] = {}
    for entry in pwd.getpwall():
        home = real_path(entry.pw_dir)
        if (
            not os.path.isabs(entry.pw_dir)
            or home in _NO_HOMES
            or home.startswith(("/usr/", "/proc/", "/dev/", "/sys/"))
        ):
            continue
        if os.path.isdir(home):
            found.setdefault(home, Account(entry.pw_name, entry.pw_uid, entry.pw_dir))
    return list(found.values())

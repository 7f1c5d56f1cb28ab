"""The configuration's policies as they are now: read again when a file of it changes, each change recorded first.

Where the new configuration can't be read, or its change not be recorded, the old one stays and the trouble is told.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable

from keywatch.config import CONF_D, FILE_NAME, Config, EntryPolicy, read_config
from keywatch.errors import KeywatchError
from keywatch.serve.policies import note_policies, policy_of

_Signature = tuple[tuple[str, int, int, int], ...]


#: seconds in which the files are not looked at twice: one request asks several times
AT_ONCE = 0.02


class LivePolicies:
    """`get` an entry's policy. `tell` is called with each trouble, and with each list of entries that changed."""

    def __init__(self, folder: str, state_dir: str, tell: Callable[[str, list[str]], None]) -> None:
        self._folder = folder
        self._state_dir = state_dir
        self._tell = tell
        self._signature: _Signature | None = None
        self._looked = 0.0
        self._signed = -1.0
        self._config = Config()

    def load(self) -> None:
        """Read them for the first time. `ConfigError` or `StateError` where that can't be done."""
        signature = _sign(self._folder)
        config = read_config(os.path.join(self._folder, FILE_NAME))
        note_policies(self._state_dir, config.entries)
        self._config, self._signature = config, signature

    def get(self, name: str) -> EntryPolicy | None:
        """The policy of an entry, by its name in any case."""
        self._refresh()
        return self._config.entries.get(name.casefold())

    def new(self, name: str) -> str:
        """What becomes of a program that is new to the entry: `tell`, `ask` or `deny`."""
        policy = policy_of(self, name)
        return (policy.new if policy is not None else "") or self._config.keys.new

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._signed < AT_ONCE:
            return
        self._signed = now
        signature = _sign(self._folder)
        if signature == self._signature:
            return
        try:
            config = read_config(os.path.join(self._folder, FILE_NAME))
            changed = note_policies(self._state_dir, config.entries)
        except KeywatchError as error:
            if time.monotonic() - self._looked > 60 or self._signature is None:
                self._looked = time.monotonic()
                self._tell(f"the old policies stay: {error}", [])
            return
        self._config, self._signature = config, signature
        if changed:
            self._tell("", changed)


def _sign(folder: str) -> _Signature:
    """What changes when a file of the configuration does."""
    more = os.path.join(folder, CONF_D)
    found = [_stat(os.path.join(folder, FILE_NAME)), _stat(more)]
    with contextlib.suppress(OSError), os.scandir(more) as entries:
        found += sorted(_stat(entry.path) for entry in entries)
    return tuple(found)


def _stat(path: str) -> tuple[str, int, int, int]:
    try:
        info = os.stat(path)
    except OSError:
        return path, 0, 0, 0
    return path, info.st_ino, info.st_mtime_ns, info.st_size

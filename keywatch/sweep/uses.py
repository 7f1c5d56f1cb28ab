"""Which AWS keys a vault has already, and how many programs use them, by masked id: what a second use is told by.

Reads the clear metadata of this installation's own vaults and the agent's list of programs. Opens no vault, and where
anything can't be read, knows of nothing: a sweep does not fail for it.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from keywatch.model import Reuse
from keywatch.vault.base import is_own

if TYPE_CHECKING:
    from keywatch.paths import Homes

_MOST = 64 << 20


def known_uses(homes: Homes) -> Mapping[str, Reuse]:
    """Entry and number of programs by masked access key id."""
    programs: dict[str, int] = {}
    store = _read(os.path.join(homes.data if homes.system else homes.state, "consumers.json"))
    for name, told in _items(store.get("entries")):
        if isinstance(told, dict) and isinstance(told.get("programs"), dict):
            programs[str(name)] = len(told["programs"])
    found: dict[str, Reuse] = {}
    for path in (homes.vault, os.path.join(homes.state, "keyring.json")):
        for name, masked in _entries(path):
            found.setdefault(masked, Reuse(entry=name, programs=programs.get(name.casefold(), 0)))
    return found


def _entries(path: str) -> Iterator[tuple[str, str]]:
    entries = _read(path).get("entries")
    for each in entries if isinstance(entries, list) else []:
        name, masked = (each.get("name"), each.get("masked")) if isinstance(each, dict) else (None, None)
        if isinstance(name, str) and isinstance(masked, str) and masked and not is_own(name):
            yield name, masked


def _items(table: Any) -> list[tuple[Any, Any]]:
    return list(table.items()) if isinstance(table, dict) else []


def _read(path: str) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        with os.fdopen(fd, "rb") as file:
            content = json.loads(file.read(_MOST))
        if isinstance(content, dict):
            return content
    return {}

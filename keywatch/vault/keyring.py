"""The OS keyring as a vault. Never falls back to another place; `backend` says which keyring is used.

An entry's secrets are one item, which repeats id and name; metadata stands in the clear in `keyring.json` in the state
folder, so that listing needs no unlocked keyring. The item is written first: killed in between, there is an item that
is not listed, which `put` never overwrites unless told to.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import get_args

from keywatch import atomic
from keywatch.errors import (
    EntryExistsError,
    EntryMissingError,
    VaultMalformedError,
)
from keywatch.model import Kind, Secret
from keywatch.paths import private_dir
from keywatch.vault.base import NAME, Deposit, Entry, Payload, check_name, timestamp
from keywatch.vault.seal import parse_payload, render_payload
from keywatch.vault.store import Store

_INDEX = "keyring.json"
_INDEX_SCHEMA = "keywatch.keyring/1"
_MAX_INDEX = 8 * 1024 * 1024


class KeyringVault:
    """Entries as items of an OS keyring, their metadata in the state folder."""

    def __init__(self, store: Store, state_dir: str) -> None:
        self._store = store
        self._state_dir = state_dir

    @property
    def title(self) -> str:
        """The keyring's name."""
        return self._store.title

    def list_entries(self) -> list[Entry]:
        """All entries, in the order in which they were put. Needs no unlocked keyring."""
        with atomic.open_folder(private_dir(self._state_dir)) as folder:
            return _read_index(folder)

    def get(self, name: str) -> Payload:
        """The secrets of an entry. `EntryMissingError`, `KeyringLockedError` and its like."""
        entry = self._find(self.list_entries(), name)
        value = self._store.get(entry.name)
        if value is None:
            raise EntryMissingError(
                f"{self.title}: entry '{entry.name}' was taken out by something that is not keywatch"
            )
        return parse_payload(value.expose(), entry.id, entry.name)

    def put(self, deposit: Deposit, *, replace: bool = False) -> Entry:
        """Keep a deposit as one item, read back. `EntryExistsError` unless `replace`."""
        check_name(deposit.name)
        with self._writing() as (entries, write):
            old = _lookup(entries, deposit.name)
            if not replace and (old is not None or self._store.get(deposit.name) is not None):
                raise EntryExistsError(f"{self.title}: there is an item '{deposit.name}' already: pick another name")
            entry = Entry(
                id=old.id if old else secrets.token_hex(8),
                name=old.name if old else deposit.name,
                kind=deposit.kind,
                masked=deposit.payload.masked(),
                created=timestamp(),
                source=deposit.source,
                consumer=deposit.consumer,
                last_used=old.last_used if old else "",
            )
            self._keep(entry, deposit.payload)
            write([entry if item is old else item for item in entries] if old else [*entries, entry])
        return entry

    def rename(self, name: str, new: str) -> Entry:
        """Give an entry another name: a second item, then the index, then the first item goes."""
        check_name(new)
        with self._writing() as (entries, write):
            old = self._find(entries, name)
            if old.name == new:
                return old
            if _lookup(entries, new) not in (None, old) or self._store.get(new) is not None:
                raise EntryExistsError(f"{self.title}: there is an entry '{new}' already: pick another name")
            value = self._store.get(old.name)
            if value is None:
                raise EntryMissingError(
                    f"{self.title}: entry '{old.name}' was taken out by something that is not keywatch"
                )
            entry = replace(old, name=new)
            self._keep(entry, parse_payload(value.expose(), old.id, old.name))
            write([entry if item is old else item for item in entries])
            self._store.delete(old.name)
        return entry

    def remove(self, name: str) -> None:
        """Take an entry out of keyring and index."""
        with self._writing() as (entries, write):
            gone = self._find(entries, name)
            self._store.delete(gone.name)
            write([item for item in entries if item is not gone])

    def mark_used(self, name: str, when: datetime) -> None:
        """Note when an entry was last given out, in the index."""
        with self._writing() as (entries, write):
            old = self._find(entries, name)
            write([replace(item, last_used=timestamp(when)) if item is old else item for item in entries])

    def _keep(self, entry: Entry, payload: Payload) -> None:
        value = Secret(render_payload(entry.id, entry.name, payload))
        self._store.set(entry.name, f"keywatch: {entry.name}", value)

    def _find(self, entries: list[Entry], name: str) -> Entry:
        found = _lookup(entries, name)
        if found is None:
            raise EntryMissingError(f"{self.title}: has no entry of that name: keywatch vault list shows them")
        return found

    @contextlib.contextmanager
    def _writing(self) -> Iterator[tuple[list[Entry], Callable[[list[Entry]], None]]]:
        with atomic.open_folder(private_dir(self._state_dir)) as folder, atomic.locked(folder, _INDEX):

            def write(entries: list[Entry]) -> None:
                plain = [{name: getattr(entry, name) for name in Entry.__slots__} for entry in entries]
                content = json.dumps({"schema": _INDEX_SCHEMA, "entries": plain}, indent=1).encode() + b"\n"
                atomic.replace(folder, _INDEX, content)

            yield _read_index(folder), write


def _lookup(entries: list[Entry], name: str) -> Entry | None:
    return next((entry for entry in entries if entry.name.casefold() == name.casefold()), None)


def _read_index(folder: atomic.Folder) -> list[Entry]:
    raw = atomic.read(folder, _INDEX, limit=_MAX_INDEX)
    if raw is None:
        return []
    try:
        content = json.loads(raw)
        entries = [Entry(**item) for item in content["entries"]]
        known = content["schema"] == _INDEX_SCHEMA and all(map(_is_sound, entries))
    except (ValueError, KeyError, TypeError, RecursionError):
        known = False
    if not known:
        path = folder.name(_INDEX)
        raise VaultMalformedError(
            f"{path}: not an index that can be read. It is left as it is; {path}.previous is the one before"
        )
    return entries


def _is_sound(entry: Entry) -> bool:
    texts = all(isinstance(getattr(entry, name), str) for name in Entry.__slots__)
    return texts and NAME.fullmatch(entry.name) is not None and entry.kind in get_args(Kind)

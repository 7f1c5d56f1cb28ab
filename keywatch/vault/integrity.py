"""Who wrote the vault file last, and was anything changed since: a MAC and a serial under this installation's key.

Sealing alone proves neither: whoever knows a public key can seal. So the file carries a MAC, and the state folder keeps
a record of the last serial and of each entry's digest. From the two a change is told apart: swapped, forged, tampered
with, rolled back, or simply another installation's vault. Whoever can read the state folder can forge both; that is
this user, and nobody else. Never opens an entry.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from dataclasses import dataclass, replace

from keywatch import atomic
from keywatch.age.base import derive
from keywatch.errors import (
    EntryForgedError,
    EntrySwappedError,
    StateError,
    VaultForeignError,
    VaultRolledBackError,
    VaultTamperedError,
)
from keywatch.paths import installation_key, private_dir
from keywatch.vault.document import MAX_FILE, Document, SealedEntry, authenticated_bytes, entry_bytes

_RECORD_SCHEMA = "keywatch.vault-record/1"
_HEX = re.compile(r"[0-9a-f]{64}")
ADOPT = "if you know why, keywatch vault adopt takes it over"


@dataclass(frozen=True, slots=True)
class Digests:
    """An entry as it was last written: of the whole of it, and of its sealed part alone."""

    entry: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Record:
    """What this installation last wrote to a vault."""

    path: str
    serial: int
    mac: str
    entries: dict[str, Digests]


@dataclass(frozen=True, slots=True)
class Keys:
    """The installation's name in vault files, and the key of its MACs, both derived from the installation key."""

    installation: str
    mac: bytes

    def __repr__(self) -> str:
        return f"Keys({self.installation})"


def read_keys(state_dir: str) -> Keys:
    """This installation's keys, made on first use."""
    key = installation_key(state_dir)
    return Keys(
        derive(key, salt=None, info=b"keywatch vault installation/1")[:8].hex(),
        derive(key, salt=None, info=b"keywatch vault mac/1"),
    )


def authenticate(document: Document, keys: Keys) -> Document:
    """The document as this installation's, with its MAC."""
    mine = replace(document, installation=keys.installation, mac="")
    return replace(mine, mac=_mac(mine, keys))


def check(document: Document, keys: Keys, record: Record | None, path: str) -> None:
    """Nothing when this is the vault that this installation wrote last, or one that it was killed while recording.

    Otherwise one of the `VaultForeignError`, `VaultRolledBackError`, `EntrySwappedError`, `EntryForgedError`,
    `VaultTamperedError`. `record` must be read before the file, or a write between the two looks like a rollback.
    """
    if record is None:
        raise VaultForeignError(f"{path}: this installation has no record of this vault: {ADOPT}")
    if document.installation != keys.installation:
        raise VaultForeignError(f"{path}: written by another installation: {ADOPT}")
    if not hmac.compare_digest(_mac(replace(document, mac=""), keys), document.mac):
        raise _diagnose(document, record, path)
    if document.serial < record.serial:
        raise VaultRolledBackError(
            f"{path}: an older vault (number {document.serial}) than was last written (number {record.serial}, "
            f"to {record.path}): restore the newer one; {ADOPT}"
        )
    if document.serial == record.serial and document.mac != record.mac:
        raise VaultRolledBackError(f"{path}: another vault than was last written, of the same number: {ADOPT}")


def compare(document: Document, record: Record | None) -> tuple[list[str], list[str], list[str]]:
    """Names of entries that the record does not know, names that differ from it, and ids that are gone."""
    known = record.entries if record else {}
    new = [item.entry.name for item in document.entries if item.entry.id not in known]
    changed = [
        item.entry.name
        for item in document.entries
        if item.entry.id in known and known[item.entry.id].entry != _digests(item).entry
    ]
    gone = sorted(set(known) - {item.entry.id for item in document.entries})
    return new, changed, gone


def read_record(state_dir: str, vault_id: str) -> Record | None:
    """The record of a vault, or None. `StateError` for one that can't be read: it is never taken for none."""
    with atomic.open_folder(_records(state_dir)) as folder:
        name = f"{vault_id}.json"
        raw = atomic.read(folder, name, limit=MAX_FILE)
    if raw is None:
        return None
    try:
        content = json.loads(raw)
        entries = {str(key): Digests(_hex(whole), _hex(part)) for key, (whole, part) in content["entries"].items()}
        record = Record(str(content["path"]), int(content["serial"]), _hex(content["mac"]), entries)
        known = content["schema"] == _RECORD_SCHEMA
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        known = False
    if not known:
        path = os.path.join(state_dir, "vaults", name)
        raise StateError(f"{path}: not a record of a vault: move it away, then keywatch vault adopt")
    return record


def write_record(state_dir: str, document: Document, path: str) -> None:
    """Record what was just written. The caller holds the vault's lock."""
    entries = {item.entry.id: _digests(item) for item in document.entries}
    content = {
        "schema": _RECORD_SCHEMA,
        "path": path,
        "serial": document.serial,
        "mac": document.mac,
        "entries": {key: [value.entry, value.sealed] for key, value in entries.items()},
    }
    with atomic.open_folder(_records(state_dir)) as folder, atomic.locked(folder, f"{document.id}.json"):
        atomic.replace(folder, f"{document.id}.json", json.dumps(content).encode() + b"\n", keep_previous=False)


def _diagnose(document: Document, record: Record, path: str) -> VaultTamperedError:
    """What was changed, as exactly as the record tells."""
    restore = f"nothing is given out: restore {path}.previous or a backup"
    owners = {digests.sealed: key for key, digests in record.entries.items()}
    names = {item.entry.id: item.entry.name for item in document.entries}
    for item in document.entries:
        owner = owners.get(_digests(item).sealed, item.entry.id)
        if owner != item.entry.id:
            other = names.get(owner, owner)
            return EntrySwappedError(
                f"{path}: entry '{item.entry.name}' holds the secret of entry '{other}': {restore}"
            )
    new, changed, gone = compare(document, record)
    if new:
        return EntryForgedError(f"{path}: entry '{new[0]}' was not put in by this keywatch: {restore}")
    if changed:
        what = f"entry '{changed[0]}' was changed"
    else:
        what = f"entry {gone[0]} was taken out" if gone else "its head or its recipients were changed"
    return VaultTamperedError(f"{path}: {what} by something that is not keywatch: {restore}; {ADOPT}")


def _records(state_dir: str) -> str:
    return private_dir(os.path.join(private_dir(state_dir), "vaults"))


def _digests(item: SealedEntry) -> Digests:
    return Digests(hashlib.sha256(entry_bytes(item)).hexdigest(), hashlib.sha256(item.sealed.encode()).hexdigest())


def _mac(document: Document, keys: Keys) -> str:
    return hmac.digest(keys.mac, authenticated_bytes(document), "sha256").hex()


def _hex(value: str) -> str:
    if not _HEX.fullmatch(value):
        raise ValueError
    return value

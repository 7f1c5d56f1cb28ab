"""The vault file: one JSON file of sealed entries. Deposits need no identity; reading does. Asks nobody anything.

Each operation reads the file anew and checks it (`integrity`); each write goes through `atomic` under the file's lock
and raises the serial by one. What does not parse or was tampered with is neither read from nor written over.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from keywatch import atomic
from keywatch.age.armor import dearmor
from keywatch.age.header import parse_header
from keywatch.age.keys import parse_recipient
from keywatch.errors import (
    AgeError,
    EntryExistsError,
    EntryMissingError,
    FileWriteError,
    KeywatchError,
    UsageError,
    VaultExistsError,
    VaultLockedError,
    VaultMissingError,
    VaultTamperedError,
)
from keywatch.vault.base import Deposit, Entry, Payload, check_name, timestamp
from keywatch.vault.document import (
    MAX_FILE,
    Document,
    SealedEntry,
    VaultRecipient,
    parse_document,
    render_document,
)
from keywatch.vault.integrity import Keys, authenticate, check, read_keys, read_record, write_record
from keywatch.vault.seal import open_entry, seal_entry

if TYPE_CHECKING:
    from keywatch.age.base import Identity
    from keywatch.age.keys import AnyRecipient

#: Gives the identities at hand for these recipients. `VaultLockedError` says how to unlock when there is none.
Unlock = Callable[[Sequence[VaultRecipient]], Sequence["Identity"]]


def keep_locked(_: Sequence[VaultRecipient]) -> Sequence[Identity]:
    """The `Unlock` of whoever only deposits."""
    raise VaultLockedError("the vault is locked: unlock it, or give its recovery key")


class FileVault:
    """The vault at `path`; its serial is recorded under `state_dir`. Holds no identity: `unlock` is asked each time."""

    def __init__(self, path: str, state_dir: str, unlock: Unlock = keep_locked, *, lock_timeout: float = 30.0) -> None:
        self._path = os.path.realpath(path)
        self._state_dir = state_dir
        self._unlock = unlock
        self._lock_timeout = lock_timeout

    @property
    def title(self) -> str:
        """The file's path."""
        return self._path

    def list_entries(self) -> list[Entry]:
        """All entries, in the order in which they were put."""
        return [sealed.entry for sealed in self._load().entries]

    def recipients(self) -> tuple[VaultRecipient, ...]:
        """The ways to open this vault."""
        return self._load().recipients

    def get(self, name: str) -> Payload:
        """The secrets of an entry. `EntryMissingError`, `VaultLockedError`."""
        document = self._load()
        sealed = self._find(document, name)
        return open_entry(sealed.entry.id, sealed.entry.name, sealed.sealed, self._unlock(document.recipients))

    def put(self, deposit: Deposit, *, replace: bool = False) -> Entry:
        """Seal a deposit to all recipients and keep it. Needs no identity. `EntryExistsError` unless `replace`."""
        check_name(deposit.name)
        with self._writing() as (document, write):
            old = document.find(deposit.name)
            if old is not None and not replace:
                raise EntryExistsError(f"{self._path}: there is an entry '{old.entry.name}' already: pick another name")
            entry = Entry(
                id=old.entry.id if old else secrets.token_hex(8),
                name=old.entry.name if old else deposit.name,
                kind=deposit.kind,
                masked=deposit.payload.masked(),
                created=timestamp(),
                source=deposit.source,
                consumer=deposit.consumer,
                last_used=old.entry.last_used if old else "",
            )
            sealed = SealedEntry(
                entry, seal_entry(entry.id, entry.name, deposit.payload, _keys_of(document.recipients))
            )
            write(_with(document, sealed))
        return entry

    def rename(self, name: str, new: str) -> Entry:
        """Give an entry another name. The sealed payload repeats the name, so this opens and seals it again."""
        check_name(new)
        with self._writing() as (document, write):
            old = self._find(document, name)
            taken = document.find(new)
            if taken is not None and taken.entry.id != old.entry.id:
                raise EntryExistsError(
                    f"{self._path}: there is an entry '{taken.entry.name}' already: pick another name"
                )
            payload = open_entry(old.entry.id, old.entry.name, old.sealed, self._unlock(document.recipients))
            entry = replace(old.entry, name=new)
            write(
                _with(document, SealedEntry(entry, seal_entry(entry.id, new, payload, _keys_of(document.recipients))))
            )
        return entry

    def remove(self, name: str) -> None:
        """Take an entry out. It stays in `PATH.previous` until the next write."""
        with self._writing() as (document, write):
            gone = self._find(document, name)
            write(replace(document, entries=tuple(item for item in document.entries if item is not gone)))

    def mark_used(self, name: str, when: datetime) -> None:
        """Note when an entry was last given out. Costs a write of the file: not meant for each read."""
        with self._writing() as (document, write):
            old = self._find(document, name)
            write(_with(document, replace(old, entry=replace(old.entry, last_used=timestamp(when)))))

    def change_recipients(self, *, add: Sequence[VaultRecipient] = (), remove: Sequence[str] = ()) -> None:
        """Add and remove recipients (by id) in one write, sealing every entry again; needs an identity if there is any.

        Whoever held a removed identity may have kept what it opened: removing protects what is put from now on.
        """
        with self._writing() as (document, write):
            unknown = set(remove) - {item.id for item in document.recipients}
            if unknown:
                raise UsageError(f"{self._path}: has no recipient {min(unknown)}")
            kept = (*(item for item in document.recipients if item.id not in remove), *add)
            keys = _checked(kept)
            identities = self._unlock(document.recipients) if document.entries else ()
            write(
                replace(
                    document,
                    recipients=kept,
                    entries=tuple(_reseal(item, identities, keys) for item in document.entries),
                )
            )

    def check_opens(self) -> None:
        """`VaultLockedError` where what is put now could not be read back."""
        self._unlock(self._load().recipients)

    def verify(self) -> int:
        """Open every entry and check that it is sealed to as many recipients as the vault has. How many entries."""
        document = self._load()
        identities = self._unlock(document.recipients) if document.entries else ()
        for item in document.entries:
            open_entry(item.entry.id, item.entry.name, item.sealed, identities)
            if len(parse_header(dearmor(item.sealed.encode())).stanzas) != len(document.recipients):
                raise VaultTamperedError(f"{self._path}: entry '{item.entry.name}' is not sealed to all recipients")
        return len(document.entries)

    def adopt(self) -> tuple[list[str], list[str], list[str]]:
        """Take over a vault that another installation wrote, or that was restored from an older copy.

        Every entry is opened first, so this needs an identity. Whether the entries are genuine nobody can prove: age
        does not authenticate senders. Gives the names that are new to this installation's record, the names that differ
        from it and the ids that are gone, for the person to look over.
        """
        from keywatch.vault.integrity import compare

        with self._folder() as (folder, name), atomic.locked(folder, name, timeout=self._lock_timeout):
            document = self._read(folder, name)
            record = read_record(self._state_dir, document.id)
            identities = self._unlock(document.recipients) if document.entries else ()
            for item in document.entries:
                open_entry(item.entry.id, item.entry.name, item.sealed, identities)
            number = max(document.serial, record.serial if record else 0) + 1
            _write(folder, name, replace(document, serial=number), read_keys(self._state_dir), self._state_dir)
        return compare(document, record)

    def _load(self) -> Document:
        """The vault as this installation wrote it last, checked."""
        with self._folder() as (folder, name):
            return self._checked_read(folder, name, read_keys(self._state_dir))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[tuple[Document, Callable[[Document], None]]]:
        """The checked vault under its lock, and what writes it back."""
        keys = read_keys(self._state_dir)
        with self._folder() as (folder, name), atomic.locked(folder, name, timeout=self._lock_timeout):
            document = self._checked_read(folder, name, keys)

            def write(changed: Document) -> None:
                _write(folder, name, replace(changed, serial=document.serial + 1), keys, self._state_dir)

            yield document, write

    def _checked_read(self, folder: atomic.Folder, name: str, keys: Keys) -> Document:
        document = self._read(folder, name)
        record = read_record(self._state_dir, document.id)
        if record is not None and record.mac != document.mac:
            # Perhaps another process wrote both between these two reads: what the file holds now is no older than the
            # record, unless it was rolled back.
            document = self._read(folder, name)
        check(document, keys, record, self._path)
        return document

    def _read(self, folder: atomic.Folder, name: str) -> Document:
        raw = atomic.read(folder, name, limit=MAX_FILE)
        if raw is None:
            raise VaultMissingError(f"{self._path}: there is no vault: keywatch vault init makes one")
        return parse_document(raw, self._path)

    @contextlib.contextmanager
    def _folder(self) -> Iterator[tuple[atomic.Folder, str]]:
        folder, name = os.path.split(self._path)
        if not os.path.isdir(folder):
            raise VaultMissingError(f"{self._path}: there is no vault: keywatch vault init makes one")
        with atomic.open_folder(folder) as opened:
            yield opened, name

    def _find(self, document: Document, name: str) -> SealedEntry:
        found = document.find(name)
        if found is None:
            raise EntryMissingError(f"{self._path}: has no entry of that name: keywatch vault list shows them")
        return found


def create_vault(path: str, state_dir: str, recipients: Sequence[VaultRecipient]) -> FileVault:
    """Make an empty vault. `VaultExistsError` when anything stands at `path`; a missing folder is made, mode 0700."""
    _checked(recipients)
    path = os.path.realpath(path)
    folder, name = os.path.split(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise FileWriteError(f"{folder}: the vault's folder can't be made: {error.strerror}") from None
    keys = read_keys(state_dir)
    with atomic.open_folder(folder) as opened, atomic.locked(opened, name):
        if os.path.lexists(path):
            raise VaultExistsError(f"{path}: something stands there already: move it away, or name another path")
        document = Document(secrets.token_hex(16), 1, keys.installation, tuple(recipients), ())
        # A record of number 0 first: killed in between, the vault that follows is still known as this installation's.
        write_record(state_dir, authenticate(replace(document, serial=0), keys), path)
        _write(opened, name, document, keys, state_dir)
    return FileVault(path, state_dir)


def _write(folder: atomic.Folder, name: str, document: Document, keys: Keys, state_dir: str) -> None:
    document = authenticate(document, keys)
    content = render_document(document)
    parse_document(content, folder.name(name))  # what could not be read again is never written
    try:
        atomic.replace(folder, name, content)
    except FileWriteError as error:
        if error.replaced:
            write_record(state_dir, document, folder.name(name))
        raise
    try:
        write_record(state_dir, document, folder.name(name))
    except KeywatchError as error:
        raise FileWriteError(
            f"{folder.name(name)}: was written, but its number was not recorded: {error}", replaced=True
        ) from None


def _with(document: Document, sealed: SealedEntry) -> Document:
    """The document with that entry in its old one's place, or at the end."""
    if any(item.entry.id == sealed.entry.id for item in document.entries):
        return replace(
            document, entries=tuple(sealed if item.entry.id == sealed.entry.id else item for item in document.entries)
        )
    return replace(document, entries=(*document.entries, sealed))


def _reseal(item: SealedEntry, identities: Sequence[Identity], keys: Sequence[AnyRecipient]) -> SealedEntry:
    entry = item.entry
    return SealedEntry(
        entry, seal_entry(entry.id, entry.name, open_entry(entry.id, entry.name, item.sealed, identities), keys)
    )


def _keys_of(recipients: Sequence[VaultRecipient]) -> list[AnyRecipient]:
    return [parse_recipient(item.recipient) for item in recipients]


def _checked(recipients: Sequence[VaultRecipient]) -> list[AnyRecipient]:
    """The public keys, when a vault may have just these recipients. `UsageError` otherwise."""
    if not recipients:
        raise UsageError("a vault needs at least one recipient: nobody could open it")
    try:
        keys = _keys_of(recipients)
    except AgeError as error:
        raise UsageError(f"a recipient can't be used: {error}") from None
    if len({key.label for key in keys}) > 1:
        raise UsageError("post-quantum and other recipients can't share a vault: the others would undo the protection")
    return keys

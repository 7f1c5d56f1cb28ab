"""What a vault is: entries with metadata in the clear, and a payload of secrets for each. Touches no file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from keywatch.errors import UsageError
from keywatch.model import Kind, Secret, mask_key_id

#: An entry's name stands in `credential_process` lines, URLs and file names, unquoted: hence so few characters.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
FIELD = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it may be shown: no secret in it. Times are ISO 8601 in UTC; `last_used` is empty when never."""

    id: str
    name: str
    kind: Kind
    masked: str
    created: str
    source: str = ""
    consumer: str = ""
    last_used: str = ""


@dataclass(frozen=True, slots=True)
class Payload:
    """The secrets of an entry by field: `access_key_id`, `secret_access_key`, `session_token`, `token` and so on.

    The access key id is no secret in itself but one half of what the consumer needs, so it stands here too.
    """

    fields: Mapping[str, Secret]

    def __post_init__(self) -> None:
        wrong = [name for name in self.fields if not FIELD.fullmatch(name)]
        if wrong or not self.fields:
            raise UsageError("an entry needs at least one field, each named by a-z, 0-9 and _ alone")

    def masked(self) -> str:
        """The masked access key id, empty when there is none."""
        key_id = self.fields.get("access_key_id")
        return mask_key_id(key_id.expose()) if key_id is not None else ""


@dataclass(frozen=True, slots=True)
class Deposit:
    """What is put into a vault: `source` is the place's path, `consumer` the program that reads the place."""

    name: str
    payload: Payload
    kind: Kind = "unknown"
    source: str = ""
    consumer: str = ""


class Vault(Protocol):
    """What every vault does. Each error is a `VaultError` that says what to do; nothing falls back to another vault."""

    @property
    def title(self) -> str:
        """What to call it to a person: the path of a file, the name of a keyring."""

    def list_entries(self) -> list[Entry]:
        """All entries, in the order in which they were put."""

    def get(self, name: str) -> Payload:
        """The secrets of an entry. `EntryMissingError`, `VaultLockedError`."""

    def put(self, deposit: Deposit, *, replace: bool = False) -> Entry:
        """Keep a deposit, durably when this returns. `EntryExistsError` unless `replace`, which keeps the id."""

    def rename(self, name: str, new: str) -> Entry:
        """Give an entry another name. Its payload repeats the name, so this needs to open it."""

    def remove(self, name: str) -> None:
        """Take an entry out."""

    def mark_used(self, name: str, when: datetime) -> None:
        """Note when an entry was last given out. Costs a write: not meant for each read."""


def is_own(name: str) -> bool:
    """Whether an entry of that name is for keywatch itself: what an undo needs, or another entry's temporary key."""
    return name.casefold().startswith(("undo.", "session."))


def check_name(name: str) -> str:
    """`name` when an entry may be called so. `UsageError` otherwise."""
    if not NAME.fullmatch(name):
        raise UsageError("an entry's name has 1 to 64 of A-Z a-z 0-9 . _ - and begins with a letter or digit")
    return name


def check_given(name: str) -> str:
    """`name` when a person may call an entry so. `UsageError` otherwise: keywatch's own are out of sight."""
    if is_own(name):
        raise UsageError(f"'{name}': names that begin so are for keywatch's own entries: choose another name")
    return check_name(name)


def timestamp(when: datetime | None = None) -> str:
    """`when`, or now, as metadata holds it: `2025-01-31T12:00:00Z`."""
    return (when or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

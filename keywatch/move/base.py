"""The values of a move: what was found again in a file, what is to be changed, and what a plan says of it.

Values that hold old text or secrets live in memory only, between the reading of a place and its rewriting; none of
them shows its content when printed.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from keywatch.model import Binding, Credential, Finding, Role, Secret, Span
from keywatch.vault.base import Payload

#: what a way is called on the command line (`--as`)
WayName = Literal["profile", "env", "exec", "literal", "unit", "tool", "redact"]


@dataclass(frozen=True, slots=True)
class Account:
    """For whom a move is made: paths below `home` belong to that person. `system` when root moves a system place."""

    uid: int
    gid: int
    name: str
    home: str
    system: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A finding that was found again: the credential with its values, and every binding of the file around it.

    `entry` is what the credential will be called in the vault. `path` is the place as the person knows it.
    """

    finding: Finding
    path: str
    format: str
    consumer: str
    entry: str
    credential: Credential = field(repr=False)
    bindings: tuple[Binding, ...] = field(repr=False, default=())

    def value(self, role: Role) -> Secret | None:
        """The value of the credential's part in that role."""
        part = self.credential.part(role)
        return part.value if part is not None else None


@dataclass(frozen=True, slots=True)
class Cut:
    """Bytes of an old text that are never kept outside a vault. `value` are the raw bytes at `span`."""

    span: Span
    value: Secret


class How(enum.StrEnum):
    """How a file is changed."""

    REWRITE = "rewrite"
    CREATE = "create"
    CRONTAB = "crontab"


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a move. `old` is None where the file is to be made; then `mode` is the new file's.

    `new` is `old` with the `edits` in it and holds none of the moved secrets; `cuts` are all known secrets of `old`.
    `seen` says which file the plan read: device, inode, size, mtime in ns.
    """

    path: str
    how: How
    new: bytes = field(repr=False)
    old: bytes | None = field(repr=False, default=None)
    edits: tuple[tuple[Span, bytes], ...] = field(repr=False, default=())
    cuts: tuple[Cut, ...] = field(repr=False, default=())
    mode: int = 0o600
    seen: tuple[int, int, int, int] | None = None
    owner: str = ""  # the account whose crontab it is


class Topic(enum.StrEnum):
    """What a sentence of a plan is about."""

    AFTER = "afterwards"
    TODO = "to do"
    WARNING = "mind"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of a plan; `path` is the place that it is about, if one."""

    topic: Topic
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class ProfileCheck:
    """After the move `profile` of these two AWS files must give the entry's key."""

    credentials: str
    config: str
    profile: str
    entry: str


@dataclass(frozen=True, slots=True)
class SyntaxCheck:
    """After the move the program that reads `path` must still find its syntax right: `argv` gets the file as input."""

    path: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReloadStep:
    """A command to be run after the files changed and after an undo, such as `systemctl daemon-reload`."""

    argv: tuple[str, ...]


Check = ProfileCheck | SyntaxCheck


@dataclass(frozen=True, slots=True)
class Unmoved:
    """A finding that can't be rewritten: why, and what a person can do instead."""

    finding: Finding
    why: str
    instead: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One move of one credential, before anything is done.

    `entry` is the name in the vault; `known` when the vault holds the same credential under it already. Changes are in
    the order in which they are made: new files first, places last.
    """

    entry: str
    payload: Payload = field(repr=False)
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    notes: tuple[Note, ...] = ()
    checks: tuple[Check, ...] = ()
    reloads: tuple[ReloadStep, ...] = ()
    unmoved: tuple[Unmoved, ...] = ()
    vault: str = ""
    known: bool = False
    extra: Mapping[str, Secret] = field(repr=False, default_factory=dict)

"""The vault file's JSON as values, and back. Pure and strict: what does not parse is an error, never a smaller vault.

    {"schema": "keywatch.vault/1", "id": "…", "serial": 7, "installation": "…",
     "recipients": [{"id", "kind", "recipient", "label", "created", "where", "sealed"}],
     "entries": [{"id", "name", "kind", "masked", "created", "source", "consumer", "last_used", "sealed"}],
     "mac": "…"}
docs/vault.md says what each means.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, get_args

from keywatch.errors import VaultMalformedError
from keywatch.model import Kind
from keywatch.vault.base import NAME, Entry

SCHEMA = "keywatch.vault/1"
#: Ten thousand entries have about 7 MB.
MAX_FILE = 32 * 1024 * 1024
_ID = re.compile(r"[0-9a-f]{16,64}")
_MAX_TEXT = 4096
_MAX_SEALED = 256 * 1024
_ENTRY_TEXTS = ("masked", "created", "source", "consumer", "last_used")

RecipientKind = Literal["keyring", "passphrase", "key-file", "credential", "recovery"]


@dataclass(frozen=True, slots=True)
class VaultRecipient:
    """One way to open the vault: a public key, and where its identity is held.

    `where` is the path of a key file, the name of a systemd credential or the class of a keyring's backend; `sealed` is
    the identity itself, sealed by a passphrase. Of a recovery key, which stands on paper, both are empty.
    """

    id: str
    kind: RecipientKind
    recipient: str
    created: str
    label: str = ""
    where: str = ""
    sealed: str = ""


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry with its secrets sealed."""

    entry: Entry
    sealed: str


@dataclass(frozen=True, slots=True)
class Document:
    """A whole vault file. `mac` is over all the rest, under a key of the installation that is named."""

    id: str
    serial: int
    installation: str
    recipients: tuple[VaultRecipient, ...]
    entries: tuple[SealedEntry, ...]
    mac: str = ""

    def find(self, name: str) -> SealedEntry | None:
        """The entry of that name, upper and lower case alike: some file systems and keyrings don't tell them apart."""
        folded = name.casefold()
        return next((sealed for sealed in self.entries if sealed.entry.name.casefold() == folded), None)


def render_document(document: Document) -> bytes:
    """The file's bytes: one recipient and one entry a line, for a person who looks into it."""
    lines = []
    for name, value in (_plain(document) | {"mac": document.mac}).items():
        # Not `indent`: with it json encodes in Python, which takes ten times as long.
        text = (
            "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n ]"
            if value and isinstance(value, list)
            else json.dumps(value)
        )
        lines.append(f" {json.dumps(name)}: {text}")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def authenticated_bytes(document: Document) -> bytes:
    """What the MAC is over: all but the MAC, in one spelling whatever the file's layout."""
    return json.dumps(_plain(document), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def entry_bytes(sealed: SealedEntry) -> bytes:
    """One entry in one spelling, as a record's digests are made of it."""
    return json.dumps(_plain_entry(sealed), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def parse_document(raw: bytes, path: str) -> Document:
    """The vault of a file's bytes. `VaultMalformedError` names the path and what was expected, never a value."""
    try:
        content = json.loads(raw, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _malformed(path, f"line {error.lineno}: not JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise _malformed(path, "not UTF-8") from None
    except (ValueError, RecursionError):
        raise _malformed(
            path, "a name that stands twice in one object, a number or a depth that no vault has"
        ) from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise _malformed(path, f'expected "schema": "{SCHEMA}": if a newer keywatch wrote it, update this one')
    reader = _Reader(path)
    fields = reader.members(
        "vault", content, {"schema", "id", "serial", "installation", "recipients", "entries", "mac"}
    )
    recipients = tuple(reader.recipient(item) for item in reader.items("recipients", fields["recipients"]))
    entries = tuple(reader.entry(item) for item in reader.items("entries", fields["entries"]))
    if not recipients:
        raise _malformed(path, "expected at least one recipient")
    reader.differ("recipient ids", [item.id for item in recipients])
    reader.differ("entry ids", [item.entry.id for item in entries])
    reader.differ("entry names", [item.entry.name.casefold() for item in entries])
    serial = fields["serial"]
    if type(serial) is not int or not 0 < serial < 1 << 53:
        raise _malformed(path, "expected a positive serial")
    identifier, installation, mac = (reader.identifier(name, fields[name]) for name in ("id", "installation", "mac"))
    return Document(identifier, serial, installation, recipients, entries, mac)


class _Reader:
    """Checks the parts of a vault's JSON; holds the path, so that each error names it."""

    def __init__(self, path: str) -> None:
        self._path = path

    def members(self, what: str, value: object, names: set[str]) -> dict[str, Any]:
        if not isinstance(value, dict) or set(value) != names:
            raise _malformed(self._path, f"expected {what} with exactly {', '.join(sorted(names))}")
        return value

    def items(self, what: str, value: object) -> list[Any]:
        if not isinstance(value, list):
            raise _malformed(self._path, f"expected a list of {what}")
        return value

    def text(self, what: str, value: object, limit: int = _MAX_TEXT) -> str:
        if not isinstance(value, str) or len(value) > limit:
            raise _malformed(self._path, f"expected {what} as a text of at most {limit} characters")
        return value

    def identifier(self, what: str, value: object) -> str:
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise _malformed(self._path, f"expected {what} in hexadecimal digits")
        return value

    def differ(self, what: str, values: list[str]) -> None:
        if len(set(values)) != len(values):
            raise _malformed(self._path, f"expected {what} that all differ")

    def recipient(self, value: object) -> VaultRecipient:
        fields = self.members("a recipient", value, set(VaultRecipient.__slots__))
        if fields["kind"] not in get_args(RecipientKind):
            raise _malformed(self._path, f"expected a recipient's kind: {', '.join(get_args(RecipientKind))}")
        texts = {name: self.text(name, fields[name]) for name in ("recipient", "created", "label", "where", "sealed")}
        return VaultRecipient(id=self.identifier("id", fields["id"]), kind=fields["kind"], **texts)

    def entry(self, value: object) -> SealedEntry:
        fields = self.members("an entry", value, {*Entry.__slots__, "sealed"})
        if not NAME.fullmatch(self.text("name", fields["name"])):
            raise _malformed(self._path, "expected an entry's name of A-Z a-z 0-9 . _ -")
        if fields["kind"] not in get_args(Kind):
            raise _malformed(self._path, f"expected an entry's kind: {', '.join(get_args(Kind))}")
        texts = {name: self.text(name, fields[name]) for name in _ENTRY_TEXTS}
        entry = Entry(id=self.identifier("id", fields["id"]), name=fields["name"], kind=fields["kind"], **texts)
        return SealedEntry(entry, self.text("sealed", fields["sealed"], _MAX_SEALED))


def _plain(document: Document) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "id": document.id,
        "serial": document.serial,
        "installation": document.installation,
        "recipients": [
            {name: getattr(item, name) for name in VaultRecipient.__slots__} for item in document.recipients
        ],
        "entries": [_plain_entry(item) for item in document.entries],
    }


def _plain_entry(sealed: SealedEntry) -> dict[str, Any]:
    return {name: getattr(sealed.entry, name) for name in Entry.__slots__} | {"sealed": sealed.sealed}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def _no_constant(_: str) -> NoReturn:
    raise ValueError


def _malformed(path: str, why: str) -> VaultMalformedError:
    return VaultMalformedError(
        f"{path}: not a vault that can be read: {why}. It is left as it is; {path}.previous is the one before"
    )

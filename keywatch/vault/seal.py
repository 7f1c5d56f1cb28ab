"""An entry's secrets as bytes, and sealed. The payload repeats the entry's id and name, and opening checks both: so no
secret can be given out under another entry's name. Touches no file.

The payload is JSON, for a person with `age` and `jq` alone:
`{"id": "…", "name": "…", "fields": {"access_key_id": "…", "secret_access_key": "…"}}`; a value that is not UTF-8 stands
as `{"base64": "…"}`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from keywatch import age
from keywatch.errors import (
    AgeError,
    EntrySwappedError,
    EntryTooLargeError,
    NoMatchError,
    VaultLockedError,
    VaultTamperedError,
)
from keywatch.model import Secret
from keywatch.vault.base import FIELD, Payload

if TYPE_CHECKING:
    from keywatch.age.base import Identity, Recipient

#: Far above any credential (an RSA-4096 key in PEM has 3.3 KB), far below what makes a vault slow.
MAX_PAYLOAD = 64 * 1024


def render_payload(entry_id: str, name: str, payload: Payload) -> bytes:
    """The bytes that are sealed. `EntryTooLargeError` over 64 KiB."""
    fields: dict[str, str | dict[str, str]] = {}
    for field, secret in payload.fields.items():
        value = secret.expose()
        try:
            fields[field] = value.decode()
        except UnicodeDecodeError:
            fields[field] = {"base64": base64.b64encode(value).decode()}
    raw = json.dumps({"id": entry_id, "name": name, "fields": fields}, ensure_ascii=False).encode()
    if len(raw) > MAX_PAYLOAD:
        raise EntryTooLargeError(f"entry '{name}': {len(raw)} bytes is more than the {MAX_PAYLOAD} that a vault keeps")
    return raw


def parse_payload(raw: bytes, entry_id: str, name: str) -> Payload:
    """The secrets. `EntrySwappedError` when they are another entry's, `VaultTamperedError` when they are none."""
    try:
        content = json.loads(raw)
        found = content["id"], content["name"]
        fields = {field: _value(value) for field, value in content["fields"].items() if FIELD.fullmatch(field)}
        whole = bool(fields) and len(fields) == len(content["fields"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # The error is dropped, not chained: one of JSON carries the document, which is the secret.
        whole = False
    if not whole:
        raise VaultTamperedError(f"entry '{name}': what is kept there is not an entry of keywatch's")
    if found != (entry_id, name):
        other = found[1] if isinstance(found[1], str) and found[1].isprintable() else "?"
        raise EntrySwappedError(
            f"entry '{name}': the secret that stands there belongs to the entry '{other}': not given out"
        )
    return Payload(fields)


def seal_entry(entry_id: str, name: str, payload: Payload, recipients: Sequence[Recipient]) -> str:
    """The payload as an armored age message to all `recipients`. Needs no identity."""
    return age.encrypt(render_payload(entry_id, name, payload), recipients, armored=True).decode()


def open_entry(entry_id: str, name: str, sealed: str, identities: Sequence[Identity]) -> Payload:
    """The secrets of a sealed entry. `VaultLockedError` when no identity opens it, `EntrySwappedError` as above."""
    try:
        raw = age.decrypt(sealed.encode(), identities)
    except NoMatchError:
        raise VaultLockedError(
            f"entry '{name}': no identity at hand opens it: unlock the vault, or give its recovery key"
        ) from None
    except AgeError as error:
        raise VaultTamperedError(f"entry '{name}': {error}") from None
    return parse_payload(raw, entry_id, name)


def _value(value: object) -> Secret:
    if isinstance(value, str):
        return Secret(value.encode())
    if isinstance(value, dict) and set(value) == {"base64"} and isinstance(value["base64"], str):
        try:
            return Secret(base64.b64decode(value["base64"], validate=True))
        except binascii.Error:
            raise ValueError from None
    raise ValueError

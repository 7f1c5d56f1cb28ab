"""Keys of any type from their text: `age1…` recipients, and identity files as age-keygen writes them. Opens no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keywatch.age import x25519
from keywatch.errors import AgeError

if TYPE_CHECKING:
    from keywatch.age.hybrid import HybridIdentity, HybridRecipient

    AnyIdentity = x25519.X25519Identity | HybridIdentity
    AnyRecipient = x25519.X25519Recipient | HybridRecipient


def parse_recipient(text: str) -> AnyRecipient:
    """The recipient of an `age1…` or `age1pq1…` text. `AgeError` otherwise."""
    if text.startswith("age1pq1"):
        from keywatch.age import hybrid

        return hybrid.parse_recipient(text)
    return x25519.parse_recipient(text)


def parse_identity(text: str) -> AnyIdentity:
    """The identity of an `AGE-SECRET-KEY-…` text. `AgeError` otherwise, which never repeats the text."""
    if text.startswith("AGE-SECRET-KEY-PQ-1"):
        from keywatch.age import hybrid

        return hybrid.parse_identity(text)
    return x25519.parse_identity(text)


def parse_identity_file(content: bytes) -> list[AnyIdentity]:
    """The identities of an identity file: one a line; blank lines and lines that begin with `#` are left out.

    `AgeError` names the line that is not an identity and never repeats it; so does a file that holds none.
    """
    identities: list[AnyIdentity] = []
    for number, raw in enumerate(content.split(b"\n"), 1):
        line = raw.strip()
        if not line or line.startswith(b"#"):
            continue
        try:
            identities.append(parse_identity(line.decode("ascii", "replace")))
        except AgeError as error:
            raise AgeError(f"line {number}: {error}") from None
    if not identities:
        raise AgeError("holds no age identity: expected a line AGE-SECRET-KEY-…")
    return identities

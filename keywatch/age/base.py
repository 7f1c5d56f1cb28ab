"""What a recipient and an identity are, and the primitives that all types of them share. Reads no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keywatch.age.header import FILE_KEY_SIZE, Stanza
from keywatch.errors import HeaderError

WRAPPED_SIZE = FILE_KEY_SIZE + 16


class Recipient(Protocol):
    """Somebody whom a file is sealed for. Those of different `label` never share a file; an `alone` one none."""

    @property
    def label(self) -> str:
        """The kind of protection: equal for recipients that may stand together."""

    @property
    def alone(self) -> bool:
        """True when this recipient must be the only one of a file."""

    def wrap(self, file_key: bytes) -> Stanza:
        """The stanza that gives the file key to this recipient, with fresh randomness."""


class Identity(Protocol):
    """What opens the stanzas of one recipient."""

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key, or None when no stanza is for this identity. `HeaderError` for one that breaks the format."""


def derive(key: bytes, *, salt: bytes | None, info: bytes) -> bytes:
    """HKDF-SHA-256, 32 bytes (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def wrap_key(wrap: bytes, file_key: bytes) -> bytes:
    """The file key sealed under a wrap key that is used once, hence the nonce of zeroes (c2sp.org/age)."""
    return ChaCha20Poly1305(wrap).encrypt(bytes(12), file_key, None)


def unwrap_key(wrap: bytes, body: bytes) -> bytes | None:
    """The file key, or None when this wrap key does not open it."""
    check_body(body)
    try:
        return ChaCha20Poly1305(wrap).decrypt(bytes(12), body, None)
    except InvalidTag:
        return None


def check_body(body: bytes) -> None:
    """Refuse a body of another length before any decryption: that defeats partitioning oracles (c2sp.org/age)."""
    if len(body) != WRAPPED_SIZE:
        raise HeaderError("not a valid age file: a stanza's body has the wrong length")

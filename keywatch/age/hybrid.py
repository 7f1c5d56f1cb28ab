"""age's post-quantum recipients (`age1pq1…`): ML-KEM-768 with X25519 through HPKE (RFC 9180, X-Wing). Reads no file.

Needs a cryptography that offers both (50 does); `AgeError` says so otherwise. Not the default: age reads it only from
version 1.3 on, and Debian's is older.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from keywatch.age.base import check_body
from keywatch.age.bech32 import bech32_decode, bech32_encode
from keywatch.age.header import Stanza, decode, encode
from keywatch.errors import AgeError, HeaderError
from keywatch.model import Secret

try:
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
    from cryptography.hazmat.primitives.hpke import (
        AEAD,
        KDF,
        KEM,
        MLKEM768X25519PrivateKey,
        MLKEM768X25519PublicKey,
        Suite,
    )
except ImportError as error:  # pragma: no cover - depends on the installed version
    raise AgeError("post-quantum recipients need cryptography 50 or newer") from error

_INFO = b"age-encryption.org/mlkem768x25519"
_TYPE = "mlkem768x25519"
_PREFIX = "age1pq"
_SECRET_PREFIX = "age-secret-key-pq-"  # noqa: S105 - a prefix, no secret
_MLKEM_PUBLIC = 1184
_ENCAPSULATED = 1120


@dataclass(frozen=True, slots=True)
class HybridRecipient:
    """A post-quantum public key: ML-KEM-768's 1184 bytes, then X25519's 32."""

    public: bytes

    label = "postquantum"
    alone = False

    def wrap(self, file_key: bytes) -> Stanza:
        """A stanza with a fresh encapsulation."""
        sealed = _suite().encrypt(file_key, _public_key(self.public), _INFO)
        return Stanza(_TYPE, (encode(sealed[:_ENCAPSULATED]),), sealed[_ENCAPSULATED:])

    def __str__(self) -> str:
        return bech32_encode(_PREFIX, self.public)


@dataclass(frozen=True, slots=True)
class HybridIdentity:
    """A post-quantum private key: the 32-byte seed from which both are derived."""

    secret: Secret

    def recipient(self) -> HybridRecipient:
        """The public key that belongs to it."""
        mlkem, x25519 = self._parts()
        return HybridRecipient(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key from the first stanza that opens."""
        found: bytes | None = None
        for stanza in stanzas:
            if stanza.type != _TYPE:
                continue
            if len(stanza.arguments) != 1:
                raise HeaderError("not a valid age file: a post-quantum stanza has two arguments")
            encapsulated = decode(stanza.arguments[0], _ENCAPSULATED)
            check_body(stanza.body)
            if found is None:
                found = self._open(encapsulated, stanza.body)
        return found

    def encoded(self) -> Secret:
        """`AGE-SECRET-KEY-PQ-1…`, as age-keygen -pq writes it."""
        return Secret(bech32_encode(_SECRET_PREFIX, self.secret.expose()).upper().encode())

    def _open(self, encapsulated: bytes, body: bytes) -> bytes | None:
        mlkem, x25519 = self._parts()
        try:
            # HPKE refuses a low-order share as it refuses a wrong key; the format wants the two told apart.
            x25519.exchange(X25519PublicKey.from_public_bytes(encapsulated[-32:]))
        except ValueError:
            raise HeaderError("not a valid age file: an X25519 share of low order") from None
        try:
            return _suite().decrypt(encapsulated + body, MLKEM768X25519PrivateKey(mlkem, x25519), _INFO)
        except InvalidTag:
            return None

    def _parts(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        # X-Wing expands its seed by SHAKE-256 into 64 bytes for ML-KEM (FIPS 203: d and z) and 32 for X25519.
        seed = hashlib.shake_256(self.secret.expose()).digest(96)
        try:
            return MLKEM768PrivateKey.from_seed_bytes(seed[:64]), X25519PrivateKey.from_private_bytes(seed[64:])
        except UnsupportedAlgorithm:
            raise AgeError("post-quantum recipients need a cryptography built with ML-KEM") from None


def generate() -> HybridIdentity:
    """A new random identity."""
    return HybridIdentity(Secret(os.urandom(32)))


def parse_recipient(text: str) -> HybridRecipient:
    """The recipient of an `age1pq1…` text. `AgeError` otherwise."""
    prefix, public = bech32_decode(text)
    if prefix != _PREFIX or text != text.lower() or len(public) != _MLKEM_PUBLIC + 32:
        raise AgeError("not an age post-quantum recipient: expected age1pq1… of 1,959 characters")
    _public_key(public)
    return HybridRecipient(public)


def parse_identity(text: str) -> HybridIdentity:
    """The identity of an `AGE-SECRET-KEY-PQ-1…` text. `AgeError` otherwise, which never repeats the text."""
    prefix, secret = bech32_decode(text)
    if prefix != _SECRET_PREFIX or text != text.upper() or len(secret) != 32:
        raise AgeError("not an age post-quantum identity: expected AGE-SECRET-KEY-PQ-1…")
    return HybridIdentity(Secret(secret))


def _public_key(public: bytes) -> MLKEM768X25519PublicKey:
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]),
            X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]),
        )
    except (ValueError, UnsupportedAlgorithm):
        raise AgeError("not an age post-quantum recipient: no valid ML-KEM-768 key") from None


def _suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)

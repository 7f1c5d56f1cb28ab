"""age's X25519 recipients (`age1…`) and identities (`AGE-SECRET-KEY-1…`). Reads no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from keywatch.age.base import check_body, derive, unwrap_key, wrap_key
from keywatch.age.bech32 import bech32_decode, bech32_encode
from keywatch.age.header import Stanza, decode, encode
from keywatch.errors import AgeError, HeaderError
from keywatch.model import Secret

_INFO = b"age-encryption.org/v1/X25519"
_PREFIX = "age"
_SECRET_PREFIX = "age-secret-key-"  # noqa: S105 - a prefix, no secret


@dataclass(frozen=True, slots=True)
class X25519Recipient:
    """A public key. Knowing it is enough to deposit and opens nothing."""

    public: bytes

    label = "x25519"
    alone = False

    def wrap(self, file_key: bytes) -> Stanza:
        """A stanza under a fresh ephemeral key."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        shared = _exchange(ephemeral, self.public)
        return Stanza("X25519", (encode(share),), wrap_key(_wrap(shared, share, self.public), file_key))

    def __str__(self) -> str:
        return bech32_encode(_PREFIX, self.public)


@dataclass(frozen=True, slots=True)
class X25519Identity:
    """A private key. Its repr is masked; `encoded()` gives the text that identity files hold."""

    secret: Secret

    def recipient(self) -> X25519Recipient:
        """The public key that belongs to it."""
        return X25519Recipient(self._private().public_key().public_bytes_raw())

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key from the first stanza that opens."""
        found: bytes | None = None
        private, public = self._private(), self.recipient().public
        for stanza in stanzas:
            if stanza.type != "X25519":
                continue
            if len(stanza.arguments) != 1:
                raise HeaderError("not a valid age file: an X25519 stanza has two arguments")
            share = decode(stanza.arguments[0], 32)
            check_body(stanza.body)
            if found is None:
                found = unwrap_key(_wrap(_exchange(private, share), share, public), stanza.body)
        return found

    def encoded(self) -> Secret:
        """`AGE-SECRET-KEY-1…`, as age-keygen writes it."""
        return Secret(bech32_encode(_SECRET_PREFIX, self.secret.expose()).upper().encode())

    def _private(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.secret.expose())


def generate() -> X25519Identity:
    """A new random identity."""
    return X25519Identity(Secret(X25519PrivateKey.generate().private_bytes_raw()))


def parse_recipient(text: str) -> X25519Recipient:
    """The recipient of an `age1…` text. `AgeError` otherwise."""
    prefix, public = bech32_decode(text)
    if prefix != _PREFIX or text != text.lower() or len(public) != 32:
        raise AgeError("not an age X25519 recipient: expected age1… of 62 characters")
    return X25519Recipient(public)


def parse_identity(text: str) -> X25519Identity:
    """The identity of an `AGE-SECRET-KEY-1…` text. `AgeError` otherwise, which never repeats the text."""
    prefix, secret = bech32_decode(text)
    if prefix != _SECRET_PREFIX or text != text.upper() or len(secret) != 32:
        raise AgeError("not an age X25519 identity: expected AGE-SECRET-KEY-1… of 74 characters")
    return X25519Identity(Secret(secret))


def _exchange(private: X25519PrivateKey, public: bytes) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        # All zeroes: a point of low order, which would make the key guessable (RFC 7748, section 6.1).
        raise HeaderError("not a valid age file: an X25519 share of low order") from None


def _wrap(shared: bytes, share: bytes, public: bytes) -> bytes:
    return derive(shared, salt=share + public, info=_INFO)

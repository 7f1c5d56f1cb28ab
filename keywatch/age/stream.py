"""The payload of an age file: ChaCha20-Poly1305 in chunks of 64 KiB (the STREAM construction). Pure.

A chunk's nonce holds its number and whether it is the last: chunks can't be dropped, swapped, repeated or appended.
"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keywatch.errors import PayloadError

CHUNK = 64 * 1024
NONCE_SIZE = 16
_TAG = 16


def seal_payload(file_key: bytes, nonce: bytes, plaintext: bytes) -> Iterator[bytes]:
    """The sealed chunks of `plaintext`; one, of nothing, when it is empty."""
    cipher = _cipher(file_key, nonce)
    view = memoryview(plaintext)
    last = max(0, len(view) - 1) // CHUNK
    for number in range(last + 1):
        chunk = view[number * CHUNK : (number + 1) * CHUNK]
        yield cipher.encrypt(_chunk_nonce(number, last=number == last), chunk, None)


def open_payload(file_key: bytes, nonce: bytes, sealed: bytes | memoryview) -> Iterator[bytes]:
    """The chunks of the plaintext, each authentic. `PayloadError` where the payload is not as it was written.

    Chunks given before an error are genuine but not all there is: only the iterator's end says that it is whole.
    """
    cipher = _cipher(file_key, nonce)
    last = max(0, len(sealed) - 1) // (CHUNK + _TAG)
    for number in range(last + 1):
        chunk = sealed[number * (CHUNK + _TAG) : (number + 1) * (CHUNK + _TAG)]
        try:
            plain = cipher.decrypt(_chunk_nonce(number, last=number == last), chunk, None)
        except InvalidTag:
            raise PayloadError("the payload of this age file is cut short, prolonged or changed") from None
        if number and not plain:
            raise PayloadError("not a valid age file: it ends with an empty chunk")
        yield plain


def _cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(algorithm=SHA256(), length=32, salt=nonce, info=b"payload").derive(file_key))


def _chunk_nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")

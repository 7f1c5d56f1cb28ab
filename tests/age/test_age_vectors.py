"""Every official age test vector (see vectors/README.md): the right plaintext, or the right kind of error."""

from __future__ import annotations

import contextlib
import hashlib
import tarfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from keywatch import age
from keywatch.age.armor import dearmor, enarmor
from keywatch.age.base import Identity, derive
from keywatch.age.header import parse_header, render_header
from keywatch.age.keys import parse_identity
from keywatch.age.passphrase import PassphraseIdentity
from keywatch.age.stream import NONCE_SIZE, open_payload, seal_payload
from keywatch.errors import AgeError, ArmorError, HeaderError, HeaderMacError, NoMatchError, PayloadError
from keywatch.model import Secret

ARCHIVE = Path(__file__).parent / "vectors" / "cctv-age-0.2.0.tar.xz"
ERRORS: dict[str, type[AgeError]] = {
    "no match": NoMatchError,
    "HMAC failure": HeaderMacError,
    "header failure": HeaderError,
    "payload failure": PayloadError,
    "armor failure": ArmorError,
}


@dataclass(frozen=True)
class Vector:
    expect: str
    content: bytes
    armored: bool
    payload: str | None
    file_key: bytes | None
    identities: list[Identity] = field(default_factory=list)


def read_vectors() -> dict[str, bytes]:
    with tarfile.open(ARCHIVE) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive.getmembers()}  # type: ignore[union-attr]


def parse(raw: bytes) -> Vector:
    head, _, content = raw.partition(b"\n\n")
    keys: dict[str, str] = {}
    identities: list[Identity] = []
    for line in head.decode().splitlines():
        key, _, value = line.partition(": ")
        assert key in {"expect", "compressed", "payload", "identity", "passphrase", "armored", "file key", "comment"}
        if key == "identity":
            identities.append(parse_identity(value))
        elif key == "passphrase":
            identities.append(PassphraseIdentity(Secret(value.encode())))
        else:
            keys[key] = value
    if keys.get("compressed") == "zlib":
        content = zlib.decompress(content)
    file_key = bytes.fromhex(keys["file key"]) if "file key" in keys else None
    return Vector(keys["expect"], content, "armored" in keys, keys.get("payload"), file_key, identities)


VECTORS = read_vectors()


def test_all_vectors_are_there() -> None:
    assert len(VECTORS) == 143
    assert sum(parse(raw).expect == "success" for raw in VECTORS.values()) == 26


@pytest.mark.parametrize("name", VECTORS)
def test_vector(name: str) -> None:
    vector = parse(VECTORS[name])
    if vector.expect == "success":
        plaintext = age.decrypt(vector.content, vector.identities)
        assert hashlib.sha256(plaintext).hexdigest() == vector.payload
        return
    with pytest.raises(AgeError) as caught:
        age.decrypt(dearmor(vector.content) if vector.armored else vector.content, vector.identities)
    assert type(caught.value) is ERRORS[vector.expect]


@pytest.mark.parametrize("name", [name for name, raw in VECTORS.items() if parse(raw).expect == "payload failure"])
def test_what_comes_before_a_payload_failure_is_genuine(name: str) -> None:
    """A reader may release less than the reference, which sees the end late, but nothing that it would not."""
    vector = parse(VECTORS[name])
    assert vector.file_key is not None
    content = dearmor(vector.content) if vector.armored else vector.content
    at = parse_header(content).size
    nonce, sealed = content[at : at + NONCE_SIZE], content[at + NONCE_SIZE :]
    reference = open_late(vector.file_key, nonce, sealed)
    assert hashlib.sha256(reference).hexdigest() == (vector.payload or hashlib.sha256().hexdigest())
    released = bytearray()
    with pytest.raises(PayloadError):
        for chunk in open_payload(vector.file_key, nonce, sealed):
            released += chunk
    assert reference.startswith(released)


def open_late(file_key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    """What a reader that tries each chunk as a middle and then as a last one gets before it must stop."""
    cipher = ChaCha20Poly1305(derive(file_key, salt=nonce, info=b"payload"))
    released = bytearray()
    for number, at in enumerate(range(0, len(sealed), 65552)):
        for last in (0, 1):
            with contextlib.suppress(InvalidTag):
                chunk = cipher.decrypt(number.to_bytes(11, "big") + bytes([last]), sealed[at : at + 65552], None)
                if not last and len(chunk) < 65536:
                    return bytes(released)
                released += chunk
                if last:
                    return bytes(released)
                break
        else:
            break
    return bytes(released)


@pytest.mark.parametrize("name", [name for name, raw in VECTORS.items() if parse(raw).expect == "success"])
def test_writing_is_the_inverse_of_reading(name: str) -> None:
    vector = parse(VECTORS[name])
    content = vector.content
    if vector.armored:
        content = dearmor(content)
        assert enarmor(content).rstrip() == vector.content.strip().replace(b"\r\n", b"\n")
    header = parse_header(content)
    assert vector.file_key is not None
    assert render_header(header.stanzas, vector.file_key) == content[: header.size]
    nonce, sealed = content[header.size : header.size + NONCE_SIZE], content[header.size + NONCE_SIZE :]
    plaintext = b"".join(open_payload(vector.file_key, nonce, sealed))
    assert b"".join(seal_payload(vector.file_key, nonce, plaintext)) == sealed

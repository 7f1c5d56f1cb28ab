"""The textual header of an age file: its stanzas and its MAC. Pure; bounded in size, linear in time."""

from __future__ import annotations

import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keywatch.errors import HeaderError, HeaderMacError

VERSION_LINE = b"age-encryption.org/v1\n"
FILE_KEY_SIZE = 16
#: A header of a thousand X25519 or sixty post-quantum recipients fits; a hostile one costs well under a second.
MAX_HEADER = 128 * 1024
_COLUMNS = 64
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")
_ARGUMENTS = re.compile(rb"[\x21-\x7e]+(?: [\x21-\x7e]+)*")


@dataclass(frozen=True, slots=True)
class Stanza:
    """The file key, wrapped for one recipient."""

    type: str
    arguments: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header. `size` bytes of the file are header; the MAC covers `authenticated` of them."""

    stanzas: tuple[Stanza, ...]
    mac: bytes
    authenticated: bytes
    size: int

    def verify(self, file_key: bytes) -> None:
        """Check the MAC. `HeaderMacError` when the header is not the one that was written with this file key."""
        if len(file_key) != FILE_KEY_SIZE or not hmac.compare_digest(_mac(file_key, self.authenticated), self.mac):
            raise HeaderMacError("the header of this age file was changed after it was written")


def render_header(stanzas: Sequence[Stanza], file_key: bytes) -> bytes:
    """The header of these stanzas, authenticated by the file key."""
    lines = [VERSION_LINE]
    for stanza in stanzas:
        lines.append(" ".join(("->", stanza.type, *stanza.arguments)).encode() + b"\n")
        text = encode(stanza.body).encode()
        # The last line is shorter than 64 columns, empty when the body fills whole lines: that is how it ends.
        lines += [text[at : at + _COLUMNS] + b"\n" for at in range(0, len(text) + 1, _COLUMNS)]
    authenticated = b"".join(lines) + b"---"
    return authenticated + b" " + encode(_mac(file_key, authenticated)).encode() + b"\n"


def parse_header(content: bytes) -> Header:
    """The header that `content` begins with. `HeaderError` says what is wrong, never what stands there."""
    head = bytes(content[:MAX_HEADER])
    if not head.startswith(VERSION_LINE):
        raise HeaderError("not an age v1 file")
    at = len(VERSION_LINE)
    stanzas: list[Stanza] = []
    while head.startswith(b"-> ", at):
        stanza, at = _parse_stanza(head, at)
        stanzas.append(stanza)
    end = at + 3
    line, size = _line(head, at)
    if not stanzas or not line.startswith(b"--- "):
        raise _invalid("expected a recipient stanza or the end of the header")
    mac = decode(line[4:].decode("ascii", "replace"), 32)
    return Header(tuple(stanzas), mac, head[:end], size)


def encode(value: bytes) -> str:
    """Base64 without padding, as headers use it."""
    return binascii.b2a_base64(value, newline=False).rstrip(b"=").decode()


def decode(text: str, size: int | None = None) -> bytes:
    """The bytes of canonical unpadded base64, `size` of them where given. `HeaderError` otherwise."""
    raw = text.encode("ascii", "replace")
    if not _BASE64.fullmatch(raw) or len(raw) % 4 == 1:
        raise _invalid("expected unpadded base64")
    value = binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
    if encode(value) != text or (size is not None and len(value) != size):
        raise _invalid("expected canonical base64 of the right length")
    return value


def _parse_stanza(head: bytes, at: int) -> tuple[Stanza, int]:
    line, at = _line(head, at)
    if not _ARGUMENTS.fullmatch(line, 3):
        raise _invalid("a stanza's arguments must be printable and separated by one blank")
    kind, *arguments = line[3:].decode("ascii").split(" ")
    pieces: list[bytes] = []
    while True:
        line, at = _line(head, at)
        if len(line) > _COLUMNS or not _BASE64.fullmatch(line):
            raise _invalid("a stanza's body must be base64 in lines of 64")
        pieces.append(line)
        if len(line) < _COLUMNS:
            return Stanza(kind, tuple(arguments), decode(b"".join(pieces).decode("ascii"))), at


def _line(head: bytes, at: int) -> tuple[bytes, int]:
    end = head.find(b"\n", at)
    if end < 0:
        raise _invalid("the header does not end" if len(head) < MAX_HEADER else "the header is too long")
    return head[at:end], end + 1


def _mac(file_key: bytes, authenticated: bytes) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"header").derive(file_key)
    return hmac.digest(key, authenticated, "sha256")


def _invalid(why: str) -> HeaderError:
    return HeaderError(f"not a valid age file: {why}")

"""The age v1 file format (c2sp.org/age): bytes in, bytes out. Reads no file, asks nothing, keeps nothing.

`encrypt` and `decrypt` work on whole contents in memory; one file each for armor, header, payload and recipient types.
X25519 keys (`x25519`) are the default, because every released age program reads them; passphrases (`passphrase`) and
the post-quantum hybrid (`hybrid`) stand behind the same two protocols.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from keywatch.age.armor import BEGIN, dearmor, enarmor
from keywatch.age.header import FILE_KEY_SIZE, parse_header, render_header
from keywatch.age.stream import NONCE_SIZE, open_payload, seal_payload
from keywatch.errors import AgeError, HeaderError, NoMatchError

if TYPE_CHECKING:
    from keywatch.age.base import Identity, Recipient

__all__ = ["decrypt", "encrypt", "is_armored"]


def encrypt(plaintext: bytes, recipients: Sequence[Recipient], *, armored: bool = False) -> bytes:
    """An age file that each of `recipients` alone can open. `AgeError` for recipients that must not stand together."""
    if not recipients:
        raise AgeError("an age file needs at least one recipient")
    if len({recipient.label for recipient in recipients}) > 1 or (recipients[0].alone and len(recipients) > 1):
        # c2sp.org/age: a passphrase stands alone; a post-quantum recipient beside another would protect nothing.
        raise AgeError("recipients of these types can't share one age file: use one type, and a passphrase alone")
    file_key = os.urandom(FILE_KEY_SIZE)
    header = render_header([recipient.wrap(file_key) for recipient in recipients], file_key)
    nonce = os.urandom(NONCE_SIZE)
    content = b"".join((header, nonce, *seal_payload(file_key, nonce, plaintext)))
    return enarmor(content) if armored else content


def decrypt(content: bytes, identities: Sequence[Identity]) -> bytes:
    """The plaintext of an age file, armored or binary. Nothing is returned unless all of it is authentic.

    Errors: `ArmorError`, `HeaderError`, `NoMatchError`, `HeaderMacError`, `PayloadError`.
    """
    if is_armored(content):
        content = dearmor(content)
    header = parse_header(content)
    if any(stanza.type == "scrypt" for stanza in header.stanzas) and len(header.stanzas) > 1:
        raise HeaderError("not a valid age file: a passphrase stanza must stand alone")
    for identity in identities:
        file_key = identity.unwrap(header.stanzas)
        if file_key is not None:
            break
    else:
        raise NoMatchError("no identity at hand opens this age file")
    header.verify(file_key)
    nonce = content[header.size : header.size + NONCE_SIZE]
    if len(nonce) < NONCE_SIZE:
        raise HeaderError("not a valid age file: it ends before its payload")
    return b"".join(open_payload(file_key, nonce, memoryview(content)[header.size + NONCE_SIZE :]))


def is_armored(content: bytes) -> bool:
    """True when the content claims to be an armored age file."""
    return content[:1024].lstrip(b" \t\r\n").startswith(BEGIN[:14])

"""age's ASCII armor: strict PEM (RFC 7468, figure 3) with the label AGE ENCRYPTED FILE. Pure.

Reading accepts exactly what writing gives, but for LF or CRLF line ends and blanks before and after: so an armored file
is no more malleable than a binary one.
"""

from __future__ import annotations

import binascii
import re

from keywatch.errors import ArmorError

BEGIN = b"-----BEGIN AGE ENCRYPTED FILE-----"
END = b"-----END AGE ENCRYPTED FILE-----"
_COLUMNS = 64
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")


def enarmor(content: bytes) -> bytes:
    """`content` in armor, with a line feed at the end."""
    text = binascii.b2a_base64(content, newline=False)
    lines = [text[at : at + _COLUMNS] for at in range(0, len(text), _COLUMNS)]
    return b"\n".join((BEGIN, *lines, END, b""))


def dearmor(text: bytes) -> bytes:
    """The content of an armored file. `ArmorError` for anything that is not canonical."""
    lines = text.strip(b" \t\r\n").replace(b"\r\n", b"\n").split(b"\n")
    if lines[0] != BEGIN or lines[-1] != END:
        raise ArmorError(f"not valid armor: must begin with {BEGIN.decode()} and end with {END.decode()}")
    body = lines[1:-1]
    if not body:
        return b""
    if any(len(line) != _COLUMNS for line in body[:-1]) or not 0 < len(body[-1]) <= _COLUMNS:
        raise ArmorError("not valid armor: each line but the last must have 64 characters, and none may be empty")
    joined = b"".join(body)
    if not _BASE64.fullmatch(joined) or len(joined) % 4:
        raise ArmorError("not valid armor: a character that is not base64, or wrong padding")
    try:
        content = binascii.a2b_base64(joined, strict_mode=True)
    except binascii.Error:
        raise ArmorError("not valid armor: not base64") from None
    if binascii.b2a_base64(content[(len(content) - 1) // 3 * 3 :], newline=False) != joined[-4:]:
        # Python accepts bits set beyond the last byte; each such spelling would be another file with the same content.
        raise ArmorError("not valid armor: base64 is not canonical")
    return content

"""Makes texts from files harmless to show: a file name may hold newlines, terminal escapes, or bytes that are no UTF-8.

Pure. Everything a report prints that was not written in keywatch's own source goes through `show`.
"""

from __future__ import annotations

import os
import re

#: C0 and C1 controls, what reorders text (Unicode's bidirectional marks), line separators, lone surrogates, backslashes
_UNSAFE = re.compile(
    "[\\\\\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\"}


def show(text: str) -> str:
    """`text` with everything that could fool a terminal or a reader as an escape: `\\n`, `\\x1b`, `\\xff`."""
    return _UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as os.fsdecode keeps it
        return f"\\x{code - 0xDC00:02x}"
    return _NAMED.get(character) or (f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}")


def show_path(path: str, home: str = "") -> str:
    """`path` as shown, with `~` for `home`."""
    home = home.rstrip("/")
    if home and (path == home or path.startswith(home + "/")):
        path = "~" + path[len(home) :]
    return show(path)


def show_place(path: str, via: tuple[str, ...], home: str = "") -> str:
    """A path and the steps inside it: `~/backup.tgz!etc/crontab`."""
    return "!".join((show_path(path, home), *map(show, via)))


def file_uri(path: str) -> str:
    """The `file://` address of an absolute path, every byte kept; of anything else its name, quoted."""
    from urllib.parse import quote_from_bytes

    return ("file://" if path.startswith("/") else "") + quote_from_bytes(exact_bytes(path))


def relative_uri(path: str, folder: str) -> str | None:
    """The address of `path` relative to `folder`, or None when it lies elsewhere."""
    from urllib.parse import quote_from_bytes

    base = folder.rstrip("/") + "/"
    return quote_from_bytes(exact_bytes(path[len(base) :])) if folder and path.startswith(base) else None


def decodable(text: str) -> str:
    """`text` as valid Unicode: what is no UTF-8 becomes U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def exact_bytes(path: str) -> bytes:
    """The bytes of a path as the file system has them."""
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return path.encode("utf-8", "replace")

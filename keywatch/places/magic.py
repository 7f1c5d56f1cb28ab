"""What a content is, told from its first bytes and never from its name: an archive, a database, text of wide letters.

Asked of every file, so it imports nothing that could open one.
"""

from __future__ import annotations

from keywatch.places.encoding import suspect_wide

SQLITE_MAGIC = b"SQLite format 3\0"


def is_container(head: bytes) -> str | None:
    """The kind of container that the first bytes of a content show."""
    if head[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    if head[:6] == b"\xfd7zXZ\0":
        return "xz"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if head[257:262] == b"ustar":
        return "tar"
    if head[:4] == b"\x28\xb5\x2f\xfd":
        return "zstd"
    return None


def is_packed(head: bytes) -> bool:
    """True for first bytes of what a plain scan can't see into."""
    return is_container(head) is not None or head.startswith(SQLITE_MAGIC) or suspect_wide(head)

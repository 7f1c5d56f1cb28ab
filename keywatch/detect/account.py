"""The AWS account number inside an access key id, computed without any network; and the accounts of known canaries."""

from __future__ import annotations

import base64
import binascii

#: accounts that Thinkst publishes for its canary tokens: such a key only raises an alarm
CANARY_ACCOUNTS = frozenset(
    (
        "052310077262",
        "171436882533",
        "534261010715",
        "595918472158",
        "717712589309",
        "819147034852",
        "992382622183",
        "730335385048",
        "266735846894",
        "893192397702",
    )
)


def account_of(key_id: bytes) -> str | None:
    """The 12-digit account number of an access key id; None where the id does not hold it.

    Ids issued before about 2019 (fifth character `I` or `J`), ids of another shape and made-up ones don't.
    Source: base32 of the 16 characters after the prefix, first 6 bytes big-endian, bits 7 to 46.
    """
    body = key_id[4:]
    if len(body) != 16 or body[:1] in (b"I", b"J"):
        return None
    try:
        number = int.from_bytes(base64.b32decode(body)[:6], "big")
    except binascii.Error:
        return None
    account = (number & 0x7FFFFFFFFF80) >> 7
    return f"{account:012d}" if account < 10**12 else None

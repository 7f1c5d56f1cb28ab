"""Bech32 (BIP 173) without its length limit, as age writes its keys. Pure."""

from __future__ import annotations

from keywatch.errors import AgeError

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
#: The longest key of age, a post-quantum recipient, has 1,959 characters.
_MAX_LENGTH = 4096


def bech32_encode(prefix: str, data: bytes) -> str:
    """`data` under a lower-case `prefix`, in lower case."""
    values = _regroup(data, 8, 5)
    sum_ = _polymod([*_expand(prefix), *values, 0, 0, 0, 0, 0, 0]) ^ 1
    checksum = [(sum_ >> 5 * (5 - at)) & 31 for at in range(6)]
    return prefix + "1" + "".join(_ALPHABET[value] for value in [*values, *checksum])


def bech32_decode(text: str) -> tuple[str, bytes]:
    """Prefix (in lower case) and data. `AgeError`, which never repeats the text: it may be an identity."""
    lowered = text.lower()
    prefix, mark, rest = lowered.rpartition("1")
    if len(text) > _MAX_LENGTH or text not in (lowered, text.upper()) or not mark or not prefix or len(rest) < 6:
        raise AgeError("not an age key: not Bech32")
    if not all("!" <= character <= "~" for character in prefix) or not all(c in _VALUES for c in rest):
        raise AgeError("not an age key: a character that is not Bech32")
    values = [_VALUES[character] for character in rest]
    if _polymod([*_expand(prefix), *values]) != 1:
        raise AgeError("not an age key: its checksum is wrong: a character was lost or mistyped")
    data = _regroup(bytes(values[:-6]), 5, 8)
    if len(data) * 8 // 5 * 5 > len(values[:-6]) * 5 or _regroup(bytes(data), 8, 5) != values[:-6]:
        raise AgeError("not an age key: its padding is wrong")
    return prefix, bytes(data)


def _regroup(data: bytes, have: int, want: int) -> list[int]:
    """Bits in groups of `have` as groups of `want`: padded with zeroes when growing in number, cut when shrinking."""
    number = bits = 0
    groups: list[int] = []
    for value in data:
        number = (number << have | value) & 0xFFFF
        bits += have
        while bits >= want:
            bits -= want
            groups.append(number >> bits & ((1 << want) - 1))
    if bits and want < have:
        groups.append(number << (want - bits) & ((1 << want) - 1))
    return groups


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _polymod(values: list[int]) -> int:
    sum_ = 1
    for value in values:
        top = sum_ >> 25
        sum_ = (sum_ & 0x1FFFFFF) << 5 ^ value
        for at, generator in enumerate(_GENERATOR):
            if top >> at & 1:
                sum_ ^= generator
    return sum_

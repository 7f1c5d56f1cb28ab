"""What a real token proves about itself: checksums and inner structure. Pure; says yes or no, keeps nothing.

Each check takes the whole secret. It says False only where the issuer's format says that no such token exists; where a
format is not published, the check is about shape alone and says so.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
import zlib

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _digits(number: int, alphabet: str, width: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, len(alphabet))
        text = alphabet[rest] + text
    return text.rjust(width, alphabet[0])


def base62(number: int, width: int) -> str:
    """`number` in base 62 (digits, capitals, small letters), padded with zeros to `width`."""
    return _digits(number, BASE62, width)


def base36(number: int, width: int) -> str:
    """`number` in base 36 (digits, small letters), padded with zeros to `width`."""
    return _digits(number, string.digits + string.ascii_lowercase, width)


def github_checksum(token: bytes) -> bool:
    """The last six characters are the CRC32 of the random ones before, after the prefix, in base 62.

    Source: GitHub's post of 2021-04-05 on token formats; npm took the scheme over on 2021-09-23.
    """
    body = token.rpartition(b"_")[2]
    return len(body) > 6 and base62(zlib.crc32(body[:-6]), 6).encode() == body[-6:]


def gitlab_checksum(token: bytes) -> bool:
    """A versioned routable token ends in two characters of length and seven of CRC32 (base 36) over all before it.

    Source: GitLab's design document "Routable Tokens". Routable tokens without a version are taken by shape alone.
    """
    parts = token.split(b".")
    if len(parts) != 3:
        return True
    return base36(zlib.crc32(token[:-7]), 7).encode() == token[-7:]


def grafana_checksum(token: bytes) -> bool:
    """A service account token ends in the CRC32, little endian in hex, of all before the last underscore."""
    body, _, checksum = token.rpartition(b"_")
    return zlib.crc32(body).to_bytes(4, "little").hex().encode() == checksum.lower()


def _bech32_polymod(values: list[int]) -> int:
    generator = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit in range(5):
            checksum ^= generator[bit] if top >> bit & 1 else 0
    return checksum


def _bech32_prefix(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def bech32_encode(prefix: str, data: bytes) -> str:
    """Bech32 (BIP 173) of `data` under `prefix`, in small letters, without BIP 173's limit of 90 characters."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[i : i + 5], 2) for i in range(0, len(bits), 5)]
    polymod = _bech32_polymod(_bech32_prefix(prefix) + values + [0] * 6) ^ 1
    values += [polymod >> 5 * (5 - i) & 31 for i in range(6)]
    return f"{prefix}1" + "".join(BECH32[v] for v in values)


def age_checksum(key: bytes) -> bool:
    """An age identity is bech32 with its prefix inside the checksum (age's specification, section X25519)."""
    text = key.decode("ascii", "replace").lower()
    prefix, _, data = text.rpartition("1")
    if not data or any(c not in BECH32 for c in data):
        return False
    return _bech32_polymod(_bech32_prefix(prefix) + [BECH32.index(c) for c in data]) == 1


def decode_base64(text: bytes) -> bytes | None:
    """`text` decoded from base64 of either alphabet, padded or not; None for what is none."""
    clean = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(clean + b"=" * (-len(clean) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def pypi_macaroon(token: bytes) -> bool:
    """`pypi-` and a macaroon of version 2 whose location is pypi.org or test.pypi.org."""
    data = decode_base64(token.removeprefix(b"pypi-"))
    return data is not None and data[:3] in {b"\x02\x01\x08", b"\x02\x01\x0d"} and b"pypi.org" in data[3:16]


def anthropic_shape(token: bytes) -> bool:
    """API and admin keys have 93 characters and `AA` after their prefix; the other kinds are taken by shape alone."""
    kind, _, body = token.removeprefix(b"sk-ant-").partition(b"-")
    return not kind.startswith((b"api", b"admin")) or (len(body) == 95 and body.endswith(b"AA"))


def mixed(token: bytes) -> bool:
    """Holds small letters, capitals and digits, as random base62 of 32 does but once in 270 times."""
    return bool(re.search(rb"[a-z]", token) and re.search(rb"[A-Z]", token) and re.search(rb"[0-9]", token))


def mixed_case(token: bytes) -> bool:
    """Of its letters, at least a quarter are capitals and a quarter small, as in random letters, not in identifiers."""
    body = token.rpartition(b"_")[2]
    capitals = sum(65 <= byte <= 90 for byte in body)
    return len(body) // 4 <= capitals <= len(body) - len(body) // 4


def square_shape(token: bytes) -> bool:
    """Random after `EAAA`: base64 of real data that happens to begin so is full of `A` runs."""
    return mixed(token) and b"AAA" not in token[4:]


def reftkn(token: bytes) -> bool:
    """An Artifactory reference token is base64 that begins with `reftkn:`."""
    data = decode_base64(token)
    return data is not None and data.startswith(b"reftkn:")


def user_and_password(text: bytes) -> bool:
    """Base64 of `user:password` in printable characters, with no placeholder for a password."""
    data = decode_base64(text)
    if data is None or not all(32 <= byte < 127 for byte in data):
        return False
    user, _, password = data.partition(b":")
    from keywatch.detect.placeholder import looks_like_placeholder  # 10 ms: only where something matched

    return bool(user) and len(password) >= 4 and not looks_like_placeholder(password)


def discord_id(token: bytes) -> bool:
    """The first part of a bot's token is the bot's number in base64."""
    data = decode_base64(token.partition(b".")[0])
    return data is not None and 16 <= len(data) <= 20 and data.isdigit()


def telegram_id(token: bytes) -> bool:
    """A bot's number does not begin with zero."""
    return not token.startswith(b"0")


_PEM_HEADER = re.compile(rb"(?m)^[ \t]*(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID)[ \t]*:[^\r\n]*")


def _pem_body(block: bytes) -> tuple[bytes, bytes]:
    """Label and decoded body of a PEM block, also of one written inside a string with `\\n`, quotes or indentation."""
    label, _, rest = block.partition(b"-----BEGIN ")[2].partition(b"-----")
    text = re.sub(rb"\\[nrt]", b"\n", rest.rpartition(b"-----END")[0])
    text = _PEM_HEADER.sub(b"", text)
    text = re.sub(rb"\n=[A-Za-z0-9+/]{4}\s*$", b"", text)  # PGP's own checksum line
    clean = b"".join(re.findall(rb"[A-Za-z0-9+/]{2,}", text))  # a lone plus joins strings in source code
    return label, decode_base64(clean[: len(clean) // 4 * 4]) or b""


def _pem_kind(block: bytes) -> str:
    """`plain`, `encrypted`, or `none` for what only looks like a private key."""
    label, body = _pem_body(block)
    if b"OPENSSH" in label:
        magic = b"openssh-key-v1\0"
        if not body.startswith(magic) or len(body) < 60:
            return "none"
        return "plain" if body[len(magic) : len(magic) + 8] == b"\0\0\0\x04none" else "encrypted"
    if b"PGP" in label:  # a secret-key packet, tag 5, in the old or the new form (RFC 9580, section 4.2)
        return "plain" if len(body) >= 60 and (body[0] & 0xFC == 0x94 or body[0] == 0xC5) else "none"
    if b"ENCRYPTED" in label or re.search(rb"Proc-Type: ?4, ?ENCRYPTED", block):
        return "encrypted" if len(body) >= 48 else "none"
    return "plain" if len(body) >= 46 and body[0] == 0x30 and _der_fits(body) else "none"


def _der_fits(body: bytes) -> bool:
    """The outer SEQUENCE's length is what is there, give or take what cutting to whole base64 groups costs."""
    if body[1] < 0x80:
        length, head = body[1], 2
    else:
        count = body[1] & 0x7F
        if not 1 <= count <= 3:
            return False
        length, head = int.from_bytes(body[2 : 2 + count], "big"), 2 + count
    return abs(head + length - len(body)) <= 3


def private_key(block: bytes) -> bool:
    """A PEM block that holds a private key in the clear (PKCS#1, PKCS#8, SEC 1, OpenSSH, PGP)."""
    return _pem_kind(block) == "plain"


def encrypted_private_key(block: bytes) -> bool:
    """A PEM block that holds a private key under a passphrase."""
    return _pem_kind(block) == "encrypted"


def bedrock_key(token: bytes) -> bool:
    """`ABSK` and base64 that decodes to text. (What AWS writes there begins with `BedrockAPIKey-`.)"""
    return decode_base64(token[4:]) is not None

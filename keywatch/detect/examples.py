"""Turns example templates such as `ghp_{github:36}` into bytes, always the same ones. Made at test time only.

Rules keep templates instead of tokens, so that no complete key stands in this repository and no other scanner or
push protection trips over it. Nothing made here is anybody's key: the bytes come from SHA-256 of the template.
"""

from __future__ import annotations

import base64
import random
import re
import string
import zlib
from collections.abc import Callable

from keywatch.detect.checks import BASE62, base36, base62, bech32_encode

_FIELD = re.compile(r"\{([a-z0-9]+)(?::([^{}]*))?\}")
_ALPHABETS = {
    "digit": string.digits,
    "alnum": BASE62,
    "alpha": string.ascii_letters,
    "lower": string.ascii_lowercase,
    "lownum": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase,
    "upnum": string.ascii_uppercase + string.digits,
    "base32": string.ascii_uppercase + "234567",
    "hex": "0123456789abcdef",
    "uphex": "0123456789ABCDEF",
    "base64": BASE62 + "+/",
    "base64url": BASE62 + "-_",
}


def expand(template: str, seed: int = 0) -> bytes:
    """The template with every `{kind:argument}` replaced; equal for equal template and seed.

    Kinds: an alphabet and a length (`{hex:32}`), or a whole of its own: `{github:36}` (base62 with its CRC32 at the
    end), `{gitlab:PREFIX}`, `{grafana}`, `{age}`, `{pem:LABEL}`, `{b64:text}`. Other braces stay as they are.
    """
    source = random.Random(f"{seed}:{template}")  # noqa: S311 - reproducible examples, not keys

    def fill(field: re.Match[str]) -> str:
        kind, argument = field[1], field[2] or ""
        if kind in _ALPHABETS and argument.isdigit():
            return _letters(source, _ALPHABETS[kind], int(argument))
        make = _MAKERS.get(kind)
        return make(source, argument) if make else field[0]

    return _FIELD.sub(fill, template).encode()


def _letters(source: random.Random, alphabet: str, count: int) -> str:
    return "".join(source.choices(alphabet, k=count))


def _github(source: random.Random, length: str) -> str:
    body = _letters(source, BASE62, int(length) - 6)
    return body + base62(zlib.crc32(body.encode()), 6)


def _gitlab(source: random.Random, prefix: str) -> str:
    body = f"{prefix}{_letters(source, BASE62, 36)}.01.0u"
    return body + base36(zlib.crc32(body.encode()), 7)


def _grafana(source: random.Random, _argument: str) -> str:
    body = f"glsa_{_letters(source, BASE62, 32)}"
    return f"{body}_{zlib.crc32(body.encode()).to_bytes(4, 'little').hex()}"


def _age(source: random.Random, _argument: str) -> str:
    return bech32_encode("age-secret-key-", source.randbytes(32)).upper()


def _der(source: random.Random) -> bytes:
    body = b"\x02\x01\x00" + source.randbytes(117)
    return b"\x30" + bytes([len(body)]) + body


def _pem(source: random.Random, label: str) -> str:
    if label.startswith("OPENSSH"):
        cipher = b"aes256-ctr" if label.endswith("+") else b"none"
        label = label.removesuffix("+")
        body = b"openssh-key-v1\0" + len(cipher).to_bytes(4, "big") + cipher + source.randbytes(150)
    elif "PGP" in label:
        body = b"\x95\x03\x98\x04" + source.randbytes(200)
    else:
        body = _der(source)
    text = base64.encodebytes(body).decode().strip()
    return f"-----BEGIN {label}-----\n{text}\n-----END {label}-----"


def _b64(source: random.Random, text: str) -> str:
    """Base64 of the text, in which `~` stands for eight random letters."""
    filled = re.sub("~", lambda _: _letters(source, BASE62, 8), text)
    return base64.b64encode(filled.encode()).decode()


_MAKERS: dict[str, Callable[[random.Random, str], str]] = {
    "github": _github,
    "gitlab": _gitlab,
    "grafana": _grafana,
    "age": _age,
    "pem": _pem,
    "b64": _b64,
}

"""What only looks like part of an AWS credential: documented examples, placeholders, references, sequences, noise.

Each test gives the reason's name, which the report counts under `dropped`. A random real key must never be dropped:
every test asks for something that chance makes less often than once in a million keys.
"""

from __future__ import annotations

import re
from itertools import pairwise

_EXAMPLE = re.compile(rb"EXAMPLE(?:KEY)?$|EXAMPLEKEY|^wJalrXUtnFEMI|EXAMPLE(?:KEY)?\W", re.IGNORECASE)
_REFERENCE = re.compile(
    rb"^(?:\$|%\w+%$|<|\{\{|\{%|!(?:Ref|Sub|GetAtt|ImportValue|vault)\b|op://|keywatch://|vault[:/]|ref\+|arn:|env[:.(]|ssm:|secretsmanager:"
    rb"|file://|https?://|s3://|projects/|process\.env|os\.(?:environ|getenv)|var\.|local\.|data\.|module\.|secrets?\.|inputs?\."
    rb"|ENC\[|AQICAH|\(|@|~?/(?:run|etc|home|var|usr|opt|root|tmp|mnt|Users|secrets)/)"
)
_WORDS = re.compile(
    rb"your|example|placeholder|change.?me|replace|redacted|dummy|sample|insert|fill.?in|todo|xxxx|\*\*\*\*|\.\.\.\."
    rb"|secret.?access|access.?key|secret.?key|session.?token|key.?(?:id|here)|not.?set|undefined|credential|foobar|lorem|fixme"
    rb"|deadbeef|localstack|test.?(?:key|secret|token)|fake|my.?(?:secret|key|token)|aws.?secret|none.?of|mock",
    re.IGNORECASE,
)
_PIECE = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^A-Za-z0-9]+")
#: no word of a Latin-script language: five consonants running, or none but consonants
_UNSPEAKABLE = re.compile(rb"(?i:[^aeiouy]{5}|^[^aeiouy]+$)")
_ORDER = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RUN = re.compile(rb"(.)\1{7,}", re.DOTALL)
_AMINO = re.compile(rb"[ACDEFGHIKLMNPQRSTVWY]+")
RESOURCE_PREFIXES = (b"AROA", b"AIDA", b"AGPA", b"ANPA", b"ANVA", b"APKA", b"ASCA", b"AIPA", b"ANPP")
_KEY_ID = re.compile(rb"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{12,124}")
_UUID = re.compile(rb"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def is_sequence(value: bytes) -> bool:
    """Characters that count up or down the alphabet or the digits, with one break at most (`ABCDEFGH12345678`)."""
    upper = value.upper()
    at = [_ORDER.find(upper[i : i + 1]) for i in range(len(upper))]
    if len(at) < 8:
        return False
    breaks = [0, 0]
    for one, two in pairwise(at):
        step = two - one
        breaks[0] += not (step == 1 or (one, two) in ((9, 0), (0, 10), (35, 10), (35, 0)))
        breaks[1] += not (step == -1 or (one, two) in ((0, 9), (10, 35)))
    return min(breaks) <= 1


def is_repetitive(value: bytes) -> bool:
    """One character eight times running, a handful of distinct characters in all, or one short piece over and over."""
    if _RUN.search(value) or len(set(value)) <= (5 if len(value) >= 16 else 3):
        return True
    return any(value[:-size] == value[size:] for size in range(1, min(11, len(value) // 2 + 1)))


def is_wordy(value: bytes) -> bool:
    """Identifiers, paths and phrases: nearly all of it is pieces of three letters or more, as random text never is."""
    pieces = _PIECE.findall(value)
    letters = sum(len(p) for p in pieces if p.isalpha())
    words = sum(len(p) for p in pieces if p.isalpha() and len(p) >= 3 and not _UNSPEAKABLE.search(p))
    digits = sum(len(p) for p in pieces if p.isdigit())
    return letters > 0 and words >= 0.9 * letters and digits <= 0.25 * len(value) and words / max(1, len(pieces)) >= 2.4


def why_not_key_id(value: bytes, *, named: bool, plain: bool) -> str | None:
    """Why `value`, of the shape of an access key id, is none; `plain` when nothing around it speaks for it."""
    body = value[4:]
    if b"EXAMPLE" in value:
        return "documented-example"
    if is_repetitive(body):
        return "placeholder"
    if is_sequence(body):
        return "sequence"
    if plain and not named and _AMINO.fullmatch(value):
        return "protein-sequence"
    return None


def why_not_named_id(value: bytes) -> str | None:
    """Why a value that is only by its name an access key id is none."""
    if value[:4] in RESOURCE_PREFIXES and len(value) >= 16:
        return "resource-id"
    if b"EXAMPLE" in value:
        return "documented-example"
    if _REFERENCE.match(value):
        return "reference"
    if is_repetitive(value) or is_repetitive(value[4:]):
        return "placeholder"
    if is_sequence(value) or is_sequence(value[4:]):
        return "sequence"
    if _UUID.fullmatch(value):
        return "uuid"
    if _KEY_ID.fullmatch(value):
        return None
    if _WORDS.search(value) or is_wordy(value):
        return "placeholder"
    if not re.fullmatch(rb"[A-Za-z0-9]{16,128}", value):
        return "not-a-key"
    return None


def why_not_secret(value: bytes, *, literal: bool) -> str | None:
    """Why a value named as a secret access key is none. `literal` when it is surely a value, not code."""
    if len(value) == 40 and is_random(value):
        return "documented-example" if b"EXAMPLE" in value else None
    if _EXAMPLE.search(value):
        return "documented-example"
    if _REFERENCE.match(value) or b"${" in value or b"$(" in value or b"{{" in value:
        return "reference"
    if is_repetitive(value):
        return "placeholder"
    if is_sequence(value):
        return "sequence"
    if _WORDS.search(value):
        return "placeholder"
    if _UUID.fullmatch(value):
        return "uuid"
    if is_wordy(value):
        return "placeholder" if literal else "code"
    if any(byte <= 0x20 or byte >= 0x7F for byte in value):
        return "not-a-key"
    return None


def is_random(value: bytes) -> bool:
    """Looks drawn from the base64 alphabet: mixed, many distinct characters, no hex, no words."""
    kinds = any(0x61 <= b <= 0x7A for b in value) + any(0x41 <= b <= 0x5A for b in value) + any(b < 0x3A for b in value)
    return (
        kinds == 3
        and len(set(value)) >= min(14, len(value) * 0.45)
        and not is_repetitive(value)
        and not is_wordy(value)
        and not _EXAMPLE.search(value)
    )

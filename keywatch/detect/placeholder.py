"""Tells values that only stand for a secret: placeholders, references, documented examples, runs. Never reads a place.

It must not call a random key a placeholder: every sign here is so long that 40 random characters show it less than once
in ten million (tests/detect/test_checks.py tries 100,000), and FACTS' shortened keys pass.
"""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

#: SHA-256 (first 16 hex digits) of complete keys that their issuers print in documentation or ship in emulators
_DOCUMENTED = frozenset(
    {
        "2cafc0970149a84f",  # Stripe
        "f2d6ca16515033e5",
        "0b5dd075ccdd03c4",  # Telegram
        "731fa294d036e54f",
        "0011cc25eb432071",  # Azure storage emulator
        "aa6547439583c3a2",  # Cosmos DB emulator
        "976b57ee8acdfcf4",  # GitHub's post on token formats
    }
)

_REFERENCE = re.compile(
    rb"""
      \$\{ | \$\( | \$[A-Za-z_] | \{\{ | \#\{ | <% | ` | %\( | %[A-Za-z_][A-Za-z0-9_]*%$ | @@?[A-Za-z_]\w*@?$
    | (?:op|keywatch|secret|aws-sm|aws-ssm|awssm|gcp-sm|keyring|bws|akv|doppler|ref\+[a-z]+|vals?
        |file|env|pass|gopass)://
    | (?:vault|ssm|secretsmanager|env|file|fromEnv|sops|keyring):[A-Za-z_/.]
    | arn:aws[a-z-]*: | \{resolve: | ENC\[ | AQICAH | !Ref\b | !Sub\b | @Microsoft\.KeyVault | projects/[^/]+/secrets/
    | \(?\[?\$?(?:process\.env|os\.environ|os\.getenv|System\.getenv|ENV\[|env\[|getenv\()
    | (?:env|secrets|vars?|local|data|module|self|this|config|settings|args|params|options|opts|credentials|creds|each
        |inputs?|ctx|context)(?:\.[A-Za-z_]\w{0,40})+[\[\]\w.()"'|\ -]*$
    | [A-Za-z_][\w.]{0,60}\(
    """,
    re.VERBOSE,
)
_HOLLOW = re.compile(
    rb"""(?is)
      ^<[^>]*>?$ | ^\[[a-z_ -]+\]$ | \*{3} | \.{3,}$ | \xe2\x80\xa6 | (?:\xe2\x80\xa2){2} | (?-i:x{5}|X{6}) | _{5}
    | ^[-?.]+$
    | placeholder | changeme | change[_-](?:me|it|this) | redacted | replace[_-]?(?:me|with) | insert[_-] | [_-]here$
    | ^your[a-z]{2,} | (?:^|[^a-z0-9])your[_-][a-z]{2,} | not[_-](?:a[_-])?real | do[_-]not[_-]use | for[_-]testing
    """,
    re.VERBOSE,
)
#: what such values are made of
_WORDS = frozenset(
    b"""
    a abc access account acc admin all an any api apikey app auth aws azure bar baz bearer blah bogus bucket change
    changeit client cloud code copy cred creds credential credentials db default demo dev dummy dumb empty enter env
    example examples fake fill fixme foo foobar for from generated get github gitlab given go goes google guest here
    hidden host hunter id in input insert invalid is it items key keyid keys local localhost login masked me mock my
    mysecret mytoken name new nil no none not null of ok on only openai or our paste pass passphrase passwd password
    pat personal placeholder please prod production provided put pw pwd qwerty random real redacted region removed
    replace role root same sample secret secretkey secrets section server service session set shared some something
    staging stripe string stuff super supersecret tbd temp test tester testing text that the this tmp to todo token
    tokens type undefined unset unused use user username value values var variable very whatever with wrong xxx xxxx
    xyz you your
    """.split()
)
#: a unit of 1 to 10 characters, repeated until it is no chance: 8 of one character, 12 of two, 12 of three …
_UNITS = re.compile(
    b"|".join(b"(.{%d})\\%d{%d,}" % (size, size, max(2, 7 if size == 1 else 10 // size)) for size in range(1, 11))
)
_LETTERS = re.compile(rb"[A-Za-z]+")
_RUN = re.compile(rb"[A-Za-z0-9]+")


def looks_like_placeholder(value: bytes) -> str | None:
    """Why `value` is no secret: `placeholder`, `reference`, `documented-example`, `sequence`, `repeated`; else None."""
    value = value.strip()
    if not value:
        return "placeholder"
    head = value[:512]
    if _REFERENCE.match(head):
        return "reference"
    if b"EXAMPLE" in head or b"wJalrXUtnFEMI" in head or _digest(value) in _DOCUMENTED:
        return "documented-example"
    if _HOLLOW.search(head) or _is_words(head):
        return "placeholder"
    body = max(_RUN.findall(head), key=len, default=b"")
    if _is_repeated(body):
        return "repeated"
    if _is_sequence(body):
        return "sequence"
    return None


def _digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()[:16]


def _is_words(value: bytes) -> bool:
    """Nothing but common words, as in `my-secret-key` or `password123`: no random run is that lucky."""
    if len(value) > 80 or not re.fullmatch(rb"[A-Za-z0-9_\-. !@#:,/]+", value):
        return False
    digits = sum(48 <= byte <= 57 for byte in value)
    words = _LETTERS.findall(value)
    return bool(words) and digits <= 4 and all(word.lower() in _WORDS or _joined(word.lower()) for word in words)


def _joined(word: bytes) -> bool:
    """Two or three common words written together (`mysecretkey`)."""
    if not 6 <= len(word) <= 30:
        return False
    reachable = {0}
    for _ in range(3):
        reachable |= {
            end for start in reachable for end in range(start + 2, len(word) + 1) if word[start:end] in _WORDS
        }
        if len(word) in reachable:
            return True
    return False


def _is_repeated(body: bytes) -> bool:
    """One short unit again and again (`00000000`, `deadbeefdeadbeef`), or almost no different characters."""
    if len(body) >= 8 and len(set(body)) <= (3 if len(body) >= 16 else 1):
        return True
    return any(len(found[0]) >= len(body) * 2 // 5 for found in _UNITS.finditer(body))


def _is_sequence(body: bytes) -> bool:
    """Counting or the alphabet (`1234567890`, `abcdefghij`, `a1b2c3d4e5f6`) through most of the value."""
    longest = _longest_count(body)
    if longest >= 10 or (longest >= 8 and longest >= len(body) * 3 // 5):
        return True
    return _longest_count(body[::2]) >= 6 and _longest_count(body[1::2]) >= 6


def _longest_count(body: bytes) -> int:
    best = run = 1
    for left, right in pairwise(body):
        step = right - left
        run = run + 1 if step == 1 or (left == 57 and right == 48) else 1
        best = max(best, run)
    return best if body else 0

"""Fake keys of the right shape, from a seeded random source. Never a real key, and never written out in this file."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"


@dataclass(frozen=True, slots=True)
class Key:
    """One fake credential in all its shapes; a style uses the shapes it names."""

    access_id: str
    secret: str
    session: str
    temporary_id: str
    short_id: str
    short_secret: str
    bedrock: str
    bedrock_short: str


def _secret(rng: random.Random, length: int) -> str:
    """Random base64 characters with both cases and a digit; now and then with slashes where a path would have them."""
    while True:
        chars = rng.choices(BASE64, k=length)
        nasty = rng.random()
        if nasty < 0.04:
            chars[0] = rng.choice("/+")
        elif nasty < 0.08:
            chars[-1] = rng.choice("/+")
        elif nasty < 0.12:
            for at in range(rng.randrange(3, 7), length, rng.randrange(5, 9)):
                chars[at] = "/"
        text = "".join(chars)
        if any(c.islower() for c in text) and any(c.isupper() for c in text) and any(c.isdigit() for c in text):
            return text


def make_key(rng: random.Random) -> Key:
    """A new fake credential."""
    tail = "".join(rng.choices(BASE32, k=16))
    prefix = rng.choices(("AK" + "IA", "AS" + "IA", "AB" + "IA", "AC" + "CA"), (92, 4, 2, 2))[0]
    start = rng.choice(("IQoJb3JpZ2luX2Vj", "IQoJb3JpZ2luX2VjE", "FwoGZXIvYXdzE"))
    session = start + "".join(rng.choices(BASE64, k=rng.randrange(300, 900))) + rng.choice(("", "=", "=="))
    account = rng.randrange(10**11, 10**12)
    long_lived = f"BedrockAPIKey-{rng.randrange(16**4):04x}-at-{account}:".encode() + rng.randbytes(
        rng.randrange(48, 96)
    )
    short_lived = b"bedrock.amazonaws.com/?Action=CallWithBearerToken&" + rng.randbytes(rng.randrange(180, 400))
    return Key(
        access_id=prefix + tail,
        secret=_secret(rng, 40),
        session=session,
        temporary_id="AS" + "IA" + tail,
        short_id="AK" + "IA" + "".join(rng.choices(BASE32, k=14)),
        short_secret=_secret(rng, 25),
        bedrock="AB" + "SK" + base64.b64encode(long_lived).decode(),
        bedrock_short="bedrock-" + "api-key-" + base64.b64encode(short_lived).decode(),
    )

"""What holds for any content and any damage: round trips, nothing malleable, the right errors, no secret in them."""

from __future__ import annotations

import pickle
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch import age
from keywatch.age import hybrid, x25519
from keywatch.age.armor import dearmor, enarmor
from keywatch.age.base import Identity, Recipient
from keywatch.age.bech32 import bech32_decode, bech32_encode
from keywatch.age.header import MAX_HEADER, VERSION_LINE, parse_header
from keywatch.age.keys import parse_identity, parse_identity_file, parse_recipient
from keywatch.age.passphrase import PassphraseIdentity, PassphraseRecipient
from keywatch.errors import AgeError, HeaderError, NoMatchError
from keywatch.model import Secret

CLASSIC = x25519.generate()
QUANTUM = hybrid.generate()
PASSPHRASE = Secret(b"a passphrase")
KEYS: dict[str, tuple[Recipient, Identity]] = {
    "x25519": (CLASSIC.recipient(), CLASSIC),
    "hybrid": (QUANTUM.recipient(), QUANTUM),
    "passphrase": (PassphraseRecipient(PASSPHRASE, 4), PassphraseIdentity(PASSPHRASE, 4)),
}


@given(content=st.binary(max_size=300), armored=st.booleans(), kind=st.sampled_from(sorted(KEYS)))
def test_round_trip(content: bytes, armored: bool, kind: str) -> None:
    recipient, identity = KEYS[kind]
    sealed = age.encrypt(content, [recipient], armored=armored)
    assert age.decrypt(sealed, [identity]) == content
    assert age.is_armored(sealed) == armored


@pytest.mark.parametrize("armored", [False, True])
@pytest.mark.parametrize("kind", ["x25519", "passphrase"])
def test_every_changed_byte_is_noticed(kind: str, armored: bool) -> None:
    recipient, identity = KEYS[kind]
    sealed = age.encrypt(b"small", [recipient], armored=armored)
    chance = random.Random(7)
    for at, byte in enumerate(sealed):
        flips = range(8) if at % 16 == 0 else [chance.randrange(8)]
        for bit in flips:
            damaged = sealed[:at] + bytes([byte ^ 1 << bit]) + sealed[at + 1 :]
            if armored and damaged.strip(b" \t\r\n") == sealed.strip():
                continue  # blanks after the armor are allowed
            with pytest.raises(AgeError):
                age.decrypt(damaged, [identity])


@pytest.mark.parametrize("armored", [False, True])
def test_every_cut_and_every_addition_is_noticed(armored: bool) -> None:
    sealed = (
        age.encrypt(b"small", [CLASSIC.recipient()], armored=armored).rstrip()
        if armored
        else age.encrypt(b"small", [CLASSIC.recipient()])
    )
    for at in range(len(sealed)):
        with pytest.raises(AgeError):
            age.decrypt(sealed[:at], [CLASSIC])
        with pytest.raises(AgeError):
            age.decrypt(sealed[:at] + b"A" + sealed[at:], [CLASSIC])
    with pytest.raises(AgeError):
        age.decrypt(sealed + b"A", [CLASSIC])


@given(st.binary(max_size=400))
def test_garbage_is_an_error(content: bytes) -> None:
    for text in (content, VERSION_LINE + content, VERSION_LINE + b"-> X25519 " + content):
        with pytest.raises(AgeError):
            age.decrypt(text, [CLASSIC])


@given(st.binary(max_size=400))
def test_armor_round_trips(content: bytes) -> None:
    assert dearmor(enarmor(content)) == content
    assert dearmor(b"\n \n" + enarmor(content).replace(b"\n", b"\r\n") + b"\t\n") == content


@given(prefix=st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True), data=st.binary(max_size=64))
def test_bech32_round_trips(prefix: str, data: bytes) -> None:
    text = bech32_encode(prefix, data)
    assert bech32_decode(text) == bech32_decode(text.upper()) == (prefix, data)


@pytest.mark.parametrize(
    "text", [str(CLASSIC.recipient()), CLASSIC.encoded().expose().decode()], ids=["public", "secret"]
)
def test_every_mistyped_character_of_a_key_is_noticed(text: str) -> None:
    parse = parse_identity if text.startswith("AGE-") else parse_recipient
    parse(text)  # type: ignore[operator]
    for at, was in enumerate(text):
        for other in "qpzryx8gf2" if was.islower() else "QPZRYX8GF2":
            if other != was:
                with pytest.raises(AgeError) as caught:
                    parse(text[:at] + other + text[at + 1 :])  # type: ignore[operator]
                assert text[20:40] not in str(caught.value)


def test_recipients_that_must_not_share_a_file() -> None:
    phrase = PassphraseRecipient(PASSPHRASE, 4)
    for recipients in ([phrase, phrase], [phrase, CLASSIC.recipient()], [QUANTUM.recipient(), CLASSIC.recipient()], []):
        with pytest.raises(AgeError):
            age.encrypt(b"x", recipients)


def test_several_of_one_type() -> None:
    for make in (x25519.generate, hybrid.generate):
        first, second, third = make(), make(), make()
        sealed = age.encrypt(b"x", [first.recipient(), second.recipient()])
        assert age.decrypt(sealed, [third, second]) == b"x"
        with pytest.raises(NoMatchError):
            age.decrypt(sealed, [third])


def test_a_low_order_recipient_is_refused() -> None:
    with pytest.raises(HeaderError):
        age.encrypt(b"x", [x25519.X25519Recipient(bytes(32))])


def test_work_factor_is_bounded_before_any_work() -> None:
    sealed = age.encrypt(b"x", [PassphraseRecipient(PASSPHRASE, 5)])
    with pytest.raises(HeaderError, match="work factor 5; at most 4"):
        age.decrypt(sealed, [PassphraseIdentity(PASSPHRASE, 4)])
    for huge in (b" 21\n", b" 99\n"):
        with pytest.raises(HeaderError, match="at most 20"):
            age.decrypt(sealed.replace(b" 5\n", huge, 1), [PassphraseIdentity(PASSPHRASE)])


def test_an_endless_header_is_refused() -> None:
    stanza = b"-> X25519 " + b"A" * 43 + b"\n" + b"A" * 43 + b"\n"
    for head in (
        VERSION_LINE + stanza * 10_000,
        VERSION_LINE + b"-> " + b"a" * MAX_HEADER * 2,
        VERSION_LINE + b"-> a\n" + (b"A" * 64 + b"\n") * 9000,
    ):
        with pytest.raises(HeaderError, match=r"too long|wrong length|lines of 64"):
            parse_header(head)


def test_identity_files() -> None:
    content = b"# created: now\n\n" + CLASSIC.encoded().expose() + b"\r\n" + QUANTUM.encoded().expose() + b"\n"
    assert parse_identity_file(content) == [CLASSIC, QUANTUM]
    with pytest.raises(AgeError, match="line 2: ") as caught:
        parse_identity_file(b"#\n" + CLASSIC.encoded().expose()[:-1])
    assert b"AGE-SECRET-KEY-1" not in str(caught.value).encode()
    with pytest.raises(AgeError, match="holds no age identity"):
        parse_identity_file(b"# nothing\n")


def test_identities_show_no_secret() -> None:
    for identity in (CLASSIC, QUANTUM, PassphraseIdentity(PASSPHRASE)):
        assert "Secret(…)" in repr(identity)
        with pytest.raises(TypeError):
            pickle.dumps(identity)

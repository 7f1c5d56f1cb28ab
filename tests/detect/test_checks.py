"""Checksums against published vectors, structures of private keys, and placeholders that must not eat real keys."""

from __future__ import annotations

import base64
import hashlib
import random
import string

import pytest
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from keywatch.detect import checks
from keywatch.detect.examples import expand
from keywatch.detect.placeholder import looks_like_placeholder


def altered(token: bytes, at: int) -> bytes:
    """The token with one letter or digit changed."""
    other = b"A" if token[at : at + 1] != b"A" else b"B"
    return token[:at] + other + token[at + 1 :]


def test_github_checksum_of_the_published_token() -> None:
    published = b"ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + b"0mLq17"
    assert checks.github_checksum(published)
    for at in range(4, len(published)):
        assert not checks.github_checksum(altered(published, at)), at


def test_github_checksum_is_padded() -> None:
    for seed in range(300):
        token = expand("npm_{github:36}", seed)
        assert len(token) == 40
        assert checks.github_checksum(token)


def test_grafana_checksum_of_the_documented_token() -> None:
    assert checks.grafana_checksum(b"glsa_yscW25imSKJIuav8zF37RZmnbiDvB05G" + b"_fcaaf58a")
    assert not checks.grafana_checksum(b"glsa_yscW25imSKJIuav8zF37RZmnbiDvB05H" + b"_fcaaf58a")


@pytest.mark.parametrize(
    ("template", "check"),
    [
        ("{gitlab:glpat-}", checks.gitlab_checksum),
        ("{age}", checks.age_checksum),
        ("{grafana}", checks.grafana_checksum),
    ],
)
def test_any_changed_character_breaks_the_checksum(template: str, check: object) -> None:
    assert callable(check)
    for seed in range(5):
        token = expand(template, seed)
        assert check(token)
        for at in range(16, len(token)):
            if altered(token, at).lower() != token.lower() and token[at : at + 1].isalnum():
                assert not check(altered(token, at)), (token, at)


def test_age_checksum_of_published_vectors() -> None:
    # BIP 173's valid strings, by their shape under any prefix
    assert checks.age_checksum(b"A12UEL5L")
    assert checks.age_checksum(b"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w")
    assert not checks.age_checksum(b"split1cheo2y9e2w")
    assert not checks.age_checksum(b"")
    assert not checks.age_checksum(b"1\xff")


def test_pypi_macaroon() -> None:
    good = b"pypi-" + base64.urlsafe_b64encode(b"\x02\x01\x08pypi.org" + bytes(60)).rstrip(b"=")
    assert checks.pypi_macaroon(good)
    assert not checks.pypi_macaroon(b"pypi-" + base64.urlsafe_b64encode(bytes(70)).rstrip(b"="))
    assert not checks.pypi_macaroon(b"pypi-A")


PEMS = [
    (ec.generate_private_key(ec.SECP256R1()), ser.PrivateFormat.TraditionalOpenSSL),
    (ec.generate_private_key(ec.SECP521R1()), ser.PrivateFormat.PKCS8),
    (ed25519.Ed25519PrivateKey.generate(), ser.PrivateFormat.PKCS8),
    (ed25519.Ed25519PrivateKey.generate(), ser.PrivateFormat.OpenSSH),
    (rsa.generate_private_key(65537, 2048), ser.PrivateFormat.TraditionalOpenSSL),
    (rsa.generate_private_key(65537, 2048), ser.PrivateFormat.OpenSSH),
]


@pytest.mark.parametrize(("key", "form"), PEMS, ids=range(len(PEMS)))
def test_real_private_keys_plain_and_encrypted(key: rsa.RSAPrivateKey, form: ser.PrivateFormat) -> None:
    plain = key.private_bytes(ser.Encoding.PEM, form, ser.NoEncryption())
    assert checks.private_key(plain)
    assert not checks.encrypted_private_key(plain)
    if form is not ser.PrivateFormat.OpenSSH:  # which needs bcrypt to seal; the rule's example covers it
        sealed = key.private_bytes(ser.Encoding.PEM, form, ser.BestAvailableEncryption(b"x" * 12))
        assert checks.encrypted_private_key(sealed)
        assert not checks.private_key(sealed)
    for written in (
        plain.replace(b"\n", b"\r\n"),
        plain.replace(b"\n", b"\\n"),
        plain.replace(b"\n", b"\\r\\n"),
        plain.replace(b"\n", b"\n    "),
        plain.replace(b"\n", b'\\n" +\n  "'),
        plain.replace(b"\n", b" "),
        plain.replace(b"\n", b"\n> "),
    ):
        assert checks.private_key(written), written


@pytest.mark.parametrize(
    "body", [b"", b"...", b"MIIEpAIBAAKCAQEA", b"\n\n", b"<key>", b"A" * 200, base64.b64encode(bytes(100))]
)
def test_what_only_looks_like_a_private_key(body: bytes) -> None:
    block = b"-----BEGIN RSA PRIVATE " + b"KEY-----\n" + body + b"\n-----END RSA PRIVATE " + b"KEY-----"
    assert not checks.private_key(block)
    assert not checks.encrypted_private_key(block)


ALL = (
    checks.github_checksum,
    checks.gitlab_checksum,
    checks.grafana_checksum,
    checks.age_checksum,
    checks.pypi_macaroon,
    checks.anthropic_shape,
    checks.mixed,
    checks.mixed_case,
    checks.square_shape,
    checks.reftkn,
    checks.user_and_password,
    checks.discord_id,
    checks.telegram_id,
    checks.private_key,
    checks.encrypted_private_key,
    checks.bedrock_key,
)


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_checks_never_raise(value: bytes) -> None:
    for check in ALL:
        assert check(value) in {True, False}
        assert check(b"-----BEGIN OPENSSH PRIVATE KEY-----" + value + b"-----END") in {True, False}


@pytest.mark.parametrize(
    ("alphabet", "tries"),
    [(checks.BASE62 + "+/", 100_000), (checks.BASE62, 20_000), ("0123456789abcdef", 20_000)],
)
@pytest.mark.no_cover  # many of one kind: traced, they take twice the time, and other tests run the same lines
def test_a_random_key_is_never_a_placeholder(alphabet: str, tries: int) -> None:
    source = random.Random(20260101)
    for _ in range(tries):
        key = "".join(source.choices(alphabet, k=40)).encode()
        assert looks_like_placeholder(key) is None, key


@pytest.mark.no_cover  # many of one kind: traced, they take twice the time, and other tests run the same lines
def test_random_key_ids_are_never_placeholders() -> None:
    source = random.Random(3)
    for _ in range(20_000):
        key = "AKIA" + "".join(source.choices(string.ascii_uppercase + "234567", k=16))
        assert looks_like_placeholder(key.encode()) is None, key


@pytest.mark.parametrize("value", ["AKIAIABCDEFGHJKLMN", "axE+QqUQojdYalRU5C1UwebGv", "hunter22!x", "correct7horse"])
def test_short_keys_of_people_are_none(value: str) -> None:
    assert looks_like_placeholder(value.encode()) is None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "placeholder"),
        ("   ", "placeholder"),
        ("AKIAIOSFODNN7EXAMPLE", "documented-example"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY", "documented-example"),
        ("sk_test_4eC39HqLyjW" + "DarjtT1zdp7dc", "documented-example"),
        ("${AWS_SECRET_ACCESS_KEY}", "reference"),
        ("$AWS_SECRET_ACCESS_KEY", "reference"),
        ("$(pass show aws)", "reference"),
        ("`cat key`", "reference"),
        ("{{ vault.secret }}", "reference"),
        ("%AWS_SECRET%", "reference"),
        ("op://Private/aws/secret", "reference"),
        ("keywatch://prod/secret", "reference"),
        ("vault:secret/data/aws#key", "reference"),
        ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:x", "reference"),
        ("os.environ['AWS_SECRET_ACCESS_KEY']", "reference"),
        ("process.env.AWS_SECRET", "reference"),
        ("var.aws_secret_key", "reference"),
        ("secrets.AWS_SECRET_ACCESS_KEY", "reference"),
        ("config.get('secret')", "reference"),
        ("<your-secret-access-key>", "placeholder"),
        ("<SECRET>", "placeholder"),
        ("[your key]", "placeholder"),
        ("your_secret_here", "placeholder"),
        ("YOUR-SECRET-ACCESS-KEY", "placeholder"),
        ("yourSecretAccessKey", "placeholder"),
        ("my-secret-access-key", "placeholder"),
        ("mysecretkey", "placeholder"),
        ("CHANGEME", "placeholder"),
        ("change_me_please", "placeholder"),
        ("REDACTED", "placeholder"),
        ("****************", "placeholder"),
        ("AKIA****************", "placeholder"),
        ("sk-ant-api03-...", "placeholder"),
        ("•••••••••••", "placeholder"),
        ("xxxxxxxxxxxxxxxxxxxx", "placeholder"),
        ("ghp_XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", "placeholder"),
        ("insert_key_here", "placeholder"),
        ("secret", "placeholder"),
        ("password123", "placeholder"),
        ("none", "placeholder"),
        ("0000000000000000", "repeated"),
        ("AKIA" + "A" * 16, "repeated"),
        ("deadbeef" * 5, "repeated"),
        ("abcabcabcabcabcabc", "repeated"),
        ("ghp_" + "aB3" * 12, "repeated"),
        ("1234567890", "sequence"),
        ("12345678901234567890", "sequence"),
        ("abcdefghijklmnopqrstuvwxyz", "sequence"),
        ("AKIAABCDEFGHIJKLMNOP", "sequence"),
        ("0123456789abcdef0123456789abcdef", "sequence"),
        ("a1b2c3d4e5f6g7h8i9j0", "sequence"),
    ],
)
def test_placeholders_by_reason(value: str, why: str) -> None:
    assert looks_like_placeholder(value.encode()) == why


@settings(max_examples=100)
@given(st.binary(max_size=2000))
def test_placeholder_never_raises_and_reads_any_bytes(value: bytes) -> None:
    assert looks_like_placeholder(value) in {
        None,
        "placeholder",
        "reference",
        "documented-example",
        "sequence",
        "repeated",
    }


def test_documented_keys_stand_only_as_digests() -> None:
    from keywatch.detect import placeholder

    assert all(len(digest) == 16 for digest in placeholder._DOCUMENTED)
    telegram = b"110201543:AAHdqTcvCH1" + b"vGWJxfSeofSAs0K5PALDsaw"
    assert hashlib.sha256(telegram).hexdigest()[:16] in placeholder._DOCUMENTED

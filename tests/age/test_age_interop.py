"""Both ways with two other implementations: the `age` program (Go) and pyrage (Rust)."""

from __future__ import annotations

import functools
import os
import pty
import random
import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest

from keywatch import age
from keywatch.age import x25519
from keywatch.age.keys import parse_identity_file, parse_recipient
from keywatch.age.passphrase import PassphraseIdentity, PassphraseRecipient
from keywatch.model import Secret

SIZES = [0, 1, 47, 48, 49, 65535, 65536, 65537, 131072, 131073, 10_000_000]
needs_age = pytest.mark.skipif(shutil.which("age") is None, reason="age is not installed")


@functools.cache
def payload(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def age_program(*arguments: str, content: bytes) -> bytes:
    return subprocess.run(["age", *arguments], input=content, capture_output=True, check=True, timeout=60).stdout


@needs_age
@pytest.mark.e2e
@pytest.mark.parametrize("armored", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_with_age(tmp_path: Path, size: int, armored: bool) -> None:
    identity = x25519.generate()
    recipient = identity.recipient()
    key = tmp_path / "identity.txt"
    key.write_bytes(b"# a comment\n" + identity.encoded().expose() + b"\n")
    sealed = age.encrypt(payload(size), [recipient], armored=armored)
    assert age_program("-d", "-i", str(key), content=sealed) == payload(size)
    theirs = age_program("-r", str(recipient), *(["-a"] if armored else []), content=payload(size))
    assert age.is_armored(theirs) == armored
    assert age.decrypt(theirs, [identity]) == payload(size)


@pytest.mark.parametrize("armored", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_with_pyrage(size: int, armored: bool) -> None:
    theirs = pyrage.x25519.Identity.generate()
    mine = parse_identity_file(str(theirs).encode())
    recipient = parse_recipient(str(theirs.to_public()))
    assert str(mine[0].recipient()) == str(recipient)
    assert pyrage.decrypt(age.encrypt(payload(size), [recipient], armored=armored), [theirs]) == payload(size)
    assert age.decrypt(pyrage.encrypt(payload(size), [theirs.to_public()], armored=armored), mine) == payload(size)


def test_several_recipients_with_pyrage() -> None:
    ours, theirs = x25519.generate(), pyrage.x25519.Identity.generate()
    sealed = age.encrypt(b"shared", [ours.recipient(), parse_recipient(str(theirs.to_public()))])
    assert pyrage.decrypt(sealed, [theirs]) == age.decrypt(sealed, [ours]) == b"shared"


@pytest.mark.parametrize("passphrase", ["x", "correct horse battery staple", "pässwörd ☃ "])
def test_passphrase_with_pyrage(passphrase: str) -> None:
    secret = Secret(passphrase.encode())
    assert pyrage.passphrase.decrypt(age.encrypt(b"p", [PassphraseRecipient(secret, 12)]), passphrase) == b"p"


def test_passphrase_of_pyrage() -> None:
    secret, passphrase = Secret(b"swordfish"), "swordfish"
    # pyrage picks a work factor that takes about a second on this machine: on a fast one, more than the default allows.
    assert age.decrypt(pyrage.passphrase.encrypt(b"p", passphrase), [PassphraseIdentity(secret, 22)]) == b"p"


@needs_age
@pytest.mark.e2e
def test_keys_of_age_keygen(tmp_path: Path) -> None:
    key = tmp_path / "key.txt"
    made = subprocess.run(["age-keygen", "-o", key], capture_output=True, text=True, check=True)
    identity = parse_identity_file(key.read_bytes())[0]
    assert str(identity.recipient()) in made.stderr
    assert identity.encoded().expose() in key.read_bytes()


@needs_age
@pytest.mark.e2e
def test_age_opens_a_passphrase_sealed_identity(tmp_path: Path) -> None:
    """`age -i` takes an identity file that a passphrase seals, and asks for it on the terminal."""
    identity = x25519.generate()
    key = tmp_path / "identity.age"
    key.write_bytes(
        age.encrypt(identity.encoded().expose() + b"\n", [PassphraseRecipient(Secret(b"swordfish"), 10)], armored=True)
    )
    sealed = tmp_path / "sealed.age"
    sealed.write_bytes(age.encrypt(b"recovered", [identity.recipient()]))
    out = tmp_path / "out"
    assert on_terminal(["age", "-d", "-i", str(key), "-o", str(out), str(sealed)], b"swordfish\n") == 0
    assert out.read_bytes() == b"recovered"


def on_terminal(command: list[str], answer: bytes) -> int:
    """The exit status of a command on a terminal of its own, on which its first question is answered."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    try:
        seen = b""
        while b"passphrase" not in seen:
            seen += os.read(terminal, 1024)
        os.write(terminal, answer)
        while True:
            try:
                if not os.read(terminal, 1024):
                    break
            except OSError:  # Linux answers EIO once the other side is closed
                break
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(terminal)

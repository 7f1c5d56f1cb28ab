"""The OS keyring: a real gnome-keyring on a private bus, unlocked, locked, silent and gone; and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes import Fakes
from secretservice_session import AVAILABLE, gnome_keyring, lock, private_bus

from keywatch.errors import (
    EntryExistsError,
    EntryMissingError,
    EntryTooLargeError,
    KeyringAbsentError,
    KeyringLockedError,
    KeyringRefusedError,
    KeyringTimeoutError,
)
from keywatch.model import Secret
from keywatch.vault.backend import open_store
from keywatch.vault.base import Deposit, Payload
from keywatch.vault.file import FileVault, create_vault
from keywatch.vault.identity import unlock_quietly
from keywatch.vault.keyring import KeyringVault
from keywatch.vault.recipients import hold_in_keyring

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    not AVAILABLE and os.environ.get("KEYWATCH_E2E") != "required", reason="no gnome-keyring"
)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    with private_bus(monkeypatch) as environment:
        yield environment


@pytest.fixture
def keyring(bus: dict[str, str]) -> Iterator[dict[str, str]]:
    with gnome_keyring(bus):
        yield bus


@pytest.fixture
def state(tmp_path: Path) -> str:
    path = tmp_path / "state"
    path.mkdir(mode=0o700)
    return str(path)


def payload(seed: int = 1) -> Payload:
    fakes = Fakes(seed)
    return Payload(
        {"access_key_id": Secret(fakes.key_id().encode()), "secret_access_key": Secret(fakes.secret().encode())}
    )


def test_entries_live_in_the_keyring(keyring: dict[str, str], state: str) -> None:
    vault = KeyringVault(open_store(timeout=5), state)
    entry = vault.put(Deposit("work", payload(), "long-lived", "/home/a/.bashrc", "bash"))
    assert vault.get("WORK").fields == payload().fields
    assert vault.list_entries() == [entry]
    with pytest.raises(EntryExistsError):
        vault.put(Deposit("work", payload(2)))
    vault.put(Deposit("work", payload(2)), replace=True)
    vault.rename("work", "job")
    assert vault.get("job").fields == payload(2).fields
    with pytest.raises(EntryMissingError):
        vault.get("work")
    vault.remove("job")
    assert vault.list_entries() == []


def test_no_secret_stands_in_the_index(keyring: dict[str, str], state: str) -> None:
    KeyringVault(open_store(timeout=5), state).put(Deposit("work", payload()))
    written = b"".join(path.read_bytes() for path in Path(state).iterdir() if path.is_file())
    for secret in payload().fields.values():
        assert secret.expose() not in written
    assert all(path.stat().st_mode & 0o077 == 0 for path in Path(state).iterdir())


def test_an_item_is_recognisable_and_read_by_the_keyring_library_too(keyring: dict[str, str], state: str) -> None:
    import secretstorage

    KeyringVault(open_store(timeout=5), state).put(Deposit("work", payload()))
    with closing(secretstorage.dbus_init()) as connection:
        (item,) = secretstorage.Collection(connection).search_items({"service": "keywatch"})
        assert item.get_label() == "keywatch: work"
        assert item.get_attributes()["username"] == "work"
    code = "import keyring; print(keyring.get_password('keywatch', 'work') is not None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "True\n"


def test_a_locked_keyring_is_an_error_at_once_that_says_so(keyring: dict[str, str], state: str) -> None:
    vault = KeyringVault(open_store(timeout=5), state)
    entry = vault.put(Deposit("work", payload()))
    lock()
    began = time.monotonic()
    with pytest.raises(KeyringLockedError, match="unlock"):
        vault.get("work")
    with pytest.raises(KeyringLockedError):
        vault.put(Deposit("other", payload()))
    assert time.monotonic() - began < 3
    assert vault.list_entries() == [entry]


def test_without_a_service_or_a_bus_it_is_absent(bus: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyringAbsentError):
        open_store(timeout=5).get("work")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    with pytest.raises(KeyringAbsentError, match="vault init"):
        open_store(timeout=5).get("work")


def test_a_service_that_is_silent_costs_its_time_and_no_more(keyring: dict[str, str], state: str) -> None:
    import signal

    store = open_store(timeout=0.5, known="keyring.backends.SecretService.Keyring")
    found = subprocess.run(["pgrep", "-n", "gnome-keyring-d"], capture_output=True, check=True, text=True)
    pid = int(found.stdout)
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(KeyringTimeoutError):
            store.get("work")
        assert time.monotonic() - began < 3
    finally:
        os.kill(pid, signal.SIGCONT)


def test_too_large_a_secret_is_refused_before_it_is_sent(keyring: dict[str, str]) -> None:
    store = open_store(timeout=5)
    with pytest.raises(EntryTooLargeError):
        store.set("large", "keywatch: large", Secret(b"x" * (store.limit + 1)))
    assert store.get("large") is None


@pytest.mark.parametrize(
    ("backend", "error"),
    [
        ("keyring.backends.null.Keyring", KeyringRefusedError),
        ("keyring.backends.fail.Keyring", KeyringAbsentError),
        ("no.such.module.Keyring", KeyringAbsentError),
    ],
)
def test_backends_that_keep_no_secret_are_refused_by_name(bus: dict[str, str], backend: str, error: type) -> None:
    """In a process of its own: the library chooses its backend once."""
    code = (
        "from keywatch.vault.backend import open_store\n"
        f"from keywatch.errors import {error.__name__} as wanted\n"
        "try: open_store(timeout=5)\n"
        "except wanted as error: print(error)"
    )
    env = {**os.environ, "PYTHON_KEYRING_BACKEND": backend, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, env=env)
    assert "keywatch vault init" in done.stdout


def test_a_vault_file_is_opened_by_the_identity_in_the_keyring(
    keyring: dict[str, str], state: str, tmp_path: Path
) -> None:
    create_vault(str(tmp_path / "vault.json"), state, [hold_in_keyring(open_store(timeout=5))])
    vault = FileVault(str(tmp_path / "vault.json"), state, unlock_quietly(timeout=5))
    vault.put(Deposit("work", payload()))
    assert vault.get("work").fields == payload().fields
    lock()
    vault.put(Deposit("other", payload(2)))  # a deposit needs no identity
    from keywatch.errors import VaultLockedError

    with pytest.raises(VaultLockedError, match="unlock"):
        vault.get("other")


def test_the_commands_and_the_helper_use_the_keyring(keyring: dict[str, str], tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "KEYWATCH_PINENTRY": ""}
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        env.pop(name, None)

    def run(code: str, *words: str, stdin: bytes = b"", status: int = 0) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-c", f"from {code} import run; run()", *words]
        done = subprocess.run(command, input=stdin, capture_output=True, check=False, env=env, timeout=60)
        assert done.returncode == status, done.stderr
        return done

    fields = {name: secret.expose() for name, secret in payload().fields.items()}
    lines = b"aws_access_key_id=%s\naws_secret_access_key=%s\n" % tuple(fields.values())
    run("keywatch.cli.main", "vault", "init", "--no-recovery")
    run("keywatch.cli.main", "vault", "add", "work", stdin=lines)
    run("keywatch.cli.main", "vault", "copy", "work", "--to", "keyring")
    for where in (("work",), ("--vault", "keyring", "work")):
        answer = json.loads(run("keywatch.serve.credential", *where).stdout)
        assert answer["SecretAccessKey"].encode() == fields["secret_access_key"]
    lock()
    for where in (("work",), ("--vault", "keyring", "work")):
        began = time.monotonic()
        assert b"locked" in run("keywatch.serve.credential", *where, status=1).stderr.lower()
        assert time.monotonic() - began < 3

"""A real notification, a real click: a key is written, offered, moved, put back, ignored; and never shown."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keywatch.offers.store import Offers, OfferState
from tests.fakes import Fakes
from tests.move.moving import PROGRAMS, Moving
from tests.offers.desk import Desk, needs_desktop

pytestmark = [pytest.mark.e2e, needs_desktop]


class Life:
    """A person's home with a vault, a desktop and the daemon."""

    def __init__(self, root: Path, *, keyring: bool = False) -> None:
        self.moving = Moving(root)
        if not keyring:
            self.moving.init_vault()
        self.desk = Desk(root / "desk")
        (self.moving.home / ".config/keywatch").mkdir(parents=True)
        (self.moving.home / ".config/keywatch/keywatch.toml").write_text(
            '[watch]\nsystem = false\nsweep = "never"\nhome_sweep = "never"\n'
        )
        fakes = Fakes(int.from_bytes(os.urandom(4), "little"))
        self.id, self.secret = fakes.key_id(), fakes.secret()

    def __enter__(self) -> Life:
        self.desk.__enter__()
        self.moving.env |= self.desk.env | {"KEYWATCH_PACE": "1"}
        with open(self.moving.root / "log", "wb") as log:
            self.daemon = subprocess.Popen(
                [os.path.join(PROGRAMS, "keywatch"), "watch", "--log", "json"],
                env=self.moving.env, cwd=self.moving.home, stderr=log,
            )  # fmt: skip
        self.wait(lambda: b'"sweep-done"' in self.log(), "the daemon did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.wait(30)
        self.desk.__exit__()

    def log(self) -> bytes:
        return (self.moving.root / "log").read_bytes()

    def write(self, name: str = ".aws/credentials") -> Path:
        text = f"[default]\naws_access_key_id = {self.id}\naws_secret_access_key = {self.secret}\n"
        return self.moving.write(name, text)

    def states(self) -> list[OfferState]:
        with Offers(str(self.moving.state), read_only=True) as offers:
            return [offer.state for offer in offers.all()]

    def wait(self, what, why: str, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, f"{why}\n{self.log().decode()}\n{self.states()}\n{self.desk.told()}"
            time.sleep(0.05)


@pytest.fixture
def life(tmp_path):
    with Life(tmp_path) as made:
        yield made


def test_move_by_a_click_and_undo_by_another(life):
    path = life.write()
    before = path.read_bytes()
    told = life.desk.wait_for("in plaintext")
    assert "~/.aws/credentials" in told
    assert f"{life.id[:4]}…{life.id[-4:]}" in told
    life.desk.click("Move")
    told = life.desk.wait_for("The key is safe")
    assert life.secret.encode() not in path.read_bytes()
    assert life.moving.credential("aws-default")["SecretAccessKey"] == life.secret
    assert life.states() == [OfferState.DONE]
    life.desk.click("Undo")
    told = life.desk.wait_for("The key is back")
    assert path.read_bytes() == before
    assert life.states() == [OfferState.SNOOZED]
    offered = (life.desk.folder / "offered").read_text()
    assert all(label in offered for label in ("#Move ", "#Review ", "#Ignore ", "#Undo "))
    time.sleep(3)  # the daemon sees the file again, and says nothing
    assert life.desk.told().count("in plaintext ") == told.count("in plaintext ")
    assert life.secret not in life.desk.told() + offered
    assert life.secret.encode() not in life.log()


def test_a_click_moves_into_a_real_keyring_and_the_aws_cli_works_on(tmp_path):
    life = Life(tmp_path, keyring=True)
    with life:
        keyring = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            env=life.moving.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert keyring.stdin is not None
        keyring.stdin.write(b"a password\n")
        keyring.stdin.close()
        try:
            path = life.write()
            before = path.read_bytes()
            life.desk.wait_for("in plaintext")
            life.desk.click("Move")
            told = life.desk.wait_for("The key ")
            assert "The key is safe" in told
            assert life.secret.encode() not in path.read_bytes()
            assert life.moving.leaks(life.secret) == [], "in no file, the keyring's own is encrypted"
            assert resolved(life) == [life.id[-4:], life.secret[-4:], "custom-process"]
            life.desk.click("Undo")
            life.desk.wait_for("The key is back")
            assert path.read_bytes() == before
            assert resolved(life) == [life.id[-4:], life.secret[-4:], "shared-credentials-file"]
        finally:
            keyring.kill()
            keyring.wait()


def resolved(life: Life) -> list[str]:
    """The last characters of the id and of the secret that the AWS CLI takes, and where it has them from."""
    command = [os.path.join(PROGRAMS, "aws"), "configure", "list"]
    done = subprocess.run(command, env=life.moving.env, capture_output=True, text=True, check=True, timeout=60)
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.strip()}
    return [rows["access_key"][1][-4:], rows["secret_key"][1][-4:], rows["access_key"][2]]


def test_ignore_and_dismiss(life):
    life.write()
    life.desk.wait_for("in plaintext")
    life.desk.click("Ignore")
    life.wait(lambda: life.states() == [OfferState.IGNORED], "not ignored")
    assert "chosen in a notification" in life.moving.run("ignores").stdout.decode()
    fakes = Fakes(5)
    life.id, life.secret = fakes.key_id(), fakes.secret()
    life.write(".env")
    life.desk.wait_for("in plaintext", 2)
    life.desk.dismiss()
    life.wait(lambda: OfferState.SNOOZED in life.states(), "not snoozed")


def test_many_keys_are_one_notification(life):
    fakes = Fakes(17)
    for number in range(5):
        life.id, life.secret = fakes.key_id(), fakes.secret()
        life.write(f"work{number}/.env")
    told = life.desk.wait_for("keys in plaintext")
    life.wait(lambda: life.states() == [OfferState.TOLD] * 5, "not all told")
    assert life.desk.told().count("keywatch") <= 4 * 2 + told.count("keywatch")


def test_a_key_that_goes_by_itself_is_no_offer_any_more(life):
    path = life.write()
    life.desk.wait_for("in plaintext")
    path.unlink()
    life.wait(lambda: life.states() == [OfferState.SUPERSEDED], "not superseded")


def test_the_daemon_loads_nothing_of_the_desktop(life):
    life.write()
    life.desk.wait_for("in plaintext")
    maps = Path(f"/proc/{life.daemon.pid}/maps").read_text()
    assert "cryptography" not in maps
    children = subprocess.run(
        ["ps", "--ppid", str(life.daemon.pid), "-o", "args="], capture_output=True, text=True, check=True
    ).stdout
    assert "keywatch.offers.notifier" in children
    assert life.secret not in children
    heavy = ("jeepney", "keyring", "cryptography")
    code = f"import sys, keywatch.offers.listen; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


_LIBRARY = """
import sys
from keywatch.offers.macos import LibraryDesktop
desktop = LibraryDesktop()
actions = [("default", "Review"), ("move", "Move"), ("ignore", "Ignore")]
first = desktop.notify("AWS access key in plaintext", "a place", actions, urgent=True)
print(desktop.wait(0.1, 0), flush=True)
while not (found := desktop.wait(30, 0))[0]: pass
print(found[0][0], flush=True)
desktop.close(first)
sys.stdin.readline()
second = desktop.notify("a second one", "", [], urgent=True)
print(desktop.wait(30, 0)[1], flush=True)
"""


def test_the_library_for_macos_tells_and_hears_clicks(life):
    """Its adapter, here against a real server by the library's own D-Bus way; macOS itself can't exist here."""
    process = subprocess.Popen(
        [sys.executable, "-c", _LIBRARY], env=os.environ | life.desk.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    with process:
        assert process.stdout.readline() == "([], False)\n"
        life.desk.wait_for("AWS access key in plaintext")
        life.desk.click("Move")
        assert process.stdout.readline() == "Pressed(number=1, action='move')\n"
        process.stdin.write("go on\n")
        process.stdin.flush()
        life.desk.wait_for("a second one")
        process.stdin.write("something to read\n")
        process.stdin.flush()
        assert process.stdout.readline() == "True\n"


def test_a_program_that_is_new_to_an_entry_is_told(life):
    pair = f"AWS_ACCESS_KEY_ID={life.id}\nAWS_SECRET_ACCESS_KEY={life.secret}\n"
    life.moving.run("vault", "add", "work", stdin=pair.encode())
    life.moving.run("unlock")
    script = life.moving.root / "report.sh"
    script.write_text(f"#!/bin/sh\n{PROGRAMS}/keywatch-credential work\nexit $?\n")
    script.chmod(0o700)
    life.moving.credential("work")
    store = life.moving.state / "consumers.json"
    text = re.sub('"first": "[^"]*"', '"first": "2026-01-01T00:00:00Z"', store.read_text())
    store.write_text(text)
    for _ in range(2):
        subprocess.run([script], env=life.moving.env, check=True, capture_output=True)
    told = life.desk.wait_for("A new program uses the key 'work'")
    assert "report.sh" in told
    assert life.secret not in told
    assert b'"new-consumer"' in life.log()
    time.sleep(3)
    assert life.desk.told().count("summary: 'A new program uses the key") == 1

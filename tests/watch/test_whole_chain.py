"""All of it at once, in a booted systemd, for a lingering user.

An editor writes a key, the daemon tells, a click moves it into a real keyring, the AWS CLI goes on signing with it, a
click undoes it; killed and hung, the service comes back.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from booted import KEYWATCH, REQUIRED, Booted, boot
from daemonlab import Key, wait_for

TESTS = Path(__file__).parents[1]
NEEDS = ("Xvfb", "dunst", "xdotool", "gnome-keyring-daemon", "vim", "nano", "/usr/bin/aws")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("systemd"),
    pytest.mark.skipif(
        not all(map(shutil.which, NEEDS)) and not REQUIRED, reason=f"needs {', '.join(NEEDS)} and a systemd"
    ),
]
USER = "gina"
_DUNST = """[global]
    width = 500
    origin = top-right
    offset = 20x20
    mouse_middle_click = context
    font = Monospace 10
    dmenu = /home/gina/pick
"""
#: stands in for dmenu: dunst writes a line for each action, and takes the one that is wanted
_PICK = '#!/bin/sh\ngrep -m1 "$(cat /home/gina/wanted)"\n'
_SERVE = """
import json, os, sys, time
sys.path.insert(0, "/home/gina")
from awsendpoint import aws_endpoint
with aws_endpoint({sys.argv[1]: sys.argv[2]}) as endpoint:
    open("/home/gina/url", "w").write(endpoint.url)
    while True:
        time.sleep(0.05)
        open("/home/gina/new", "w").write(json.dumps(endpoint.asked))
        os.replace("/home/gina/new", "/home/gina/asked")
"""


class Desktop:
    """A lingering user with a screen, a notification server, an unlocked keyring, and an AWS endpoint."""

    def __init__(self, machine: Booted, key: Key) -> None:
        self.machine = machine
        machine.add_user(USER)
        self.put("pick", _PICK)
        self.run("chmod +x pick")
        self.put("dunstrc", _DUNST)
        self.start("screen", "exec Xvfb :7 -screen 0 800x400x24 -nolisten tcp")
        wait_for(lambda: self.run("test -S /tmp/.X11-unix/X7 && echo yes", check=False).strip() == "yes", "the screen")
        self.run("systemctl --user set-environment DISPLAY=:7")
        self.start("told", "exec dunst -config ~/dunstrc -print > ~/told")
        self.start("ring", "printf pw | exec gnome-keyring-daemon --foreground --unlock --components=secrets")
        for name in ("org.freedesktop.Notifications", "org.freedesktop.secrets"):
            wait_for(lambda name=name: name in self.run("busctl --user list --no-legend"), name)
        self.put("awsendpoint.py", (TESTS / "serve/awsendpoint.py").read_text())
        self.put("serve.py", _SERVE)
        self.start("endpoint", f"exec /opt/keywatch/venv/bin/python3 ~/serve.py {key.id} {key.secret}")
        self.url = wait_for(lambda: self.run("cat url 2>/dev/null", check=False).strip(), "the endpoint")

    def run(self, command: str, *words: str, check: bool = True) -> str:
        return self.machine.run(command, *words, user=USER, check=check)

    def put(self, name: str, text: str) -> None:
        self.run('printf %s "$2" > "$1"', name, text)

    def start(self, name: str, command: str) -> None:
        self.run('systemd-run --user --quiet --unit="$1" sh -c "$2"', name, command)

    def click(self, action: str) -> None:
        self.put("wanted", f"#{action} ")
        self.run("sleep 0.5; DISPLAY=:7 xdotool mousemove 600 50 click 2")

    def told(self, words: str) -> str:
        return wait_for(
            lambda: (text := self.run("cat told")) if words in (text := self.run("cat told")) else "", words
        )

    def status(self) -> str:
        return self.run(f"{KEYWATCH} status", check=False)

    def signers(self) -> list[tuple[str, bool]]:
        """Who signed, and whether rightly, each time that the AWS CLI asked who it is; it asks once more."""
        before = len(self._asked())
        self.run(
            "AWS_EC2_METADATA_DISABLED=true /usr/bin/aws --endpoint-url $1 --region eu-west-1 sts get-caller-identity",
            self.url,
        )
        return wait_for(lambda: asked if len(asked := self._asked()) > before else [], "the endpoint's record")

    def _asked(self) -> list[tuple[str, bool]]:
        return [(ident, right) for ident, right in json.loads(self.run("cat asked") or "[]")]


@pytest.fixture(scope="module")
def machine() -> Iterator[Booted]:
    machine = boot()
    yield machine
    machine.close()


def by_vim(desktop: Desktop, path: str, text: str) -> None:
    desktop.put("text", text)
    desktop.run(f'vim -N -u NONE -es -c "0read text" -c "write! {path}" -c quit < /dev/null; test -s {path}')


def by_nano(desktop: Desktop, path: str, text: str) -> None:
    """As a person types it, on a terminal: the text, ^O, Enter, ^X."""
    desktop.put("typed", text.replace("\n", "\r") + "\x0f\r\x18")
    desktop.run(f"(sleep 1; cat typed; sleep 1) | TERM=xterm script -qec 'nano --ignorercfiles {path}' /dev/null")
    assert desktop.run(f"cat {path}").startswith(text)


def by_sed(desktop: Desktop, path: str, text: str) -> None:
    desktop.put(path, "# a comment\n")
    first, second = text.splitlines()
    desktop.run(f'sed -i "1i $1\\n$2" {path}', first, second)


def test_from_the_editor_to_the_keyring_and_back(machine: Booted) -> None:
    key = Key()
    desktop = Desktop(machine, key)
    desktop.run("mkdir -p ~/.aws")
    desktop.run(f"{KEYWATCH} install --user")
    text = f"[default]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    by_vim(desktop, ".aws/credentials", text)
    assert desktop.run("cat .aws/credentials") == text
    assert key.masked in desktop.told("in plaintext")
    assert desktop.signers() == [(key.id, True)]

    desktop.click("Move")
    desktop.told("The key is safe")
    left = desktop.run("cat .aws/credentials")
    assert key.secret not in left and key.id not in left and "credential_process" in left
    assert desktop.signers() == [(key.id, True)] * 2, "the AWS CLI signs with it as before"
    assert desktop.run(f"grep -rl {key.secret} ~ /tmp 2>/dev/null | grep -v -e serve.py -e /text || true") == ""

    desktop.click("Undo")
    desktop.told("The key is back")
    assert desktop.run("cat .aws/credentials") == text
    assert desktop.signers() == [(key.id, True)] * 3
    _comes_back(desktop)


def _comes_back(desktop: Desktop) -> None:
    """Killed, and hung, the service comes back and sees what other editors write."""

    def pid() -> str:
        return desktop.run("systemctl --user show -P MainPID keywatch").strip()

    def seen(write: Callable[[Desktop, str, str], None], path: str) -> None:
        key = Key()
        write(desktop, path, f"export AWS_ACCESS_KEY_ID={key.id}\nexport AWS_SECRET_ACCESS_KEY={key.secret}\n")
        wait_for(lambda: key.masked in desktop.status(), path)

    before = pid()
    desktop.run(f"kill -9 {before}")
    seen(by_sed, ".bashrc")
    assert pid() not in ("0", before)
    desktop.run("mkdir -p .config/systemd/user/keywatch.service.d")
    desktop.put(".config/systemd/user/keywatch.service.d/test.conf", "[Service]\nWatchdogSec=3\n")
    desktop.run("systemctl --user daemon-reload; systemctl --user restart keywatch; sleep 1")
    before = pid()
    desktop.run(f"kill -STOP {before}")
    wait_for(lambda: pid() not in ("0", before), "the watchdog")
    seen(by_nano, ".profile")

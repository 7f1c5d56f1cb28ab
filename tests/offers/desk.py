"""A real desktop for tests: Xvfb, a session bus, dunst, and a click on what dunst shows. Needs what CI installs."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

NEEDS = ("Xvfb", "dunst", "dunstctl", "xdotool", "dbus-daemon")
REQUIRED = os.environ.get("KEYWATCH_E2E") == "required"
needs_desktop = pytest.mark.skipif(
    not all(map(shutil.which, NEEDS)) and not REQUIRED, reason=f"needs {', '.join(NEEDS)}"
)
_DUNST = """
[global]
    width = 500
    origin = top-right
    offset = 20x20
    mouse_left_click = do_action, close_current
    mouse_middle_click = context
    mouse_right_click = close_current
    font = Monospace 10
    dmenu = {pick}
"""


class Desk:
    """A context manager. `env` points programs to it; `shown()` is all that dunst was ever told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env: dict[str, str] = {}
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Desk:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        pick = self.folder / "pick"
        # stands in for dmenu: dunst writes a line for each action, and takes the one that is wanted
        pick.write_text(f'#!/bin/sh\ntee -a "{self.folder}/offered" | grep -m1 "$(cat {self.folder}/wanted)"\n')
        pick.chmod(0o755)
        (self.folder / "dunstrc").write_text(_DUNST.format(pick=pick))
        read, write = os.pipe()
        self._start(["Xvfb", "-displayfd", str(write), "-screen", "0", "800x400x24", "-nolisten", "tcp"], {}, (write,))
        os.close(write)
        with os.fdopen(read) as number:
            display = f":{number.readline().strip()}"
        read, write = os.pipe()
        address = f"unix:path={self.folder}/bus"
        self._start(
            ["dbus-daemon", "--session", "--nofork", f"--address={address}", f"--print-pid={write}"], {}, (write,)
        )
        os.close(write)
        with os.fdopen(read) as number:
            number.readline()
        self.env = {"DISPLAY": display, "DBUS_SESSION_BUS_ADDRESS": address}
        with open(self.folder / "told", "wb") as told:
            self._start(["dunst", "-config", str(self.folder / "dunstrc"), "-print"], self.env, out=told)
        end = time.monotonic() + 30
        while not self._control("count").strip():
            assert time.monotonic() < end, "dunst did not start"
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def told(self) -> str:
        """Everything that dunst was told, as it prints it."""
        return (self.folder / "told").read_text(errors="replace")

    def wait_for(self, words: str, times: int = 1, seconds: float = 60.0) -> str:
        """What dunst was told, once `words` were among it so often and something is on the screen."""
        end = time.monotonic() + seconds
        while (told := self.told()).count(words) < times or self._control("count", "displayed").strip() == "0":
            assert time.monotonic() < end, f"{words!r} never came:\n{told}"
            time.sleep(0.05)
        return told

    def click(self, action: str) -> None:
        """Open the notification's menu by a click, and choose the action with that label."""
        (self.folder / "wanted").write_text(f"#{action} ")
        env = os.environ | self.env
        time.sleep(0.3)  # the window must be mapped
        subprocess.run(["xdotool", "mousemove", "600", "50", "click", "2"], env=env, check=True, timeout=20)

    def dismiss(self) -> None:
        """Send the notification away, as a right click does."""
        self._control("close")

    def _control(self, *words: str) -> str:
        done = subprocess.run(
            ["dunstctl", *words], env=os.environ | self.env, capture_output=True, text=True, check=False, timeout=20
        )
        return done.stdout

    def _start(self, command: list[str], env: dict[str, str], fds: tuple[int, ...] = (), out: object = None) -> None:
        self._processes.append(
            subprocess.Popen(
                command, env=os.environ | env | {"HOME": str(self.folder)}, pass_fds=fds,
                stdout=out or subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder,
            )  # type: ignore[call-overload]
        )  # fmt: skip

"""A private Secret Service for tests: its own bus, its own home, a real gnome-keyring; no display, no login.

The bus address is put into this process's environment, so that the code under test finds the service as it would in a
person's session.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

AVAILABLE = all(map(shutil.which, ("dbus-daemon", "gnome-keyring-daemon")))
_PASSWORD = b"test-password"


@contextlib.contextmanager
def private_bus(patch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A session bus with nobody on it; its environment is also this process's until the block ends."""
    with tempfile.TemporaryDirectory(prefix="keywatch-") as folder:
        for name in ("run", "data", "home", "config"):
            Path(folder, name).mkdir(mode=0o700)
        # A configuration of its own: the machine's would start whatever services are installed.
        config = Path(folder, "bus.conf")
        config.write_text(
            f"<busconfig><type>session</type><listen>unix:path={folder}/bus</listen><policy context='default'>"
            "<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/>"
            "</policy></busconfig>"
        )
        bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"], stdout=subprocess.PIPE
        )
        try:
            assert bus.stdout is not None
            own = {
                "DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().decode().strip(),
                "HOME": f"{folder}/home",
                "XDG_RUNTIME_DIR": f"{folder}/run",
                "XDG_DATA_HOME": f"{folder}/data",
                "XDG_CONFIG_HOME": f"{folder}/config",
            }
            for name, value in own.items():
                patch.setenv(name, value)
            for name in (
                "DISPLAY",
                "WAYLAND_DISPLAY",
                "GNOME_KEYRING_CONTROL",
                "SSH_AUTH_SOCK",
                "PYTHON_KEYRING_BACKEND",
            ):
                patch.delenv(name, raising=False)
            yield dict(os.environ)
        finally:
            bus.terminate()
            bus.wait()
            if bus.stdout is not None:
                bus.stdout.close()


@contextlib.contextmanager
def gnome_keyring(environment: dict[str, str]) -> Iterator[None]:
    """A gnome-keyring on that bus, its login collection made and unlocked."""
    import secretstorage

    daemon = subprocess.Popen(
        ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert daemon.stdin is not None
        daemon.stdin.write(_PASSWORD)
        daemon.stdin.close()
        deadline = time.monotonic() + 10
        while True:
            with (
                contextlib.suppress(secretstorage.SecretStorageException),
                closing(secretstorage.dbus_init()) as connection,
            ):
                if not secretstorage.Collection(connection).is_locked():
                    break
            assert time.monotonic() < deadline, "the Secret Service did not come up"
            time.sleep(0.02)
        yield
    finally:
        daemon.terminate()
        daemon.wait()


def lock() -> None:
    """Lock the default collection."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        secretstorage.Collection(connection).lock()

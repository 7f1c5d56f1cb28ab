"""The Debian package, built and installed into a really booted Debian: services, upgrade, removal, purge."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from booted import REQUIRED, Booted, boot
from daemonlab import Key, wait_for

UNITS = "keywatch-agent.socket keywatch-watch.socket keywatch-mover.socket keywatch-watch.service"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("systemd"),
    pytest.mark.skipif(not shutil.which("dpkg-deb") and not REQUIRED, reason="no dpkg-deb"),
]


@pytest.fixture(scope="module")
def machine() -> Iterator[Booted]:
    machine = boot()
    yield machine
    machine.close()


def give(machine: Booted, package: Path) -> str:
    """The package inside the machine, whose /tmp is its own."""
    with open(package, "rb") as file:
        machine.feed(f"cat > /root/{package.name}", file)
    return f"/root/{package.name}"


def test_a_package_lives_a_package_life(machine: Booted, packages: tuple[Path, Path]) -> None:
    package, newer = (give(machine, each) for each in packages)
    said = machine.run(f"dpkg -i {package} 2>&1")
    assert "AGE-SECRET-KEY" not in said, "apt keeps a log of what is said"
    assert "--recovery-key makes one" in said
    assert machine.run(f"systemctl is-active {UNITS}").split() == ["active"] * 4
    assert "/lib/systemd/system/" in machine.run("systemctl show -P FragmentPath keywatch-watch")
    assert "keywatch" not in machine.run("ls /etc/systemd/system"), "none but the package's own units"
    machine.run("dpkg --verify keywatch")
    assert machine.run("keywatch --version").startswith("keywatch ")
    assert "isolated" not in machine.run("PYTHONPATH=/nonexistent keywatch --version")

    key = Key()
    text = f"SHELL=/bin/sh\n{key.text}@reboot root true\n"
    machine.run('printf %s "$1" > /etc/cron.d/backup', text)
    wait_for(lambda: key.masked in machine.run("keywatch status", check=False))
    (done,) = json.loads(machine.run("keywatch move /etc/cron.d/backup --yes --json"))
    assert done["move"]["state"] == "done"
    helper = machine.run("sed -n 's/.*= *//p' /etc/keywatch/aws/*").strip()
    assert helper.startswith("/usr/bin/keywatch-credential ")
    assert key.id in machine.run(helper)

    before = machine.run("systemctl show -P MainPID keywatch-watch")
    machine.run(f"dpkg -i {newer} 2>&1")
    assert machine.run("systemctl show -P MainPID keywatch-watch") != before, "the new program runs"
    assert key.id in machine.run(helper), "vault and moves are as they were"

    said = machine.run("dpkg -r keywatch 2>&1", check=False)
    assert "would stay moved" in said, "what uses the key would fail"
    assert key.id in machine.run(helper)
    machine.run("dpkg --configure -a; keywatch undo --yes --remove-entry")
    assert machine.run("cat /etc/cron.d/backup") == text
    machine.run("dpkg -r keywatch 2>&1")
    assert "keywatch" not in machine.run("systemctl list-units --no-legend --plain 'keywatch*'")
    machine.run("! command -v keywatch")

    said = machine.run("dpkg --purge keywatch 2>&1")
    assert "left alone: /var/lib/keywatch/agent" in said
    left = machine.run(
        "find /etc /run /var/lib/keywatch /usr /lib/systemd -path '*keywatch*' -type f -not -path '/usr/local/*'"
    )
    folders = {Path(path).parent.as_posix() for path in left.split()}
    assert folders <= {"/var/lib/keywatch/agent", "/var/lib/keywatch/agent/vaults", "/etc/keywatch"}, left
    assert [path for path in left.split() if path.startswith("/etc")] == ["/etc/keywatch/identity.cred"]
    assert "keywatch" not in machine.run("dpkg -l | grep '^ii' | grep keywatch || true")

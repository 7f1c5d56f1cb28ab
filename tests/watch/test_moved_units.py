"""A real systemd starts services whose key was moved: each signs with the same key before, after, and undone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from booted import KEYWATCH, PREFIX, Booted, boot
from daemonlab import Key, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("systemd")]
_PROBE = """
import sys, botocore.session as b
key = b.Session().get_credentials()
open(f"/tmp/saw/{sys.argv[1]}", "w").write(f"{key.access_key} {len(key.secret_key)}")
"""
_UNIT = """[Unit]
Description=a backup

[Service]
# runs at night
Type=oneshot
%s
ExecStart=%s /opt/probe.py %s
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Booted]:
    machine = boot()
    machine.run("mkdir -m 1777 /tmp/saw; systemd-creds setup")
    machine.run('printf %s "$1" > /opt/probe.py', _PROBE)
    machine.run(f"HOME=/root {KEYWATCH} vault init --key-file /root/vault.key --no-recovery")
    yield machine
    machine.close()


def saw(machine: Booted, name: str) -> str:
    """Which key the service signs with."""
    machine.run("rm -f /tmp/saw/$1; systemctl restart $1.service || { journalctl -u $1 -o cat; exit 1; }", name)
    return wait_for(lambda: machine.run("cat /tmp/saw/$1 2>/dev/null || true", name).strip())


@pytest.mark.parametrize("name", ["lines", "file"])
def test_a_service_gets_its_key_sealed(name: str, machine: Booted) -> None:
    key = Key()
    unit, default = f"/etc/systemd/system/{name}.service", f"/etc/default/{name}"
    settings = f"EnvironmentFile={default}"
    if name == "lines":
        settings = f"Environment=AWS_ACCESS_KEY_ID={key.id}\nEnvironment=AWS_SECRET_ACCESS_KEY={key.secret} LEVEL=3"
    else:
        machine.run('printf %s "$1" > "$2"', "# of the backup\nLEVEL=3\n" + key.text, default)
    machine.run('printf %s "$1" > "$2"', _UNIT % (settings, f"{PREFIX}/venv/bin/python3", name), unit)
    machine.run("systemctl daemon-reload")
    place = unit if name == "lines" else default
    before = machine.run("cat $1", place)
    assert saw(machine, name) == f"{key.id} 40"

    plans = json.loads(machine.run(f"HOME=/root {KEYWATCH} move $1 --yes --json", place))
    (plan,) = [each for each in plans if each["move"]]
    assert plan["unmoved"] == []
    assert key.secret not in machine.run("systemctl cat $1.service; systemctl show $1.service; cat $2", name, place)
    assert "LoadCredentialEncrypted=" in machine.run("systemctl cat $1.service", name)
    assert saw(machine, name) == f"{key.id} 40"
    machine.run("! grep -rqF $1 /etc", key.secret)

    machine.run(f"HOME=/root {KEYWATCH} undo $1 --yes", plan["move"]["id"])
    assert machine.run("cat $1", place) == before
    assert "LoadCredentialEncrypted=" not in machine.run("systemctl cat $1.service", name)
    assert saw(machine, name) == f"{key.id} 40"

"""The Ansible role and the sweep of many hosts, by ansible-playbook over ssh to two really booted machines."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest
from booted import REQUIRED, Booted, boot
from daemonlab import Key

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("systemd")]

FOLDER = Path(__file__).parents[2] / "scripts/ansible"
UNITS = "keywatch-watch.service keywatch-watch.socket keywatch-agent.socket keywatch-mover.socket"
ANSIBLE = Path(sys.executable).with_name("ansible-playbook")
RECAP = re.compile(r"^(\w+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.M)


@dataclass
class Fleet:
    """Two machines, and a controller's inventory of them."""

    machines: dict[str, Booted]
    folder: Path
    sockets: str

    def play(self, book: str, *, fails: bool = False, limit: str = "all,localhost", **variables: object) -> str:
        """Run a playbook, on all machines or those of `limit`; what it says."""
        program = Path(sys.executable).with_name("keywatch")
        more = {"keywatch_reports": str(self.folder / "reports"), "keywatch_controller_program": str(program)}
        done = subprocess.run(
            [
                ANSIBLE, "-i", self.folder / "hosts.json", "-l", limit, "-e", json.dumps({**more, **variables}),
                FOLDER / book,
            ],
            capture_output=True, text=True, check=False, cwd=self.folder, timeout=240,
            env={
                "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder), "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_HOME": str(self.folder / "ansible"), "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_SSH_CONTROL_PATH_DIR": self.sockets, "ANSIBLE_LOCALHOST_WARNING": "0",
            },
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout

    def changes(self, said: str) -> dict[str, int]:
        return {host: int(changed) for host, changed, _away, _failed in RECAP.findall(said) if host in self.machines}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """Boots a machine for each name."""
    missing = [name for name in ("ssh", "ssh-keygen", "/usr/sbin/sshd") if shutil.which(name) is None]
    if not ANSIBLE.exists():
        missing.append("ansible-core")
    if missing:
        assert not REQUIRED, f"missing: {', '.join(missing)}"
        pytest.skip(f"missing: {', '.join(missing)}")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id"], check=True)
    sockets = tempfile.mkdtemp(prefix="keywatch-ssh-")
    machines: dict[str, Booted] = {}

    def begin(*names: str) -> Fleet:
        for name in names:
            machines[name] = boot(bare=True)
            prepare(machines[name], name, (tmp_path / "id.pub").read_text())
        (tmp_path / "hosts.json").write_text(
            json.dumps({"all": {"hosts": {name: reach(machine, tmp_path) for name, machine in machines.items()}}})
        )
        return Fleet(machines, tmp_path, sockets)

    try:
        yield begin
    finally:
        for machine in machines.values():
            machine.close()
        shutil.rmtree(sockets, ignore_errors=True)


def prepare(machine: Booted, name: str, public: str) -> None:
    """What an administrator finds on a fresh machine: a name, ssh with a key, and accounts."""
    machine.run("rm -f /usr/sbin/policy-rc.d")
    machine.run(
        'hostname "$1"; mkdir -p -m 700 /root/.ssh /run/sshd; printf %s "$2" > /root/.ssh/authorized_keys', name, public
    )
    machine.run("rm -f /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key")
    # the accounts have other uids on each machine
    machine.run("useradd -m other" if name == "db" else "true")
    machine.run("useradd -m backup-job && useradd -m ben")


def reach(machine: Booted, folder: Path) -> dict[str, str]:
    """How ssh gets there without a network: into the machine's namespaces, where sshd serves the one connection."""
    inside = f"nsenter -t {machine.leader} -m -u -i -n -p -C -- env -i PATH=/usr/sbin:/usr/bin /usr/sbin/sshd -i"
    options = f"-F none -o UserKnownHostsFile={folder}/known -o StrictHostKeyChecking=accept-new"
    return {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(folder / "id"),
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_common_args": f"{options} -o ProxyCommand='{inside}'",
    }


def test_installed_configured_swept_and_removed(start: Callable[..., Fleet], package: Path) -> None:
    fleet = start("web", "db")
    paper = pyrage.x25519.Identity.generate().to_public()
    wanted: dict[str, object] = {
        "keywatch_package": str(package),
        "keywatch_homes": True,
        "keywatch_config": {"watch": {"sweep": "30m", "also": ["/srv/app/.env"]}, "sweep": {"jobs": 1}},
        "keywatch_entries": {"nightly": {"users": ["backup-job"]}},
        "keywatch_recipients": [str(paper)],
    }
    said = fleet.play("site.yml", **wanted)
    assert min(fleet.changes(said).values()) > 0, said
    for machine in fleet.machines.values():
        assert machine.run(f"systemctl is-active {UNITS}").split() == ["active"] * 4
        assert (
            machine.run("systemctl show -P FragmentPath keywatch-watch.service")
            .strip()
            .startswith(("/lib", "/usr/lib"))
        )
        assert "homes = true" in machine.run("cat /etc/keywatch/keywatch.toml")
    said = fleet.play("site.yml", **wanted)
    assert fleet.changes(said) == {"web": 0, "db": 0}, said

    key = Key()
    for machine in fleet.machines.values():
        machine.run(
            'printf "access_key_id=%s\nsecret_access_key=%s\n" "$1" "$2" | keywatch vault add nightly',
            key.id,
            key.secret,
        )
        assert str(paper) in machine.run("cat /var/lib/keywatch/agent/vault.json"), "the recovery key opens it as well"
        read = "runuser -u {} -- keywatch-credential --vault system nightly"
        assert key.id in machine.run(read.format("backup-job"))
        assert key.id not in machine.run(read.format("ben"), check=False)

    before = fleet.machines["db"].run("cat /etc/keywatch/keywatch.toml")
    said = fleet.play("site.yml", fails=True, limit="db", **{**wanted, "keywatch_config": {"watch": {"sweeep": "30m"}}})
    assert "sweeep" in said
    assert fleet.machines["db"].run("cat /etc/keywatch/keywatch.toml") == before, "keywatch refused the new one"
    said = fleet.play("site.yml", fails=True, limit="db", **{**wanted, "keywatch_entries": {"nightly": {"users": []}}})
    assert "everybody could have it" in said

    keys = {name: Key() for name in fleet.machines}
    for name, machine in fleet.machines.items():
        machine.run('mkdir -p /home/ben/.aws && printf %s "$1" > /home/ben/.aws/credentials', keys[name].ini)
    fleet.play("sweep.yml")
    page = (fleet.folder / "reports/fleet.html").read_text()
    for name, found in keys.items():
        report = fleet.folder / "reports" / f"{name}.json"
        assert json.loads(report.read_text())["machine"] == name
        assert report.stat().st_mode & 0o777 == 0o600
        assert name in page
        assert found.masked in page
        assert found.secret not in page + report.read_text()
        assert not fleet.machines[name].run("find /tmp -name 'keywatch-sweep-*'")

    said = fleet.play("site.yml", **wanted, keywatch_state="purged")
    assert "/var/lib/keywatch/agent/vault.json" in said
    for machine in fleet.machines.values():
        left = machine.run("find /etc /usr /var/lib /var/cache -xdev -path '*keywatch*' ! -type d").split()
        assert {path for path in left if not path.startswith("/var/lib/keywatch/agent/")} == {
            "/etc/keywatch/identity.cred", "/etc/keywatch/recipients.txt",
        }  # fmt: skip
        assert "keywatch" not in machine.run("systemctl list-units --all --no-legend --plain 'keywatch*'")
    said = fleet.play("site.yml", limit="db", **wanted, keywatch_state="purged")
    assert fleet.changes(said) == {"db": 0}, said


def test_installed_by_pip(start: Callable[..., Fleet], tmp_path: Path) -> None:
    """From a folder of wheels, as a host without a way to PyPI has one; keywatch's own, and those that it needs."""
    fleet = start("web")
    machine = fleet.machines["web"]
    wheels = Path(f"/proc/{machine.leader}/root/srv/wheels")
    make_wheels(wheels, tmp_path)
    arguments = {"keywatch_pip_arguments": ["--no-index", "--find-links", "/srv/wheels"]}
    fleet.play("site.yml", **arguments)
    assert machine.run(f"systemctl is-active {UNITS}").split() == ["active"] * 4
    assert "/opt/keywatch/bin/keywatch watch" in machine.run("systemctl cat keywatch-watch.service")
    said = fleet.play("site.yml", **arguments)
    assert fleet.changes(said) == {"web": 0}, said
    fleet.play("site.yml", **arguments, keywatch_state="absent")
    machine.run("! test -e /opt/keywatch && ! test -e /etc/systemd/system/keywatch-watch.service")
    assert machine.run("test -e /etc/keywatch/keywatch.toml && echo stays").strip() == "stays"


def make_wheels(target: Path, work: Path) -> None:
    """Wheels for the system's Python."""
    source, tools = work / "source", work / "tools"
    source.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(FOLDER.parents[1] / name, source)
    shutil.copytree(FOLDER.parents[1] / "keywatch", source / "keywatch", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["/usr/bin/python3", "-m", "venv", tools], check=True)
    subprocess.run([tools / "bin/python3", "-m", "pip", "wheel", "--quiet", "--wheel-dir", target, source], check=True)

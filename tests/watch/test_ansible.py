"""The Ansible role, run for real over ssh into a booted machine: installed, idempotent, swept, removed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from booted import REQUIRED, Booted, boot
from daemonlab import Key

ANSIBLE = Path(__file__).parents[2] / "scripts/ansible"
PROGRAMS = Path(sys.executable).parent
NEEDS = ("sshd", "ssh", "ssh-keygen", "dpkg-deb")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("systemd"),
    pytest.mark.skipif(
        not (all(map(shutil.which, NEEDS)) and (PROGRAMS / "ansible-playbook").exists()) and not REQUIRED,
        reason=f"needs ansible-core, {', '.join(NEEDS)}",
    ),
]


@pytest.fixture(scope="module")
def machine() -> Iterator[Booted]:
    machine = boot()
    yield machine
    machine.close()


class Controller:
    """Ansible in a folder of its own, whose one host is the machine, reached by ssh through its namespaces."""

    def __init__(self, folder: Path, machine: Booted) -> None:
        self.folder = folder
        key = folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        machine.run("mkdir -p -m 700 /root/.ssh /run/sshd; ssh-keygen -q -A")
        machine.run('printf %s "$1" > /root/.ssh/authorized_keys', (folder / "key.pub").read_text())
        sshd = "/usr/sbin/sshd -i -o UsePAM=no -o StrictModes=no -o PermitRootLogin=yes"
        proxy = f"nsenter -t {machine.leader} -m -u -i -n -p -C -- {sshd}"
        options = f'-i {key} -o ProxyCommand="{proxy}" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'
        hosts = {"all": {"hosts": {"web": {
            "ansible_user": "root", "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_common_args": options,
        }}}}  # fmt: skip
        (folder / "hosts.json").write_text(json.dumps(hosts))
        self.env = {
            **os.environ, "HOME": str(folder), "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"), "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_ROLES_PATH": str(ANSIBLE / "roles"), "LC_ALL": "C.UTF-8",
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        }  # fmt: skip

    def play(self, book: str, **variables: object) -> tuple[int, str]:
        """How many tasks changed something on the machine, and what was said."""
        words = ["-i", self.folder / "hosts.json", ANSIBLE / book, "-e", json.dumps(variables)]
        done = subprocess.run(
            [PROGRAMS / "ansible-playbook", *words],
            env=self.env, cwd=self.folder, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        counts = re.search(r"^web\s+: ok=\d+\s+changed=(\d+)", done.stdout, re.MULTILINE)
        assert counts is not None, done.stdout
        return int(counts[1]), done.stdout


def test_the_role_installs_once_sweeps_and_removes(
    machine: Booted, packages: tuple[Path, Path], tmp_path: Path
) -> None:
    machine.run("useradd -m anna")
    controller = Controller(tmp_path, machine)
    wanted = {
        "keywatch_package": str(packages[0]), "keywatch_homes": True, "keywatch_admins": ["anna"],
        "keywatch_config": {"watch": {"sweep": "10m"}}, "keywatch_entries": {"backup": {"uids": [0, 1000]}},
    }  # fmt: skip
    changed, _ = controller.play("install.yml", **wanted)
    assert changed >= 4
    assert machine.run("systemctl is-active keywatch-watch.service keywatch-agent.socket").split() == ["active"] * 2
    assert "keywatch" in machine.run("id -nG anna")
    assert "homes = true" in machine.run("cat /etc/keywatch/keywatch.toml")
    shown = machine.run("keywatch config show")
    assert "600" in shown or "10m" in shown
    again, said = controller.play("install.yml", **wanted)
    assert again == 0, said

    key = Key()
    machine.run('printf %s "$1" > /etc/cron.d/backup', f"{key.text}@reboot root true\n")
    controller.play("sweep.yml", keywatch_reports=str(tmp_path / "reports"))
    report = (tmp_path / "reports/web.json").read_text()
    page = (tmp_path / "reports/fleet.html").read_text()
    for text in (report, page):
        assert "/etc/cron.d/backup" in text
        assert key.secret not in text
    machine.run("rm /etc/cron.d/backup")
    controller.play("install.yml", keywatch_state="absent")
    machine.run("! command -v keywatch && ! systemctl is-active --quiet keywatch-watch")

"""The Debian package on a really booted Debian: installed, upgraded, removed, purged by dpkg."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from booted import REQUIRED, Booted
from conftest import build
from daemonlab import Key, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("systemd")]

UNITS = ("keywatch-watch.service", "keywatch-watch.socket", "keywatch-agent.socket", "keywatch-mover.socket")
VAULT = "/var/lib/keywatch/agent/vault.json"
KEPT = {VAULT, "/etc/keywatch/identity.cred"}
#: what an AWS client would sign with
PROBE = "/usr/bin/aws configure export-credentials --format env-no-export | sed -n s/AWS_ACCESS_KEY_ID=//p"


@pytest.fixture(scope="module")
def tree(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package unpacked, its control files in DEBIAN/."""
    folder = tmp_path_factory.mktemp("tree") / "keywatch"
    subprocess.run(["dpkg-deb", "-R", package, folder], check=True)
    return folder


@pytest.fixture(scope="module")
def newer(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a later version."""
    folder = tmp_path_factory.mktemp("newer")
    copy = folder / "keywatch"
    shutil.copytree(tree, copy, symlinks=True)
    control = copy / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*", "Version: 99.0", control.read_text()))
    path = folder / "newer.deb"
    subprocess.run(["dpkg-deb", "-Znone", "--root-owner-group", "--build", copy, path], check=True)
    return path


def put(machine: Booted, package: Path, *, check: bool = True) -> str:
    """`dpkg -i` on a terminal, as apt gives it one; what it says."""
    shutil.copy(package, f"/proc/{machine.leader}/root/run/{package.name}")
    said = machine.run(f"script -qec 'dpkg -i /run/{package.name}' /dev/null </dev/null; rm /run/{package.name}")
    if check:
        assert machine.run("dpkg-query -W -f '${db:Status-Status}' keywatch") == "installed", said
    return said


def state(machine: Booted) -> list[str]:
    return machine.run(f"systemctl is-active {' '.join(UNITS)}", check=False).split()


def pid(machine: Booted, unit: str) -> str:
    return machine.run(f"systemctl show -P MainPID {unit}").strip()


def run_job(machine: Booted) -> str:
    """Start cron as after a boot; what the job of `write_job` signs with."""
    machine.run("rm -f /tmp/job /run/crond.reboot /run/crond.pid; setsid cron -f >/dev/null 2>&1 &")
    try:
        return wait_for(lambda: machine.run("cat /tmp/job 2>/dev/null || true").strip(), "the job runs")
    finally:
        machine.run("pkill -x cron", check=False)


def write_job(machine: Booted, key: Key) -> str:
    machine.run("useradd -m ben; chmod 700 /home/ben")
    text = f"{key.text}@reboot ben {PROBE} > /tmp/job.new; mv /tmp/job.new /tmp/job\n"
    machine.run('printf %s "$1" > /etc/cron.d/ben', text)
    return text


def left(machine: Booted) -> set[str]:
    places = "/etc /run /usr /var/lib /lib/systemd"
    found = machine.run(
        f"find {places} -xdev -path '*keywatch*' ! -type d ! -path '/var/lib/dpkg/*'; find /run -path '*keywatch*'"
    )
    return set(found.split())


def test_it_holds_what_runs_and_nothing_of_where_it_was_built(tree: Path) -> None:
    home = tree / "usr/lib/keywatch"
    assert {path.name for path in (home / "bin").iterdir()} == {"keywatch", "keywatch-credential", "python3"}
    assert {path.readlink().as_posix() for path in (tree / "usr/bin").iterdir()} == {
        "../lib/keywatch/bin/keywatch", "../lib/keywatch/bin/keywatch-credential",
    }  # fmt: skip
    for name in ("keywatch", "keywatch-credential"):
        assert (home / "bin" / name).read_text().startswith("#!/usr/lib/keywatch/bin/python3 -I\n")
    (site,) = (home / "lib").glob("python3.*/site-packages")
    assert not [name for name in ("pip", "setuptools", "wheel", "argparse_manpage") if (site / name).exists()]
    modules = set(site.rglob("*.py"))
    compiled = {path.parent.parent / f"{path.name.split('.')[0]}.py" for path in site.rglob("*.pyc")}
    assert modules
    assert modules == compiled
    for path in tree.rglob("*"):
        assert path.is_symlink() or not path.stat().st_mode & 0o022, path
        if path.is_file() and not path.is_symlink():
            assert b"keywatch-deb-" not in path.read_bytes(), path
    units = tree / "usr/lib/systemd/system"
    assert all("/usr/bin/keywatch " in path.read_text() for path in units.glob("*.service"))
    subprocess.run(["md5sum", "--quiet", "-c", "DEBIAN/md5sums"], cwd=tree, check=True)
    listed = (tree / "usr/share/doc/keywatch/python-packages.txt").read_text().splitlines()
    assert any(line.startswith("cryptography==") for line in listed)


def test_built_again_it_is_the_same(package: Path, tree: Path, tmp_path: Path) -> None:
    again = build(tmp_path, "--constraint", str(tree / "usr/share/doc/keywatch/python-packages.txt"))
    assert again.read_bytes() == package.read_bytes()


def test_lintian_finds_no_error(package: Path) -> None:
    if shutil.which("lintian") is None:
        assert not REQUIRED, "lintian is not installed"
        pytest.skip("lintian is not installed")
    done = subprocess.run(
        ["lintian", "--fail-on", "error,warning", "--allow-root", package], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_installed_upgraded_removed_purged(machine: Booted, package: Path, newer: Path) -> None:
    said = put(machine, package)
    assert "AGE-SECRET-KEY" not in said, "apt keeps what it shows in a log"
    assert "keywatch install --system --recovery-key" in said
    assert state(machine) == ["active"] * 4, said
    for unit in (*UNITS, "keywatch-agent.service"):
        shown = machine.run(f"systemctl show -P FragmentPath {unit}").strip()
        assert shown.endswith(f"/lib/systemd/system/{unit}")
        assert not machine.run(f"find /etc/systemd/system/{unit} -type f 2>/dev/null || true")
    assert "installed" in machine.run("man -w keywatch keywatch-credential keywatch.toml && echo installed")

    key = Key()
    text = write_job(machine, key)
    assert run_job(machine) == key.id
    wait_for(lambda: key.masked in machine.run("keywatch status"), "the watcher finds it")
    (done,) = json.loads(machine.run("keywatch move /etc/cron.d/ben --yes --json"))
    assert key.secret not in machine.run("cat /etc/cron.d/ben")
    assert run_job(machine) == key.id
    machine.run("systemctl disable --now keywatch-mover.socket")

    pids = {unit: pid(machine, unit) for unit in ("keywatch-watch.service", "keywatch-agent.service")}
    assert "0" not in pids.values()
    vault = machine.run(f"sha256sum {VAULT} /etc/keywatch/identity.cred")
    put(machine, newer)
    assert machine.run("dpkg-query -W -f '${Version}' keywatch") == "99.0"
    assert all(pid(machine, unit) not in ("0", before) for unit, before in pids.items()), "both run the new program"
    assert machine.run(f"sha256sum {VAULT} /etc/keywatch/identity.cred") == vault
    assert state(machine) == ["active"] * 3 + ["inactive"], "what was switched off stays off"
    assert run_job(machine) == key.id

    refused = machine.run("dpkg -r keywatch", check=False)
    assert "would stay moved" in refused
    assert state(machine) == ["active"] * 3 + ["inactive"], "nothing was stopped, and nothing started"
    machine.run("keywatch uninstall --system --force && dpkg -r keywatch")
    assert state(machine) == ["inactive"] * 4
    assert "keywatch" not in machine.run("ps -eo args | grep -v ps", check=False)
    put(machine, package)
    assert state(machine) == ["active"] * 4, "installed again, all is on"
    assert run_job(machine) == key.id, "the vault and the policies stayed"
    machine.run(f"keywatch undo {done['move']['id']} --yes --remove-entry")
    assert machine.run("cat /etc/cron.d/ben") == text

    said = machine.run("dpkg --purge keywatch")
    assert f"left alone: {VAULT}, /etc/keywatch/identity.cred: the vault and what opens it" in said
    files = left(machine)
    assert files >= KEPT
    assert all(path in KEPT or path.startswith("/var/lib/keywatch/agent/") for path in files), files
    assert "keywatch" not in machine.run("systemctl list-units --all --no-legend --plain 'keywatch*'")
    machine.run("! getent group keywatch && ! getent passwd keywatch-watch && ! test -e /usr/lib/keywatch")


def test_where_systemd_does_not_run_nothing_is_sealed_into_an_image(machine: Booted, package: Path) -> None:
    machine.run("mount -t tmpfs tmpfs /run/systemd/system && umount -l /run/systemd/system && mkdir -p /run/image")
    shutil.copy(package, f"/proc/{machine.leader}/root/run/{package.name}")
    hide = "mount -t tmpfs tmpfs /run/systemd && rmdir /run/systemd/system 2>/dev/null;"
    said = machine.run(f"unshare -m sh -c '{hide} dpkg -i /run/{package.name}'")
    assert "start the services with: keywatch install --system" in said
    machine.run("! test -e /etc/keywatch/identity.cred")
    assert state(machine) == ["inactive"] * 4
    machine.run("keywatch install --system")
    assert state(machine) == ["active"] * 4


def test_it_takes_over_from_an_installation_of_its_own(machine: Booted, package: Path) -> None:
    """Units that an installation without the package wrote to /etc would hide the package's."""
    folder = "/etc/systemd/system"
    source = Path(__file__).parents[2] / "keywatch/units"
    text = (source / "keywatch-watch.service").read_text()
    machine.run(
        'printf %s "$1" > "$2"', text.replace("/usr/bin/", "/opt/gone/bin/"), f"{folder}/keywatch-watch.service"
    )
    machine.run('printf %s "$1" > "$2"', f"{text}# mine\n", f"{folder}/keywatch-agent.service")
    said = put(machine, package)
    assert f"removed      {folder}/keywatch-watch.service" in said
    assert f"{folder}/keywatch-agent.service: it hides the package's unit" in said
    assert machine.run("systemctl is-active keywatch-watch.service").strip() == "active"

"""A real systemd, booted in namespaces over an overlay of this machine's root, with keywatch installed for its users.

Nothing of the machine is changed: everything that is written goes to a tmpfs. Needs root and util-linux' unshare.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from daemonlab import wait_for

SOURCE = Path(__file__).parents[2]
REQUIRED = os.environ.get("KEYWATCH_E2E") == "required"
#: where keywatch is installed in there
PREFIX = "/opt/keywatch"
KEYWATCH = f"{PREFIX}/venv/bin/keywatch"
_SITES = [path for path in sys.path if path.endswith("-packages")]
_MASKED = (
    "systemd-timesyncd.service", "apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer", "getty.target",
    "console-getty.service", "systemd-udevd.service", "systemd-udev-trigger.service", "dpkg-db-backup.timer",
    "fstrim.timer", "logrotate.timer", "man-db.timer", "exim4.service", "cron.service", "ssh.service",
)  # fmt: skip

_INIT = r"""
set -e
mount --make-rprivate /
if [ -n "$DISK" ]; then mount --bind "$DISK" "$1"; else mount -t tmpfs -o size=512m,mode=755 root "$1"; fi
mkdir -p "$1/upper" "$1/work" "$1/root"
known=$(cat "$1/upper/etc/machine-id" 2>/dev/null || true)
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" root "$1/root"
cd "$1/root"
[ -n "$known" ] || : > etc/machine-id
for unit in $MASKED; do ln -sf /dev/null "etc/systemd/system/$unit"; done
ln -sf /lib/systemd/system/multi-user.target etc/systemd/system/default.target
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for folder in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs $folder; done
chmod 1777 tmp
for name in null zero full random urandom tty; do touch dev/$name; mount --bind /dev/$name dev/$name; done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
if [ -n "$VENV" ]; then
mkdir -p opt/keywatch/python opt/keywatch/venv
mount --bind "$PYTHON" opt/keywatch/python
# other users can't get to where the interpreter looks for its library first
echo /opt/keywatch/python/lib > etc/ld.so.conf.d/000-tests.conf
chroot . /sbin/ldconfig
number=0
IFS=:
for site in $SITES; do
    mkdir -p opt/keywatch/site$number
    mount --bind "$site" opt/keywatch/site$number
    number=$((number + 1))
done
unset IFS
mount --bind "$VENV" opt/keywatch/venv
fi
mkdir -p .old
pivot_root . .old
umount -l /.old
mount --make-rshared /
exec env -i container=keywatch PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --show-status=no </dev/null
"""


class Booted:
    """The machine inside. `run` is root's shell in there, `as_user` a command of a lingering user."""

    def __init__(self, disk: Path | None = None, *, bare: bool = False) -> None:
        """`disk`: a folder on a tmpfs that keeps what is written, for another boot. `bare`: without keywatch."""
        self._folder = Path(tempfile.mkdtemp(prefix="keywatch-boot-"))
        self._folder.chmod(0o755)
        self._cgroup = self._own_cgroup()
        (self._folder / "mnt").mkdir()
        (self._folder / "init").write_text(_INIT)
        if not bare:
            self._install(self._folder / "venv")
        enter = f'echo $$ > {self._cgroup}/cgroup.procs; exec "$@"' if self._cgroup else 'exec "$@"'
        spaces = ("--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--net", "--cgroup")
        with open(self._folder / "log", "wb") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", enter, "sh", "unshare", *spaces, "bash", self._folder / "init", self._folder / "mnt"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={
                    "PATH": os.environ["PATH"], "MASKED": " ".join(_MASKED), "SITES": ":".join(_SITES),
                    "DISK": str(disk or ""), "PYTHON": sys.base_prefix,
                    "VENV": "" if bare else str(self._folder / "venv"),
                },
            )  # fmt: skip
        try:
            self.leader = wait_for(self._find_leader, "systemd boots")
            wait_for(lambda: self.run("systemctl is-system-running --wait || true").strip() in ("running", "degraded"))
        except BaseException:
            log_text = (self._folder / "log").read_text(errors="replace")
            self.close()
            raise AssertionError(log_text) from None

    def _own_cgroup(self) -> Path | None:
        """So that the systemd inside does not rearrange ours."""
        for base in (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")):
            if (base / "cgroup.procs").exists() and (base / "cgroup.controllers").exists():
                folder = base / self._folder.name
                folder.mkdir()
                return folder
        return None

    def _install(self, venv: Path) -> None:
        """keywatch in a virtual environment that all may read, with the libraries of the one that runs the tests."""
        version = f"python3.{sys.version_info.minor}"
        packages = venv / "lib" / version / "site-packages"
        packages.mkdir(parents=True)
        (venv / "bin").mkdir()
        (venv / "bin/python3").symlink_to(f"{PREFIX}/python/bin/{version}")
        (venv / "pyvenv.cfg").write_text(f"home = {PREFIX}/python/bin\n")
        shutil.copytree(SOURCE / "keywatch", packages / "keywatch", ignore=shutil.ignore_patterns("__pycache__"))
        (packages / "libraries.pth").write_text("".join(f"{PREFIX}/site{number}\n" for number in range(len(_SITES))))
        for name, module in (("keywatch", "keywatch.cli.main"), ("keywatch-credential", "keywatch.serve.credential")):
            script = venv / "bin" / name
            script.write_text(f"#!{PREFIX}/venv/bin/python3\nfrom {module} import run\nrun()\n")
            script.chmod(0o755)

    def _find_leader(self) -> int:
        assert self._process.poll() is None, "systemd did not boot"
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for child in children:
            if (
                Path(f"/proc/{child}/comm").read_text().strip() == "systemd"
                and Path(f"/proc/{child}/root/run/dbus/system_bus_socket").exists()
            ):
                return int(child)
        return 0

    def run(self, command: str, *words: str, user: str = "", check: bool = True) -> str:
        """What a shell command of root's or a user's prints in there."""
        inside = ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C", "--", "env", "-i"]
        env = [
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL=C.UTF-8",
            "TERM=dumb",
            "SYSTEMD_PAGER=",
            "SYSTEMD_COLORS=0",
        ]
        if user:
            uid = self.run(f"id -u {user}").strip()
            runtime = f"/run/user/{uid}"
            env += [
                f"XDG_RUNTIME_DIR={runtime}",
                f"DBUS_SESSION_BUS_ADDRESS=unix:path={runtime}/bus",
                f"HOME=/home/{user}",
            ]
        shell = ["runuser", "-u", user, "--", "sh"] if user else ["sh"]
        done = subprocess.run(
            [*inside, *env, *shell, "-c", f"cd ~ 2>/dev/null; {command}", "sh", *words],
            capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout + (done.stderr if not check else "")

    def add_user(self, name: str) -> None:
        """A user whose services run without a login."""
        self.run(f"useradd -m {name} && loginctl enable-linger {name}")
        uid = self.run(f"id -u {name}").strip()
        wait_for(
            lambda: self.run(f"test -S /run/user/{uid}/bus && echo yes", check=False).strip() == "yes", "user manager"
        )

    def close(self) -> None:
        """Power off."""
        if getattr(self, "leader", 0):
            subprocess.run(["kill", "-s", "RTMIN+4", str(self.leader)], check=False)  # poweroff.target
            for _ in range(100):
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
        self._process.kill()
        self._process.wait()
        if self._cgroup is not None:
            time.sleep(0.2)
            for folder, _below, _files in os.walk(self._cgroup, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    continue
        shutil.rmtree(self._folder, ignore_errors=True)


def boot(disk: Path | None = None, *, bare: bool = False) -> Booted:
    """A booted machine, or a skip where this one can't. `disk`, `bare`: see `Booted`."""
    missing = [name for name in ("unshare", "nsenter", "systemctl", "runuser") if shutil.which(name) is None]
    if not Path("/lib/systemd/systemd").exists():
        missing.append("systemd")
    if missing or os.geteuid() != 0:
        why = f"missing: {', '.join(missing)}" if missing else "only root can boot a systemd"
        assert not REQUIRED or os.geteuid() != 0, why
        pytest.skip(why)
    return Booted(disk, bare=bare)

"""Runs inside namespaces of its own: real cron, real crontab(1), an /etc that nobody else sees.

usage: cronlab.py FOLDER     prints JSON: which key each job had before a move, after it, and after its undo
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.fakes import Fakes

ROOT = Path(sys.argv[1])
PROGRAMS = os.path.dirname(sys.executable)
KEYWATCH = os.path.join(PROGRAMS, "keywatch")
PATH = f"PATH={PROGRAMS}:/usr/bin:/bin"
fakes = Fakes(401)


def sh(*command: str, stdin: bytes = b"") -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, (command, done.stdout.decode(), done.stderr.decode())
    return done.stdout.decode()


def prepare() -> None:
    """A home of root's, and everything that cron reads, of our own."""
    sh("mount", "--make-rprivate", "/")
    for name, at in (("etc", "/etc"), ("var", "/var"), ("root", "/root")):
        upper, work = ROOT / f"{name}-upper", ROOT / f"{name}-work"
        upper.mkdir()
        work.mkdir()
        sh("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={at},upperdir={upper},workdir={work}", at)
    sh("mount", "-t", "tmpfs", "tmpfs", "/run")
    sh("mount", "-t", "proc", "proc", "/proc")
    os.environ.update({"HOME": "/root", "XDG_RUNTIME_DIR": "/run", "PATH": f"{PROGRAMS}:/usr/sbin:/usr/bin:/bin"})
    for path in ("/etc/cron.d", "/etc/cron.hourly"):
        for each in os.listdir(path):
            os.unlink(os.path.join(path, each))
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE"):
        os.environ.pop(name, None)
    sh(KEYWATCH, "vault", "init", "--key-file", "/root/vault.key", "--no-recovery")


def write_jobs() -> dict[str, str]:
    """A job in each kind of crontab; the key that each has. A job writes down its AWS client's key."""
    probe = ROOT / "probe.py"
    probe.write_text(
        "import sys, botocore.session as b\nkey = b.Session().get_credentials()\n"
        f"open({str(ROOT)!r} + '/saw-' + sys.argv[1], 'w').write(key.access_key + ' ' + str(len(key.secret_key)))\n"
    )
    keys = {name: fakes.key_id() for name in ("system", "file", "user", "line")}
    run = {name: f"{sys.executable} {probe} {name}" for name in keys}

    def pair(name: str) -> tuple[str, str]:
        return f"AWS_ACCESS_KEY_ID={keys[name]}", f"AWS_SECRET_ACCESS_KEY={fakes.secret()}"

    head = f"SHELL=/bin/sh\n{PATH}\n"
    Path("/etc/crontab").write_text(head + "\n".join(pair("system")) + f"\n@reboot root {run['system']}\n")
    Path("/etc/cron.d/backup").write_text(
        head + f"@reboot root {' '.join(pair('file'))} {run['file']} >/dev/null 2>&1\n"
    )
    line = f"@reboot export {' '.join(pair('line'))}; {run['line']} 2>&1 | cat >/dev/null\n"
    sh("crontab", "-", stdin=(f"# mine\n{PATH}\n" + "\n".join(pair("user")) + f"\n@reboot {run['user']}\n").encode())
    sh("crontab", "-u", "nobody", "-", stdin=b"# of another account\n")
    Path("/etc/cron.d/line").write_text(head + line.replace("@reboot ", "@reboot root "))
    return keys


def run_cron(wanted: int) -> dict[str, str]:
    """Start cron as after a boot, and give what the jobs saw."""
    for path in ROOT.glob("saw-*"):
        path.unlink()
    for name in ("/run/crond.reboot", "/run/crond.pid"):
        Path(name).unlink(missing_ok=True)
    cron = subprocess.Popen(["cron", "-f"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while len(seen := list(ROOT.glob("saw-*"))) < wanted and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(0.2)
        return {path.name.removeprefix("saw-"): path.read_text() for path in seen}
    finally:
        cron.kill()
        cron.wait()


def texts() -> dict[str, str]:
    files = {path: Path(path).read_text() for path in ("/etc/crontab", "/etc/cron.d/backup", "/etc/cron.d/line")}
    return {**files, "crontab -l": sh("crontab", "-l")}


def main() -> None:
    prepare()
    keys = write_jobs()
    places = ["/etc/crontab", "/etc/cron.d", "/var/spool/cron/crontabs/root"]
    before, jobs = texts(), run_cron(4)
    moved = json.loads(sh(KEYWATCH, "move", *places, "--yes", "--json"))
    after, moved_jobs = texts(), run_cron(4)
    for plan in reversed(moved):
        sh(KEYWATCH, "undo", plan["move"]["id"], "--yes")
    json.dump(
        {
            "keys": keys, "before": jobs, "after": moved_jobs, "undone": run_cron(4), "same": texts() == before,
            "left": [name for name, text in after.items() if any(key in text for key in keys.values())],
            "after texts": after, "unmoved": [each for plan in moved for each in plan["unmoved"]],
        },
        sys.stdout,
    )  # fmt: skip


main()

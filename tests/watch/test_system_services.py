"""The system's services under a real systemd, with real accounts: who learns what, who gets what, and what survives."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from booted import KEYWATCH, Booted, boot
from daemonlab import Key, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("systemd")]

PYTHON = "/opt/keywatch/venv/bin/python3"
HELPER = "/opt/keywatch/venv/bin/keywatch-credential"
#: what an AWS client would sign with
PROBE = f"{PYTHON} -c 'import botocore.session as b; print(b.Session().get_credentials().access_key)'"
AGENT = "/var/lib/keywatch/agent"


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512m,mode=755", "disk", folder], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("only root can mount a disk for a machine")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


@pytest.fixture(scope="module")
def machine(disk: Path) -> Iterator[Booted]:
    """A machine with the services installed, and three accounts: anna, ben, and olga of the group keywatch."""
    machine = boot(disk)
    try:
        said = machine.run(f"{KEYWATCH} install --system --homes --recovery-key")
        assert "AGE-SECRET-KEY-1" in said
        for user in ("anna", "ben", "olga"):
            machine.run(f"useradd -m -s /bin/bash {user} && chmod 700 /home/{user}")
        machine.run("usermod -aG keywatch olga")
        yield machine
    finally:
        machine.close()


def status(machine: Booted, user: str = "") -> dict[str, object]:
    """What the system's watcher tells a user."""
    told = json.loads(machine.run(as_(user, f"{KEYWATCH} status --json"), check=False))
    return dict(told["system"])


def as_(user: str, command: str) -> str:
    return f"runuser -u {user} -- sh -c '{command}'" if user else command


def seen(machine: Booted, user: str = "") -> str:
    return json.dumps(status(machine, user)["findings"], ensure_ascii=False)


def write(machine: Booted, path: str, text: str, owner: str = "root") -> None:
    machine.run('mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1" && chown -R "$3:" "$1"', path, text, owner)


def move(machine: Booted, path: str) -> dict[str, object]:
    (done,) = json.loads(machine.run(f"{KEYWATCH} move {path} --yes --json"))
    assert done["move"]["state"] == "done", done
    return dict(done["move"])


def undo(machine: Booted, made: dict[str, object]) -> None:
    machine.run(f"{KEYWATCH} undo {made['id']} --yes --remove-entry")


def events(machine: Booted, kind: str) -> list[dict[str, object]]:
    lines = machine.run(f"{KEYWATCH} log --event {kind} --json").splitlines()
    return [json.loads(line) for line in lines]


def variables(key: Key) -> str:
    return f"AWS_ACCESS_KEY_ID={key.id}\nAWS_SECRET_ACCESS_KEY={key.secret}\n"


def run_jobs(machine: Booted, wanted: int) -> dict[str, str]:
    """Start cron as after a boot; what each job wrote down."""
    machine.run("rm -rf /tmp/jobs /run/crond.reboot /run/crond.pid; mkdir -m 1777 /tmp/jobs")
    machine.run("setsid cron -f >/dev/null 2>&1 &")
    try:
        wait_for(lambda: int(machine.run("cat /tmp/jobs/* 2>/dev/null | grep -c . || true")) >= wanted)
        return dict(
            line.split(":", 1) for line in machine.run("cd /tmp/jobs; grep -H . * || true").strip().splitlines()
        )
    finally:
        machine.run("pkill -x cron", check=False)


def test_the_units_are_right_and_the_watcher_is_hardly_exposed(machine: Booted) -> None:
    units = "keywatch-agent.service keywatch-watch.service keywatch-mover.socket keywatch-agent.socket"
    said = machine.run(f"cd /etc/systemd/system; systemd-analyze --man=no verify {units} 2>&1", check=False)
    assert "keywatch" not in said, said
    for unit, most in (("keywatch-watch", 1.0), ("keywatch-agent", 1.2), ("keywatch-mover@x", 2.5)):
        text = machine.run(f"systemd-analyze security --no-pager {unit}.service", check=False)
        assert float(text.rsplit("level for", 1)[1].split(":")[1].split()[0]) <= most, text


@pytest.mark.parametrize(
    ("unit", "user", "capability"),
    [("keywatch-watch", "keywatch-watch", 1 << 2), ("keywatch-agent", "keywatch-agent", 1 << 19)],
)
def test_a_service_has_one_capability_and_writes_its_own_folder(
    machine: Booted, unit: str, user: str, capability: int
) -> None:
    pid = machine.run(f"systemctl show -P MainPID {unit}").strip()
    text = machine.run(f"cat /proc/{pid}/status")
    for field in ("CapEff", "CapBnd", "CapAmb"):
        assert int(text.split(f"{field}:")[1].split()[0], 16) == capability, field
    assert machine.run(f"stat -c %U /proc/{pid}/environ").strip() == "root", (
        "not dumpable: nobody of its uid reads its memory"
    )
    uid = machine.run(f"id -u {user}").strip()
    assert f"Uid:\t{uid}\t{uid}" in text
    own = unit.removeprefix("keywatch-")
    into = f"nsenter -t {pid} -m --"
    for path in ("/etc/x", "/home/anna/x", "/var/lib/x", "/usr/x", f"/var/lib/keywatch/{own}/../x"):
        assert "no" in machine.run(f"{into} touch {path} 2>/dev/null && echo yes || echo no"), path
    machine.run(f"{into} touch /var/lib/keywatch/{own}/probe && rm /var/lib/keywatch/{own}/probe")


def test_a_user_learns_of_own_files_alone(machine: Booted) -> None:
    """The issue's chain: a key in a 0700 home is seen; its owner is told, another is not, root and the group are."""
    key = Key()
    write(
        machine, "/home/anna/.bashrc", f"export AWS_ACCESS_KEY_ID={key.id} AWS_SECRET_ACCESS_KEY={key.secret}\n", "anna"
    )
    wait_for(lambda: key.masked in seen(machine))
    assert key.masked in seen(machine, "anna")
    assert key.masked in seen(machine, "olga")
    assert key.masked not in seen(machine, "ben")
    assert "problems" not in status(machine, "ben")
    assert "1 key in plaintext" in machine.run(as_("anna", f"{KEYWATCH} status --brief"))
    assert machine.run(as_("ben", f"{KEYWATCH} status --brief")) == ""
    text = machine.run(as_("anna", f"{KEYWATCH} status"))
    assert "/home/anna/.bashrc" in text or "~/.bashrc" in text
    assert key.secret not in machine.run("journalctl --no-pager -o json -u keywatch-watch")
    machine.run("rm /home/anna/.bashrc")
    wait_for(lambda: key.masked not in seen(machine))


def test_a_link_out_of_a_home_tells_nobody_anything(machine: Booted) -> None:
    key = Key()
    write(machine, "/home/ben/diary", variables(key), "ben")
    machine.run("runuser -u anna -- ln -sf /home/ben/diary /home/anna/.profile")
    other = Key()
    write(machine, "/home/anna/.zshrc", f"export {variables(other).replace(chr(10), ' ')}\n", "anna")
    wait_for(lambda: other.masked in seen(machine))
    assert key.masked not in seen(machine)
    machine.run("rm -f /home/anna/.profile /home/anna/.zshrc /home/ben/diary")


def test_only_root_and_the_group_may_pause_or_move(machine: Booted) -> None:
    code = "import sys; from keywatch.wire.client import ask_agent as a; print(a(sys.argv[1], sys.argv[2].encode(), 5))"
    ask = f"{PYTHON} -c '{code}'"
    for request in ("watch pause 0", "watch sweep"):
        assert "only root" in machine.run(f"runuser -u ben -- {ask} /run/keywatch/watch.sock '{request}'")
        assert "b'+'" in machine.run(f"runuser -u olga -- {ask} /run/keywatch/watch.sock '{request}'")
    for request in ("entries", "put e30=", "remove a", "rename a b"):
        assert "only root" in machine.run(f"runuser -u olga -- {ask} /run/keywatch/agent.sock '{request}'")
    said = machine.run(f"runuser -u ben -- {KEYWATCH} move /etc/crontab --system --dry-run", check=False)
    assert "only root and the group keywatch" in said


def test_jobs_of_two_users_keep_their_key_and_nobody_else_gets_it(machine: Booted) -> None:
    keys = {"ben": Key(), "anna": Key()}
    texts = {}
    for user, key in keys.items():
        texts[user] = f"SHELL=/bin/sh\n{variables(key)}@reboot {user} {PROBE} > /tmp/jobs/{user}\n"
        write(machine, f"/etc/cron.d/{user}", texts[user])
    assert run_jobs(machine, 2) == {user: key.id for user, key in keys.items()}
    wait_for(lambda: all(key.masked in seen(machine) for key in keys.values()))

    made = {user: move(machine, f"/etc/cron.d/{user}") for user in keys}
    moved = {user: machine.run(f"cat /etc/cron.d/{user}") for user in keys}
    assert all(key.id not in text and key.secret not in text for text in moved.values() for key in keys.values())
    assert run_jobs(machine, 2) == {user: key.id for user, key in keys.items()}

    entry = str(made["ben"]["entry"])
    for user in ("anna", "olga", "nobody"):
        said = machine.run(f"runuser -u {user} -- {HELPER} --vault system {entry}", check=False)
        assert "does not name user" in said
        assert keys["ben"].id not in said and keys["ben"].secret not in said
        (uid,) = machine.run(f"id -u {user}").split()
        assert [e for e in events(machine, "refused") if e["entry"] == entry and e["uid"] == int(uid)], user
    unknown = machine.run(f"runuser -u nobody -- {HELPER} --vault system no-such-entry", check=False)
    assert "no [entries] section" in unknown, "names are not told"
    reads = [event for event in events(machine, "read") if event["entry"] == entry]
    assert str(reads[-1]["uid"]) == machine.run("id -u ben").strip()
    assert "python" in str(reads[-1]["parent"]), "the executable of another user's process is told"
    assert "whole" in machine.run(f"{KEYWATCH} log --verify")
    for line in machine.run("journalctl --no-pager -o json KEYWATCH_EVENT=read").splitlines():
        assert json.loads(line)["KEYWATCH_AUDIT_HASH"]

    for user in keys:
        undo(machine, made[user])
        assert machine.run(f"cat /etc/cron.d/{user}") == texts[user]
    assert run_jobs(machine, 2) == {user: key.id for user, key in keys.items()}
    assert machine.run("ls /etc/keywatch/conf.d /etc/keywatch/aws").split() == [
        "/etc/keywatch/aws:",
        "/etc/keywatch/conf.d:",
    ]
    machine.run("rm /etc/cron.d/anna /etc/cron.d/ben")


def test_a_policy_by_executable_and_a_policy_changed_by_hand(machine: Booted) -> None:
    key = Key()
    machine.run(
        'printf "access_key_id=%s\nsecret_access_key=%s\n" "$1" "$2" | ' + f"{KEYWATCH} vault add byhand",
        key.id,
        key.secret,
    )
    read = f"runuser -u ben -- {HELPER} --vault system byhand"
    assert "no [entries] section" in machine.run(read, check=False)
    ben = machine.run("id -u ben").strip()
    write(machine, "/etc/keywatch/conf.d/byhand.toml", f"[entries.byhand]\nuids = [{ben}]\n")
    assert key.id in machine.run(read)
    write(
        machine, "/etc/keywatch/conf.d/byhand.toml",
        f'[entries.byhand]\nuids = [{ben}]\nexecutables = ["/usr/bin/env", "/bin/dash", "/usr/bin/dash"]\n',
    )  # fmt: skip
    python = f"import subprocess; subprocess.run([{HELPER!r}, {'--vault'!r}, {'system'!r}, {'byhand'!r}])".replace(
        "'", '"'
    )
    assert "does not name" in machine.run(f"runuser -u ben -- {PYTHON} -c '{python}'", check=False)
    assert key.id in machine.run(f"runuser -u ben -- /bin/dash -c '{HELPER} --vault system byhand; true'")
    write(machine, "/etc/keywatch/conf.d/byhand.toml", "[entries.byhand]\nuids = oops\n")
    assert key.id in machine.run(f"runuser -u ben -- /bin/dash -c '{HELPER} --vault system byhand; true'"), (
        "the old policy stays"
    )
    machine.run("rm /etc/keywatch/conf.d/byhand.toml")
    assert "no [entries] section" in machine.run(read, check=False)
    told = [(event["entry"], event["what"]) for event in events(machine, "policy") if event["entry"] == "byhand"]
    assert told == [("byhand", "made"), ("byhand", "changed"), ("byhand", "removed")]
    machine.run(f"{KEYWATCH} vault rm byhand --yes")


def test_logins_and_services_keep_a_moved_key(machine: Booted) -> None:
    """/etc/environment and profile.d at a login, /etc/default and a unit's Environment= in a service."""
    keys = {name: Key() for name in ("environment", "profile", "unit")}
    write(machine, "/etc/environment", f"LANG=C.UTF-8\n{variables(keys['environment'])}")
    login = f"su - anna -c '{PROBE.replace(chr(39), chr(34))}'"
    probe = "#!/bin/sh\n" + PROBE + " > /run/probe\n"
    write(machine, "/usr/local/bin/probe", probe)
    machine.run("chmod 755 /usr/local/bin/probe")
    write(machine, "/etc/systemd/system/probe.service",
          f"[Service]\nType=oneshot\nEnvironment=AWS_ACCESS_KEY_ID={keys['unit'].id}\n"
          f"Environment=AWS_SECRET_ACCESS_KEY={keys['unit'].secret}\nExecStart=/usr/local/bin/probe\n")  # fmt: skip
    machine.run("systemctl daemon-reload")

    def service() -> str:
        machine.run("systemctl start probe.service")
        return machine.run("cat /run/probe").strip()

    assert machine.run(login).strip() == keys["environment"].id
    assert service() == keys["unit"].id
    made = [move(machine, path) for path in ("/etc/environment", "/etc/systemd/system/probe.service")]
    assert keys["environment"].secret not in machine.run("cat /etc/environment")
    assert keys["unit"].secret not in machine.run("cat /etc/systemd/system/probe.service")
    assert machine.run(login).strip() == keys["environment"].id
    assert service() == keys["unit"].id
    for each in reversed(made):
        undo(machine, each)
    assert machine.run(login).strip() == keys["environment"].id
    write(machine, "/etc/environment", "LANG=C.UTF-8\n")
    write(machine, "/etc/profile.d/aws.sh", "".join(f"export {line}\n" for line in variables(keys["profile"]).split()))
    assert machine.run(login).strip() == keys["profile"].id
    one = move(machine, "/etc/profile.d/aws.sh")
    assert machine.run(login).strip() == keys["profile"].id
    undo(machine, one)
    machine.run("rm /etc/profile.d/aws.sh /etc/systemd/system/probe.service")


def test_a_member_of_the_group_has_a_key_moved_and_it_is_told_who_asked(machine: Booted) -> None:
    key = Key()
    write(machine, "/etc/cron.d/backup", f"{variables(key)}@reboot ben true\n")
    (done,) = json.loads(machine.run(f"runuser -u olga -- {KEYWATCH} move /etc/cron.d/backup --system --yes --json"))
    assert key.secret not in machine.run("cat /etc/cron.d/backup")
    (event,) = [each for each in events(machine, "move") if each["move"] == done["move"]["id"]]
    assert str(event["for_uid"]) == machine.run("id -u olga").strip()
    said = machine.run(f"runuser -u olga -- {KEYWATCH} move /home/anna --system --yes", check=False)
    assert "the mover moves keys of /etc" in said
    machine.run(f"runuser -u olga -- {KEYWATCH} undo {done['move']['id']} --system --yes")
    assert key.secret in machine.run("cat /etc/cron.d/backup")
    machine.run("rm /etc/cron.d/backup")


@pytest.mark.parametrize("unit", ["keywatch-agent", "keywatch-watch"])
@pytest.mark.parametrize("how", ["KILL", "STOP"])
def test_killed_or_hung_a_service_comes_back(machine: Booted, unit: str, how: str) -> None:
    folder = f"/etc/systemd/system/{unit}.service.d"
    write(machine, f"{folder}/test.conf", "[Service]\nWatchdogSec=3\n")
    machine.run(f"systemctl daemon-reload; systemctl restart {unit}")
    pid = machine.run(f"systemctl show -P MainPID {unit}").strip()
    time.sleep(1)
    machine.run(f"kill -{how} {pid}")
    wait_for(lambda: machine.run(f"systemctl show -P MainPID {unit}").strip() not in ("0", pid))
    key = Key()
    if unit == "keywatch-watch":
        write(machine, "/home/ben/.bashrc", f"export {variables(key).replace(chr(10), ' ')}\n", "ben")
        wait_for(lambda: key.masked in seen(machine, "ben"))
        machine.run("rm /home/ben/.bashrc")
    else:
        wait_for(
            lambda: (
                "ENTRY" in machine.run(f"{KEYWATCH} vault list 2>&1", check=False)
                or "is empty" in machine.run(f"{KEYWATCH} vault list 2>&1", check=False)
            )
        )
    machine.run(f"rm -r {folder}; systemctl daemon-reload; systemctl restart {unit}")


def test_it_survives_a_reboot_and_goes_with_nothing_left_but_the_vault(machine: Booted, disk: Path) -> None:
    key = Key()
    text = f"{variables(key)}@reboot ben {PROBE} > /tmp/jobs/ben\n"
    write(machine, "/etc/cron.d/ben", text)
    made = move(machine, "/etc/cron.d/ben")
    machine.run(f"{KEYWATCH} install --system")  # an upgrade in place
    machine.close()
    again = boot(disk)
    with contextlib.closing(again):
        wait_for(lambda: again.run("systemctl is-active keywatch-watch", check=False).strip() == "active")
        assert run_jobs(again, 1) == {"ben": key.id}
        said = again.run(f"{KEYWATCH} uninstall --system --purge", check=False)
        assert "would stay moved" in said
        undo(again, made)
        assert again.run("cat /etc/cron.d/ben") == text
        said = again.run(f"{KEYWATCH} uninstall --system --purge")
        assert f"left alone: {AGENT}/vault.json" in said
        left = again.run("find /etc /run /var/lib /usr/lib/systemd /lib/systemd -path '*keywatch*' -type f").split()
        assert {Path(path).parent.as_posix() for path in left} <= {AGENT, f"{AGENT}/vaults", "/etc/keywatch"}, left
        assert sorted(Path(path).name for path in left if path.startswith("/etc")) == [
            "identity.cred",
            "recipients.txt",
        ]
        assert "keywatch" not in again.run("systemctl list-units --all --no-legend --plain 'keywatch*'")
        again.run("! getent group keywatch && ! getent passwd keywatch-watch")

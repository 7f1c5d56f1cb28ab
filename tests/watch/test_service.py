"""The service of a user under a real systemd: installed, working, killed, hung, asked by a real logind, taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from booted import KEYWATCH, Booted, boot
from daemonlab import Key, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("systemd")]


@pytest.fixture(scope="module")
def machine() -> Iterator[Booted]:
    machine = boot()
    yield machine
    machine.close()


def shown(machine: Booted, user: str, name: str) -> str:
    return machine.run(f"systemctl --user show -P {name} keywatch.service", user=user).strip()


def write(machine: Booted, user: str, path: str, key: Key) -> None:
    machine.run('printf %s "$1" >> "$2"', key.text, path, user=user)


def told(machine: Booted, user: str) -> str:
    return machine.run(f"{KEYWATCH} status", user=user, check=False)


def install(machine: Booted, user: str, drop_in: str = "") -> int:
    """A user with the service installed; its pid."""
    machine.add_user(user)
    if drop_in:
        folder = ".config/systemd/user/keywatch.service.d"
        machine.run(f'mkdir -p {folder} && printf %s "$1" > {folder}/test.conf', drop_in, user=user)
    said = machine.run(f"{KEYWATCH} install --user", user=user)
    assert "wrote        ~/.config/systemd/user/keywatch.service" in said
    assert shown(machine, user, "ActiveState") == "active"
    return int(shown(machine, user, "MainPID"))


def test_the_unit_is_right(machine: Booted) -> None:
    machine.add_user("grace")
    unit = f"{KEYWATCH} install --user --dry-run | sed -n 's/^    //p' > keywatch.service"
    machine.run(unit, user="grace")
    assert (
        machine.run("systemd-analyze --user --man=no verify ./keywatch.service 2>&1", user="grace", check=False) == ""
    )


def test_installed_it_sees_a_key_and_is_taken_away_again(machine: Booted) -> None:
    pid = install(machine, "alice")
    assert shown(machine, "alice", "Slice") == "background.slice"
    key = Key()
    write(machine, "alice", ".bashrc", key)
    wait_for(lambda: key.masked in told(machine, "alice"))
    status = machine.run("cat /proc/$1/status", str(pid))
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    lines = machine.run("journalctl -o json KEYWATCH_EVENT=finding-appeared _UID=$(id -u alice)").splitlines()
    (fields,) = [json.loads(line) for line in lines]
    assert fields["KEYWATCH_PATH"] == "/home/alice/.bashrc"
    assert fields["SYSLOG_IDENTIFIER"] == "keywatch"
    assert fields["PRIORITY"] == "5"
    assert fields["_SYSTEMD_USER_UNIT"] == "keywatch.service"
    assert key.secret not in "".join(lines)
    machine.run("systemctl --user reload keywatch", user="alice")
    wait_for(lambda: "reloaded" in machine.run("journalctl -o cat --output-fields=KEYWATCH_EVENT _UID=$(id -u alice)"))
    assert int(shown(machine, "alice", "MainPID")) == pid

    machine.run(f"{KEYWATCH} install --user", user="alice")  # again, as after an upgrade: the new program runs
    assert int(shown(machine, "alice", "MainPID")) != pid

    assert "removed" in machine.run(f"{KEYWATCH} uninstall --user", user="alice")
    assert shown(machine, "alice", "ActiveState") == "inactive"
    assert shown(machine, "alice", "LoadState") == "not-found"
    machine.run("test ! -e .config/systemd/user/keywatch.service", user="alice")
    machine.run("test -z \"$(find .config/systemd/user/default.target.wants -name 'keywatch*')\"", user="alice")
    said = machine.run(f"{KEYWATCH} uninstall --user", user="alice", check=False)
    assert "nothing is installed" in said
    said = told(machine, "alice")
    assert "no daemon answers" in said
    assert key.masked in said, "what it remembered stays"


def test_killed_it_is_back_and_finds_what_was_written_meanwhile(machine: Booted) -> None:
    pid = install(machine, "bob")
    key = Key()
    machine.run("kill -9 $1", str(pid))
    write(machine, "bob", ".profile", key)
    wait_for(lambda: shown(machine, "bob", "ActiveState") == "active" and int(shown(machine, "bob", "MainPID")) != pid)
    wait_for(lambda: key.masked in told(machine, "bob"))


def test_hung_it_is_started_again(machine: Booted) -> None:
    pid = install(machine, "carol", "[Service]\nWatchdogSec=3\n")
    wait_for(lambda: "a file written as a test was noticed" in told(machine, "carol"))
    machine.run("sleep 4")
    assert int(shown(machine, "carol", "MainPID")) == pid, "well, it is let be"
    machine.run("kill -STOP $1", str(pid))
    wait_for(lambda: int(shown(machine, "carol", "MainPID")) not in (0, pid))
    assert "watchdog" in machine.run("journalctl _UID=$(id -u carol) -o cat --no-pager").lower()
    key = Key()
    write(machine, "carol", ".profile", key)
    wait_for(lambda: key.masked in told(machine, "carol"))


def test_the_vault_is_locked_with_the_screen(machine: Booted) -> None:
    """logind's Lock signal for a session of this user, and not one of another's."""
    install(machine, "dave")
    machine.add_user("eve")
    pass_in = 'printf "correct horse\\n" |'
    machine.run(f"{pass_in} {KEYWATCH} vault init --no-recovery --passphrase-fd 0", user="dave", check=False)
    sessions = {}
    for user in ("dave", "eve"):
        machine.run(f"setsid runuser -l {user} -c 'exec sleep 1000' >/dev/null 2>&1 &")
        sessions[user] = wait_for(
            lambda user=user: machine.run(
                f"loginctl list-sessions --no-legend | awk '$3==\"{user}\" {{print $1; exit}}'"
            ).strip()
        )
    machine.run(f"{pass_in} {KEYWATCH} unlock --for 1h --passphrase-fd 0", user="dave")
    wait_for(lambda: "vault  open" in told(machine, "dave"))
    wait_for(lambda: machine.run("pgrep -u dave -f keywatch.watch.logind || true").strip())
    machine.run("sleep 1")
    machine.run("loginctl lock-session $1", sessions["eve"])
    machine.run("sleep 1")
    assert "vault  open" in told(machine, "dave"), "another's screen"
    machine.run("loginctl lock-session $1", sessions["dave"])
    wait_for(lambda: "vault  closed" in told(machine, "dave"))
    wait_for(lambda: not machine.run("pgrep -u dave -f keywatch.watch.logind || true").strip())


def test_without_a_user_manager_it_says_what_to_do(machine: Booted) -> None:
    machine.run("useradd -m frank")
    said = machine.run(f"env -i PATH=$PATH HOME=/home/frank runuser -u frank -- {KEYWATCH} install --user", check=False)
    assert "enable-linger" in said
    assert "Traceback" not in said


_STS = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        key = "<AccessKeyId>ASIA" + "B" * 16 + "</AccessKeyId><SecretAccessKey>" + "c" * 40 + "</SecretAccessKey>"
        key += "<SessionToken>" + "t" * 400 + "</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>"
        name = "GetSessionToken"
        text = f"<{name}Response><{name}Result><Credentials>{key}</Credentials></{name}Result></{name}Response>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
http.server.HTTPServer(("127.0.0.1", 9911), Handler).serve_forever()
"""


def test_the_service_has_no_network_and_gives_temporary_keys_all_the_same(machine: Booted) -> None:
    machine.run("ip link set lo up || ifconfig lo up")
    install(machine, "sonja", "[Service]\nEnvironment=AWS_ENDPOINT_URL=http://127.0.0.1:9911\n")
    assert "AF_UNIX" in shown(machine, "sonja", "RestrictAddressFamilies")
    machine.run('printf %s "$1" > sts.py && systemd-run --user --quiet /usr/bin/python3 ~/sts.py', _STS, user="sonja")
    machine.run(f"{KEYWATCH} vault init --key-file key --no-recovery", user="sonja")
    pair = "aws_access_key_id=AKIA" + "A" * 16 + "\naws_secret_access_key=" + "d" * 40 + "\n"
    machine.run(f'printf %s "$1" | {KEYWATCH} vault add work', pair, user="sonja")
    machine.run("mkdir -p .config/keywatch/conf.d", user="sonja")
    setting = "[entries.work]\nsession = true\n"
    machine.run('printf %s "$1" > .config/keywatch/conf.d/work.toml', setting, user="sonja")
    machine.run(f"{KEYWATCH} unlock", user="sonja")
    answer = json.loads(machine.run(f"{KEYWATCH}-credential work", user="sonja"))
    assert answer["AccessKeyId"] == "ASIA" + "B" * 16
    assert answer["Expiration"] == "2999-01-01T00:00:00Z"
    assert machine.run(f"{KEYWATCH} vault list --json", user="sonja").count("session.work") == 0  # the agent did it

"""The agent, running in a process of its own: what it gives and to whom, what it records, and what it withstands."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import Fakes

ROOT = Path(__file__).parents[2]


@dataclass
class Agent:
    """A running agent over a vault that a passphrase opens, with the entry `work` in it."""

    home: Path
    process: subprocess.Popen[bytes]
    env: dict[str, str]

    @property
    def socket(self) -> str:
        return f"{self.env['XDG_RUNTIME_DIR']}/keywatch/agent.sock"

    def run(self, *words: str, passphrase: bytes = b"", program: str = "keywatch.cli.main"):
        fds: tuple[int, ...] = ()
        if passphrase:
            reader, writer = os.pipe()
            os.write(writer, passphrase + b"\n")
            os.close(writer)
            fds, words = (reader,), (*words, "--passphrase-fd", str(reader))
        command = [sys.executable, "-c", f"from {program} import run; run()", *words]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=self.env, cwd=self.home, pass_fds=fds,
            timeout=60, start_new_session=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        for fd in fds:
            os.close(fd)
        return done

    def ok(self, *words: str, **more) -> str:
        done = self.run(*words, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def helper(self, name: str = "work"):
        return self.run(name, program="keywatch.serve.credential")

    def unlock(self, time: str = "1h") -> None:
        self.ok("unlock", "--for", time, passphrase=b"correct horse")

    def ask(self, line: bytes, timeout: float = 10) -> bytes:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(self.socket)
            connection.sendall(line)
            reply = b""
            while piece := connection.recv(65536):
                reply += piece
            return reply


def pair() -> tuple[str, str]:
    fakes = Fakes(9)
    return fakes.key_id(), fakes.secret()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    (tmp_path / "run").mkdir(mode=0o700)
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "KEYWATCH_PINENTRY": "",
        "XDG_RUNTIME_DIR": str(tmp_path / "run"), "KEYWATCH_DEBUG": "1",
    }  # fmt: skip
    command = [sys.executable, "-c", "from keywatch.cli.main import run; run()"]
    key_id, secret = pair()
    reader, writer = os.pipe()
    os.write(writer, b"correct horse\n")
    os.close(writer)
    for words, given in (
        (["vault", "init", "--passphrase-fd", str(reader), "--no-recovery"], b""),
        (["vault", "add", "work"], f"AWS_ACCESS_KEY_ID={key_id}\nAWS_SECRET_ACCESS_KEY={secret}\n".encode()),
    ):
        subprocess.run(
            [*command, *words], input=given, check=True, env=env, cwd=tmp_path, capture_output=True, pass_fds=(reader,)
        )
    os.close(reader)
    with subprocess.Popen([*command, "agent"], env=env, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        running = Agent(tmp_path, process, env)
        assert process.stderr is not None
        assert b"listens" in process.stderr.readline()
        deadline = time.monotonic() + 10
        while not os.path.exists(running.socket):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield running
        if running.process is process and process.poll() is None:
            process.terminate()
            assert process.wait(10) == 0
            assert not os.path.exists(running.socket)


def test_it_gives_while_unlocked_and_not_before_or_after(agent: Agent) -> None:
    assert "locked" in agent.helper().stderr
    agent.unlock()
    answer = json.loads(agent.helper().stdout)
    assert (answer["AccessKeyId"], answer["SecretAccessKey"]) == pair()
    assert agent.ok("lock") == "locked\n"
    assert agent.helper().returncode == 1


def test_its_time_ends(agent: Agent) -> None:
    agent.unlock("1s")
    time.sleep(1.2)
    assert agent.ask(b"status\n").startswith(b"!")
    assert agent.ask(b"credential work\n").startswith(b"!")


def test_a_wrong_passphrase_unlocks_nothing(agent: Agent) -> None:
    done = agent.run("unlock", passphrase=b"wrong")
    assert done.returncode == 3
    assert "does not open" in done.stderr
    assert agent.ask(b"status\n").startswith(b"!")


def test_an_entry_that_is_replaced_is_given_anew(agent: Agent) -> None:
    agent.unlock()
    first = json.loads(agent.helper().stdout)
    command = [sys.executable, "-c", "from keywatch.cli.main import run; run()", "vault", "add", "work", "--replace"]
    new = Fakes(10)
    subprocess.run(
        command, input=f"AWS_ACCESS_KEY_ID={new.key_id()}\nAWS_SECRET_ACCESS_KEY={new.secret()}\n".encode(), check=True,
        env=agent.env, capture_output=True,
    )  # fmt: skip
    assert json.loads(agent.helper().stdout)["AccessKeyId"] != first["AccessKeyId"]


def test_every_read_is_recorded_and_no_secret(agent: Agent) -> None:
    agent.unlock()
    agent.helper()
    agent.helper("absent")
    (read,) = [json.loads(line) for line in agent.ok("log", "--event", "read", "--json").splitlines()]
    assert (read["entry"], read["what"], read["uid"]) == ("work", "credential", os.geteuid())
    assert "python" in read["executable"]
    record = agent.home / ".local/state/keywatch/audit.jsonl"
    assert record.stat().st_mode & 0o777 == 0o600
    assert not any(part in record.read_text() for part in pair())
    assert "work" in agent.ok("log")
    assert agent.ok("log", "other") == ""


def test_the_last_use_is_listed_whichever_way_it_was_read(agent: Agent) -> None:
    (before,) = json.loads(agent.ok("vault", "list", "--json"))["entries"]
    assert before["last_used"] == ""
    agent.unlock()
    agent.helper()
    (after,) = json.loads(agent.ok("vault", "list", "--json"))["entries"]
    assert after["last_used"] >= after["created"]
    assert "exec" not in agent.ok("log")


@pytest.mark.parametrize(
    ("policy", "given"),
    [
        ("deny = true", False),
        ("uids = [UID]", True),
        ("uids = [12345]", False),
        ('executables = ["EXE"]', True),
        ('executables = ["/usr/bin/false"]', False),
    ],
)
def test_a_policy_says_who_gets_an_entry(agent: Agent, policy: str, given: bool) -> None:
    agent.process.send_signal(signal.SIGKILL)
    agent.process.wait()
    policy = policy.replace("UID", str(os.geteuid())).replace("EXE", os.path.realpath(sys.executable))
    config = agent.home / ".config/keywatch/keywatch.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"[entries.Work]\n{policy}\n")
    command = [sys.executable, "-c", "from keywatch.cli.main import run; run()", "agent"]
    with subprocess.Popen(command, env=agent.env, stderr=subprocess.PIPE) as again:
        agent.process = again
        assert again.stderr is not None
        again.stderr.readline()
        deadline = time.monotonic() + 10
        while agent.run("lock").returncode:
            assert time.monotonic() < deadline
        agent.unlock()
        done = agent.helper()
        again.terminate()
        again.wait(10)
    assert (done.returncode == 0) is given
    assert given or "is not given" in done.stderr


def test_a_policy_is_read_again_while_the_agent_runs(agent: Agent) -> None:
    agent.unlock()
    assert agent.helper().returncode == 0
    folder = agent.home / ".config/keywatch/conf.d"
    folder.mkdir(parents=True)
    (folder / "work.toml").write_text('[entries."work"]\nexecutables = ["/usr/bin/false"]\n')
    assert "is not given" in agent.helper().stderr
    assert "executables /usr/bin/false" in agent.ok("log", "--event", "policy")
    (folder / "work.toml").write_text("[entries.work\n")
    assert "is not given" in agent.helper().stderr, "what can't be read leaves the old one"
    (folder / "work.toml").unlink()
    assert agent.helper().returncode == 0


def test_an_agent_does_not_start_without_its_policies(agent: Agent) -> None:
    agent.process.terminate()
    agent.process.wait(10)
    config = agent.home / ".config/keywatch/keywatch.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[entries.work\n")
    assert "not valid TOML" in agent.run("agent").stderr


def test_a_read_that_can_not_be_recorded_is_not_given(agent: Agent) -> None:
    agent.unlock()
    record = agent.home / ".local/state/keywatch/audit.jsonl"
    record.unlink()
    record.mkdir()
    assert agent.ask(b"credential work\n").startswith(b"-")


def test_the_socket_is_private_and_its_memory_closed(agent: Agent) -> None:
    assert os.stat(agent.socket).st_mode & 0o777 == 0o600
    limits = Path(f"/proc/{agent.process.pid}/limits").read_text()
    assert "Max core file size        0                    0" in limits
    # what is not dumpable belongs to root in /proc
    code = f"import os; os.setuid(65534); open('/proc/{agent.process.pid}/mem', 'rb')"
    if os.geteuid() == 0:
        assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_user_gets_nothing(agent: Agent) -> None:
    agent.unlock()
    os.chmod(agent.socket, 0o666)
    for path in (agent.home, agent.home / "run", agent.home / "run/keywatch"):
        os.chmod(path, 0o755)
    for path in agent.home.parents:
        with contextlib.suppress(PermissionError):
            if str(path).startswith("/tmp/"):
                os.chmod(path, 0o755)
    pid = os.fork()
    if pid == 0:
        status = 9
        with contextlib.suppress(BaseException):
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            try:
                status = 1 if agent.ask(b"credential work\n") else 0
            except ConnectionError:
                status = 0
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize(
    "line",
    [b"\n", b"\xff\n", b"credential\n", b"credential ../x\n", b"credential " + b"a" * 3000 + b"\n", b"unlock 5 x\n",
     b"unlock -1 AGE-SECRET-KEY-1\n", b"unlock 99999999 x\n", b"variables absent\n", b"GET / HTTP/1.1\n"],
)  # fmt: skip
def test_garbage_is_refused(agent: Agent, line: bytes) -> None:
    agent.unlock()
    assert agent.ask(line).startswith(b"-")
    assert agent.ask(b"status\n").startswith(b"+")


def test_the_slow_and_the_endless_hold_up_nobody(agent: Agent) -> None:
    agent.unlock()
    idle = []
    for _ in range(300):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(agent.socket)
        connection.send(b"cred")
        idle.append(connection)
    endless = socket.socket(socket.AF_UNIX)
    endless.connect(agent.socket)
    with contextlib.suppress(OSError):
        for _ in range(1000):
            endless.send(b"x" * 4096)
    began = time.monotonic()
    assert agent.ask(b"credential work\n").startswith(b"+")
    assert time.monotonic() - began < 1
    time.sleep(2.6)
    for connection in idle:
        assert connection.recv(1) == b""  # sent away
        connection.close()
    endless.close()
    memory = Path(f"/proc/{agent.process.pid}/status").read_text()
    assert int(next(line.split()[1] for line in memory.splitlines() if line.startswith("VmHWM"))) < 120_000


def test_a_thousand_at_once_all_get_theirs(agent: Agent) -> None:
    agent.unlock()
    wanted = b'"SecretAccessKey": "' + pair()[1].encode() + b'"'
    got: list[bool] = []
    start = threading.Barrier(1000)

    def one() -> None:
        start.wait()
        for _ in range(200):  # the listen queue of a Unix socket may be full for a moment
            try:
                reply = agent.ask(b"credential work\n", 30)
            except (BlockingIOError, ConnectionRefusedError):
                time.sleep(random.random() / 50)
            else:
                got.append(wanted in reply)
                return

    threads = [threading.Thread(target=one) for _ in range(1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [True] * 1000


def test_a_second_agent_is_refused_and_a_dead_one_replaced(agent: Agent) -> None:
    assert "running already" in agent.run("agent").stderr
    agent.process.send_signal(signal.SIGKILL)
    agent.process.wait()
    assert "no agent answers" in agent.run("lock").stderr
    command = [sys.executable, "-c", "from keywatch.cli.main import run; run()", "agent"]
    with subprocess.Popen(command, env=agent.env, stderr=subprocess.PIPE) as again:
        agent.process = again
        deadline = time.monotonic() + 10
        while agent.run("lock").returncode:
            assert time.monotonic() < deadline
        again.terminate()
        again.wait(10)


def test_without_an_agent_a_command_says_how_to_start_one(agent: Agent) -> None:
    agent.env["XDG_RUNTIME_DIR"] = str(agent.home)
    done = agent.run("unlock", passphrase=b"correct horse")
    assert "keywatch agent" in done.stderr
    assert done.returncode == 3


@pytest.mark.skipif(
    not shutil.which("pinentry-tty") and os.environ.get("KEYWATCH_E2E") != "required", reason="no pinentry-tty"
)
@pytest.mark.parametrize(("typed", "given"), [(b"a", True), (b"r", False)], ids=["allowed", "refused"])
def test_a_person_is_asked_each_time_and_the_others_served_meanwhile(agent: Agent, typed: bytes, given: bool) -> None:
    """The agent on a terminal of its own, with a real pinentry."""
    agent.process.send_signal(signal.SIGKILL)
    agent.process.wait()
    config = agent.home / ".config/keywatch/keywatch.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[entries.work]\nask = true\n")
    pid, terminal = pty.fork()
    if pid == 0:
        command = [sys.executable, "-c", "from keywatch.cli.main import run; run()", "agent"]
        os.execve(command[0], command, {**agent.env, "KEYWATCH_PINENTRY": "pinentry-tty", "TERM": "xterm"})
    deadline = time.monotonic() + 20
    while agent.run("lock").returncode:
        assert time.monotonic() < deadline
    agent.unlock()
    asked = subprocess.Popen(
        [sys.executable, "-c", "from keywatch.serve.credential import run; run()", "work"],
        env=agent.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    shown = b""
    while b"Give the key" not in shown or b"efuse" not in shown:
        assert time.monotonic() < deadline, shown
        shown += os.read(terminal, 4096)
    time.sleep(1.5)  # longer than the helper waits for a locked vault
    assert agent.ask(b"status\n").startswith(b"+")
    assert asked.poll() is None
    os.write(terminal, typed)
    out, err = asked.communicate(timeout=20)
    os.kill(pid, signal.SIGTERM)
    with contextlib.suppress(OSError):
        while os.read(terminal, 4096):
            pass
    os.waitpid(pid, 0)
    os.close(terminal)
    assert (asked.returncode == 0) is given, err
    assert pair()[1].encode() in out if given else b"declined" in err

"""Which programs use which entry: learned by a real agent from real processes, told, asked about, refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keywatch.serve.consumers import MOST_ENTRIES, MOST_PROGRAMS, Use, Used, change_store, read_store
from keywatch.serve.programs import OWN, UNKNOWN, program_of
from tests.fakes import Fakes
from tests.move.moving import PROGRAMS, Moving
from tests.serve.sessionlab import Served, at_once

fakes = Fakes(55)
KEY = {"AccessKeyId": fakes.key_id(), "SecretAccessKey": fakes.secret()}
HELPER = f"{PROGRAMS}/keywatch-credential"


class Lab(Served):
    """An agent over the entry `work`, and programs that want it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.put("work", KEY)
        self.scripts = self.moving.root / "bin"
        self.scripts.mkdir()

    def script(self, name: str) -> Path:
        """A program that asks for the entry."""
        path = self.scripts / name
        if name.endswith(".py"):
            text = f"#!{sys.executable}\nimport subprocess, sys\n"
            text += f"sys.exit(subprocess.run([{HELPER!r}, 'work']).returncode)\n"
        else:
            text = f"#!/bin/sh\n{HELPER} work\nexit $?\n"
        path.write_text(text)
        path.chmod(0o700)
        return path

    def use(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        path = self.scripts / name
        return subprocess.run(
            [path if path.exists() else self.script(name), *words],
            env=self.moving.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def programs(self, entry: str = "work") -> dict[str, int]:
        """Basenames of scripts, or whole names, with counts, as the command tells them."""
        told = self.moving.json("key", "consumers", entry)["entries"]
        return {os.path.basename(each["program"]): each["count"] for entry in told for each in entry["programs"]}

    def events(self, event: str) -> list[dict[str, Any]]:
        text = self.moving.run("log", "--event", event, "--json").stdout
        return [json.loads(line) for line in text.splitlines()]

    def age(self) -> None:
        """As though the first use were long ago."""

        def change(used: dict[str, Used]) -> None:
            for entry, was in used.items():
                programs = {
                    name: Use("2026-01-01T00:00:00Z", use.last, use.count) for name, use in was.programs.items()
                }
                used[entry] = Used(was.masked, programs)

        change_store(str(self.moving.state), change)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(Moving(tmp_path))
    yield lab
    lab.stop()
    assert lab.moving.leaks(KEY["SecretAccessKey"]) == []


def test_programs_are_learned_and_told_with_their_scripts(lab: Lab) -> None:
    lab.start()
    for name in ("a.sh", "b.py", "a.sh"):
        assert lab.use(name).returncode == 0
    lab.moving.run("lock")
    assert lab.programs() == {"a.sh": 2, "b.py": 1}
    assert lab.events("new-consumer") == []  # the first hour is for trying out
    shown = lab.moving.run("key", "consumers").stdout.decode()
    assert "work  2 programs" in shown
    assert f"{lab.scripts}/a.sh" in shown
    (key,) = lab.moving.json("key", "list")["keys"]
    assert key["consumers"] == 2
    assert "2 programs: keywatch key consumers work" in lab.moving.run("key", "list").stdout.decode()


def test_a_new_program_is_given_and_told(lab: Lab) -> None:
    lab.start()
    lab.use("a.sh")
    lab.age()
    for _ in range(2):
        assert lab.use("b.py").returncode == 0
    (event,) = lab.events("new-consumer")
    assert event["entry"] == "work"
    assert event["program"].endswith("/b.py")
    assert lab.agent is not None and lab.agent.stderr is not None
    line = lab.agent.stderr.readline().decode()
    assert "new to work" in line and line.rstrip().endswith("keywatch key consumers work")


def test_a_person_is_asked_once_of_a_new_program(lab: Lab) -> None:
    asked = lab.pinentry("yes", "no")
    lab.set('new = "ask"')
    lab.start()
    assert lab.use("a.sh").returncode == 0  # the first of all
    assert not asked.exists() or "CONFIRM" not in asked.read_text()
    for _ in range(2):
        assert lab.use("b.py").returncode == 0
    text = asked.read_text()
    assert text.count("CONFIRM") == 1
    assert "b.py" in text and "has%20not%20used%20it%20before" in text
    (event,) = lab.events("new-consumer")
    assert event["asked"] == "yes"
    done = lab.use("c.py")
    assert done.returncode == 1
    assert "declined" in done.stderr
    (refused,) = lab.events("refused")
    assert refused["why"] == "a person declined"
    assert set(lab.programs()) == {"a.sh", "b.py"}


def test_where_nobody_can_be_asked_a_new_program_gets_nothing(lab: Lab) -> None:
    lab.set('new = "ask"')
    lab.start()
    lab.use("a.sh")
    assert "nobody can be asked" in lab.use("b.py").stderr


def test_a_new_program_is_refused_until_it_is_known_by_other_means(lab: Lab) -> None:
    lab.moving.write(".config/keywatch/keywatch.toml", '[keys]\nnew = "deny"\n')
    lab.start()
    assert lab.use("a.sh").returncode == 0
    done = lab.use("b.py")
    assert done.returncode == 1
    assert "has not used it before" in done.stderr
    assert KEY["AccessKeyId"] not in done.stdout
    (refused,) = lab.events("refused")
    assert "b.py" in refused["why"]
    lab.set('new = "tell"')  # the entry's own word counts
    assert lab.use("b.py").returncode == 0
    lab.set('new = ""')
    assert lab.use("b.py").returncode == 0
    lab.moving.run("key", "consumers", "work", "--forget", f"{_exe()} {lab.scripts}/b.py")
    assert lab.use("b.py").returncode == 1
    lab.moving.run("key", "consumers", "work", "--forget", "/nothing", status=2)
    lab.moving.run("key", "consumers", "--forget", "/nothing", status=2)


def _exe() -> str:
    return os.path.realpath(sys.executable)


def _store(programs: object) -> bytes:
    entries = {"work": {"masked": "x", "programs": programs}}
    return json.dumps({"schema": "keywatch.consumers/1", "entries": entries}).encode()


DAMAGED: dict[str, bytes | str] = {
    "empty": b"", "cut": b"{", "null": b"null", "list": b"[]", "schema": b'{"schema": 1}', "binary": b"\xff" * 100,
    "entries": b'{"schema": "keywatch.consumers/1", "entries": []}', "number": _store({"p": 7}),
    "types": _store({"p": {"first": 1, "last": "", "count": 1}}), "deep": b"[" * 200_000, "huge": b" " * (5 << 20),
    "folder": "folder", "fifo": "fifo",
}  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_store_stops_only_whoever_relies_on_it(lab: Lab, content: bytes | str) -> None:
    path = lab.moving.state / "consumers.json"
    lab.start()
    path.unlink(missing_ok=True)
    if content == "folder":
        path.mkdir()
    elif content == "fifo":
        os.mkfifo(path)
    else:
        assert isinstance(content, bytes)
        path.write_bytes(content)
    before = path.read_bytes() if path.is_file() else b""
    assert lab.use("a.sh").returncode == 0
    assert lab.use("b.py").returncode == 0
    for policy in ("deny", "ask"):
        lab.set(f'new = "{policy}"')
        done = lab.use("b.py")
        assert done.returncode == 1
        assert "can't be told" in done.stderr and "consumers.json" in done.stderr
    assert (path.read_bytes() if path.is_file() else b"") == before
    assert b"consumers.json" in lab.moving.run("key", "consumers", status=3).stderr
    assert lab.moving.json("key", "list")["keys"][0]["entry"] == "work"
    text = f"[default]\naws_access_key_id={KEY['AccessKeyId']}\naws_secret_access_key={KEY['SecretAccessKey']}\n"
    place = lab.moving.write(".aws/credentials", text)
    assert lab.moving.findings(".aws/credentials")[0]["severity"] == "critical"
    place.unlink()


def test_nothing_of_a_command_line_but_files_names_is_kept(lab: Lab) -> None:
    lab.start()
    secret = "hunter2-" + fakes.secret()
    assert lab.use("a.py", secret, f"--password={secret}").returncode == 0
    run = f"import subprocess; subprocess.run([{HELPER!r}, 'work'], check=True)"
    for words in (["-c", run, secret], ["-c", f"x = {secret!r}; {run}"]):
        subprocess.run([sys.executable, *words], env=lab.moving.env, check=True, capture_output=True)
    lab.moving.run("lock")
    assert secret not in (lab.moving.state / "consumers.json").read_text()
    assert secret not in (lab.moving.state / "audit.jsonl").read_text()
    assert lab.programs()["a.py"] == 1


def test_a_shell_between_and_keywatch_itself_are_no_programs(lab: Lab) -> None:
    lab.start()
    subprocess.run(["sh", "-c", f"{HELPER} work; true"], env=lab.moving.env, check=True, capture_output=True)
    (program,) = lab.programs()
    assert program != "sh"
    lab.set('new = "deny"')
    text = f"[other]\naws_access_key_id={KEY['AccessKeyId']}\naws_secret_access_key={KEY['SecretAccessKey']}\n"
    path = lab.moving.write(".aws/credentials", text)
    lab.moving.run("move", str(path), "--yes")  # which runs the helper, and botocore, to see that it works
    assert list(lab.programs()) == [program]


@pytest.mark.parametrize("with_agent", [False, True], ids=["alone", "agent"])
def test_what_a_move_looks_at_itself_is_no_use(lab: Lab, with_agent: bool) -> None:
    if with_agent:
        lab.start()
    key = {"AccessKeyId": fakes.key_id(), "SecretAccessKey": fakes.secret()}
    text = f"[default]\naws_access_key_id={key['AccessKeyId']}\naws_secret_access_key={key['SecretAccessKey']}\n"
    lab.moving.run("move", str(lab.moving.write(".aws/credentials", text)), "--entry", "moved", "--yes")
    looks = [each for each in lab.events("read") if each["entry"] == "moved"]
    assert looks and all(each["by"] == OWN for each in looks)  # it is on record all the same
    assert lab.programs("moved") == {}
    assert b"no program has been given moved" in lab.moving.run("key", "consumers", "moved").stdout
    (used,) = [each["last_used"] for each in lab.moving.json("vault", "list")["entries"] if each["name"] == "moved"]
    assert used == ""
    done = subprocess.run([_exe(), "-c", f"import subprocess; subprocess.run([{HELPER!r}, 'moved'], check=True)"],
                          env=lab.moving.env, check=True, capture_output=True)  # fmt: skip
    assert key["AccessKeyId"].encode() in done.stdout
    assert list(lab.programs("moved").values()) == [1]


def test_the_program_of_a_process() -> None:
    assert program_of(os.getpid()).startswith(_exe())
    assert program_of(1 << 22) == UNKNOWN
    with subprocess.Popen(["sleep", "30"]) as process:
        assert os.path.basename(program_of(process.pid)) in ("sleep", "coreutils")
        process.kill()
    done = subprocess.run(
        [sys.executable, "-c", "import os; from keywatch.serve.programs import *; print(program_of(os.getpid()))"],
        capture_output=True, text=True, check=True, input="",
    )  # fmt: skip
    assert done.stdout.strip() == _exe()
    code = (
        "import sys; sys.argv[0] = 'keywatch.cli.main'; import os; from keywatch.serve.programs import program_of;"
        " print(program_of(os.getpid()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == OWN


def test_many_at_once_are_all_counted(lab: Lab) -> None:
    lab.start()
    lab.script("a.sh")
    assert all(at_once(12, lambda: lab.use("a.sh").returncode == 0))
    lab.moving.run("lock")
    assert lab.programs() == {"a.sh": 12}


def test_the_store_has_its_limits(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o700)
    many = {f"/bin/{n}": Use("2026-01-01T00:00:00Z", f"2026-01-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z", 1)
            for n in range(MOST_PROGRAMS + 50)}  # fmt: skip

    def change(used: dict[str, Used]) -> None:
        used |= {f"e{n}": Used("", many if n == 0 else dict(list(many.items())[:1])) for n in range(MOST_ENTRIES + 50)}

    change_store(str(tmp_path), change)
    read = read_store(str(tmp_path))
    assert len(read) == MOST_ENTRIES
    assert len(read["e0"].programs) == MOST_PROGRAMS
    assert "/bin/249" in read["e0"].programs


def test_without_an_agent_the_record_of_reads_tells(lab: Lab) -> None:
    assert lab.use("a.sh").returncode == 0
    assert sum(lab.programs().values()) == 1


def test_a_copy_of_a_vaulted_key_is_raised_and_says_why(lab: Lab) -> None:
    other = Fakes(56)
    text = "[default]\naws_access_key_id={}\naws_secret_access_key={}\n"
    lab.moving.write("one/credentials", text.format(KEY["AccessKeyId"], KEY["SecretAccessKey"]))
    lab.moving.write("two/credentials", text.format(other.key_id(), other.secret()))
    (one,), (two,) = lab.moving.findings("one"), lab.moving.findings("two")
    assert (one["severity"], two["severity"]) == ("critical", "high")
    assert "It is in the vault already, as 'work': this copy is a second use of it" in one["reasons"]
    assert not any("programs" in reason for reason in one["reasons"])
    lab.start()
    lab.use("a.sh")
    lab.use("b.py")
    (one,) = lab.moving.findings("one")
    (lab.moving.home / "one/credentials").unlink()
    assert "2 programs use 'work' out of the vault: never use one key for two things" in one["reasons"]

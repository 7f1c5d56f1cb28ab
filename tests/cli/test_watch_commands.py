"""status, pause, install, uninstall and config as a person meets them, where no daemon runs."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_memory import at

from keywatch.cli import install
from keywatch.cli.config import _toml
from keywatch.cli.main import main
from keywatch.config import Config, KeysConfig, SweepConfig, WatchConfig, parse_config, parse_time
from keywatch.memory import Memory
from keywatch.move.journal import Journal, Move, MoveState
from keywatch.severity import Severity


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("XDG_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def remember(home: Path, *paths: str) -> None:
    with Memory(str(home / ".local/state/keywatch")) as memory:
        for path in paths:
            memory.replace([path], [at(path, severity=Severity.CRITICAL, identity=path)], 1000.0, {path: "vim"})


def test_status_without_a_daemon_tells_what_was_remembered(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remember(home, f"{home}/.bashrc", "/tmp/odd\x1b[31m\nname")
    assert main(["status"]) == 3
    said = capsys.readouterr().out
    assert "no daemon answers: what follows is what was remembered" in said
    assert "2 critical" in said
    assert "~/.bashrc:3  AWS access key AKIA…WXYZ" in said
    assert "probably by vim" in said
    assert "\x1b" not in said
    assert r"odd\x1b[31m\nname" in said
    assert main(["status", "--json"]) == 3
    facts = json.loads(capsys.readouterr().out)
    assert facts["schema"] == "keywatch.status/1"
    assert facts["watching"] is False
    assert facts["daemon"] is None
    assert facts["findings"]["by_severity"] == {"critical": 2, "high": 0, "medium": 0, "low": 0, "info": 0}
    assert {each["place"]["path"] for each in facts["findings"]["all"]} == {
        f"{home}/.bashrc", r"/tmp/odd\x1b[31m\nname",
    }  # fmt: skip
    assert facts["findings"]["all"][0]["first_seen"] == 1000.0
    assert facts["moves"] == {"unfinished": []}


def test_status_where_nothing_ever_ran(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 3
    said = capsys.readouterr().out
    assert "keywatch install --user" in said
    assert "remembered" not in said
    assert not (home / ".local/state/keywatch").exists(), "asking makes nothing"


def test_many_findings_are_counted_not_listed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remember(home, *(f"/p{number}" for number in range(30)))
    main(["status"])
    said = capsys.readouterr().out
    assert "30 critical" in said
    assert "and 22 more" in said
    assert len(said.splitlines()) < 20


def test_a_move_that_was_cut_short_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    move = Move(
        id="cecf858c", made="2026-01-01T00:00:00Z", state=MoveState.STORED, entry="work", vault="/v", extra="",
        deposited=True, uid=os.getuid(), gid=os.getgid(), findings=("f1",), places=(f"{home}/.bashrc",),
        title="AWS access key", masked="AKIA…WXYZ",
    )  # fmt: skip
    with Journal(str(home / ".local/state/keywatch")) as journal:
        journal.begin(move)
        journal.begin(replace(move, id="0123abcd"))
        journal.set_state("0123abcd", MoveState.DONE)
    main(["status"])
    said = capsys.readouterr().out
    assert "cut short" in said
    assert "AKIA…WXYZ (cecf858c): keywatch recover ends it" in said
    assert "0123abcd" not in said
    main(["status", "--json"])
    (told,) = json.loads(capsys.readouterr().out)["moves"]["unfinished"]
    assert told == {"id": "cecf858c", "state": "stored", "made": "2026-01-01T00:00:00Z", "entry": "work"}


def brief(home: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-c",
        "from keywatch.cli.main import run; run()",
        "status",
        "--brief",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"HOME": str(home), "PATH": "/bin"})


def test_brief_is_one_line_and_loads_nothing_heavy(home: Path) -> None:
    done = brief(home)
    assert (done.returncode, done.stdout) == (0, ""), "nothing to say where nothing ever ran"
    remember(home, "/a", "/b")
    done = brief(home)
    assert done.stdout == (
        "keywatch: 2 keys in plaintext (2 critical): keywatch status; "
        "nothing watches: keywatch watch, or keywatch install --user\n"
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"argparse", "rich", "keywatch.report.text", "cryptography", "keyring", "watchdog", "hyperscan"}


def test_brief_never_fails_a_login(home: Path) -> None:
    state = home / ".local/state/keywatch"
    state.mkdir(parents=True)
    (state / "state.db").write_bytes(b"no database")
    done = brief(home)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["pause"], ["pause", "30m"], ["pause", "--resume"]])
def test_a_pause_without_a_daemon_is_an_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 3
    assert "no daemon watches" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["pause", "soon"], ["pause", "0s"], ["pause", "8d"], ["pause", "-5"], ["pause", "5m", "--resume"]]
)
def test_a_pause_that_makes_no_sense(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("keywatch: error: ")


def test_install_shows_what_it_would_do_and_does_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "--user", "--dry-run", "--vault", "/srv/my vault/50%.json"]) == 0
    said = capsys.readouterr().out
    assert "would write  ~/.config/systemd/user/keywatch.service" in said
    assert '--vault "/srv/my vault/50%%.json" --log journal' in said
    assert "would run    systemctl --user enable keywatch.service" in said
    assert "/usr/bin/keywatch" not in said
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_whose_service_must_be_said(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command]) == 2
    assert "say --user" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--homes", "--recovery-key", "--prepare"])
def test_what_goes_with_the_system_alone(option: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "--user", "--dry-run", option]) == 2
    assert "go with --system" in capsys.readouterr().err


def test_a_name_that_no_unit_can_hold_is_refused() -> None:
    assert install.systemd_word("/opt/it's $HOME") == '"/opt/it\'s $$HOME"'
    for word in ("a\nExecStartPre=/bin/evil", "\udcff"):
        with pytest.raises(install.UsageError):
            install.systemd_word(word)


def test_the_macos_agent_is_a_property_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as it can be told here: it was never run."""
    import plistlib

    monkeypatch.setattr(sys, "platform", "darwin")
    service = install._service(argparse.Namespace(user=True, vault=""))
    facts = plistlib.loads(service.text)
    assert facts["ProgramArguments"][-3:] == ["watch", "--log", "json"]
    assert facts["KeepAlive"] == {"SuccessfulExit": False}
    assert service.path.endswith("/Library/LaunchAgents/io.github.keywatch.plist")


def test_config_path_and_check(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / ".config/keywatch/keywatch.toml"
    assert main(["config", "path"]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert main(["config", "check"]) == 0
    assert "need not be" in capsys.readouterr().out
    file.parent.mkdir(parents=True)
    file.write_text("[watch]\nhome_swep = 1\n")
    assert main(["config", "check"]) == 2
    assert "did you mean 'home_sweep'?" in capsys.readouterr().err
    file.write_text('[sweep]\nrules = ["none.toml"]\n')
    assert main(["config", "check"]) == 2
    assert "there is no file" in capsys.readouterr().err
    file.write_text("[watch]\nquiet = 0.2\n")
    assert main(["config", "check"]) == 0
    assert "is right" in capsys.readouterr().out
    assert main(["config", "mend"]) == 2


@pytest.mark.parametrize("what", ["check", "show", "path"])
def test_root_is_told_that_the_systems_configuration_counts(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    """The agent reads policies there: another file beside it would say what does not hold."""
    system = tmp_path / "etc"
    system.mkdir()
    (system / "identity.cred").touch()
    (system / "keywatch.toml").write_text("[watch]\nquiet = 0.2\n")
    monkeypatch.setattr("keywatch.paths.SYSTEM_CONFIG", str(system))
    monkeypatch.setattr("keywatch.paths.SYSTEM_IDENTITY", str(system / "identity.cred"))
    monkeypatch.setattr("keywatch.paths.os.geteuid", lambda: 0)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert main(["config", what]) == 0
    quiet = capsys.readouterr()
    assert str(system / "keywatch.toml") in quiet.out and quiet.err == ""
    assert "of the system" in quiet.out or what == "path"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "mine"))
    assert main(["config", what]) == 0
    told = capsys.readouterr()
    assert told.out == quiet.out
    assert "XDG_CONFIG_HOME" in told.err and "XDG_STATE_HOME" in told.err
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    assert main(["config", what]) == 0
    own = capsys.readouterr()
    assert str(home / "mine/keywatch/keywatch.toml") in own.out and own.err == ""
    assert "of the system" not in own.out


def test_config_show_writes_times_as_a_person_does(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show"]) == 0
    shown = tomllib.loads(capsys.readouterr().out)
    assert shown["keys"]["max_age"] == "90d"
    assert {name: shown["watch"][name] for name in ("quiet", "poll", "recheck", "sweep", "home_sweep")} == {
        "quiet": "150ms", "poll": "5s", "recheck": "1m", "sweep": "15m", "home_sweep": "1d"
    }  # fmt: skip


@given(st.one_of(st.floats(0.01, 0.6), st.floats(1, 1e8), st.integers(1, 10**8).map(float), st.sampled_from([5400.0])))
def test_a_time_is_read_back_equal(seconds: float) -> None:
    text = _toml("quiet", seconds)
    (value,) = tomllib.loads(f"x = {text}").values()
    assert (parse_time(value) if isinstance(value, str) else float(value)) == seconds
    assert len(text) <= 12 or not seconds.is_integer()  # nine digits at most


def test_config_show_is_a_configuration_that_means_the_same(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show"]) == 0
    said = capsys.readouterr().out
    assert parse_config(said.encode(), "shown") == Config()
    settings = sum(len(kind.__dataclass_fields__) for kind in (SweepConfig, WatchConfig, KeysConfig))
    assert said.count("# the default") == settings
    file = home / ".config/keywatch/keywatch.toml"
    file.parent.mkdir(parents=True)
    text = (
        '[sweep]\nfail_on = "never"\nskip = ["a\\"b", "c\\\\d"]\nmax_file_size = "1M"\n'
        '[watch]\nsweep = "never"\nquiet = "250ms"\nalso = ["/x\\u001b[31m"]\nsystem = false\n'
        '[keys]\nmax_age = "never"\n[entries."my key"]\ndeny = true\nuids = [0, 5]\nexecutables = ["/bin/a"]\n'
    )
    file.write_text(text)
    assert main(["config", "show"]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert tomllib.loads(said)["watch"]["quiet"] == "250ms"
    assert parse_config(said.encode(), str(file)) == parse_config(text.encode(), str(file))

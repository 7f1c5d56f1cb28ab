"""The program itself: quick to start, private, and with one line for every error. Runs real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from keywatch.cli import main as program
from keywatch.cli.main import main
from keywatch.errors import SweepError

ROOT = Path(__file__).parents[2]
HEAVY = {
    "rich", "keyring", "cryptography", "psutil", "hyperscan", "tree_sitter", "watchdog", "sqlite3", "tomllib",
    "subprocess", "asyncio", "json", "difflib", "ctypes",
}  # fmt: skip


def python(code: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/nonexistent", **more}
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=60, env=env, cwd="/"
    )


def test_starting_imports_little() -> None:
    done = python("import keywatch.cli.main, sys, json; print(json.dumps(sorted(sys.modules)))")
    loaded = {name.split(".")[0] for name in done.stdout.strip().strip("[]").replace('"', "").split(", ")}
    # `json` is imported by the measuring line itself
    assert not loaded & (HEAVY - {"json"})
    done = python("import keywatch.cli.main, sys; print('json' in sys.modules)")
    assert done.stdout == "False\n"


def test_the_process_keeps_to_itself() -> None:
    code = """
import ctypes, os, resource
from keywatch.hardening import harden
harden()
print(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    done = python(code)
    assert done.stderr == ""
    if sys.platform.startswith("linux"):
        assert done.stdout == "0o77 (0, 0) 0\n"


def test_alone_it_helps() -> None:
    done = python("from keywatch.cli.main import run; run()")
    assert done.returncode == 0
    assert "examples:" in done.stdout


def test_as_a_module_it_is_the_same() -> None:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "keywatch", "--version"]
    assert subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.startswith("keywatch ")


def test_a_mistake_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--what\x1b"]) == 2
    err = capsys.readouterr().err
    assert err == "keywatch: error: unrecognized arguments: --what\\x1b: see keywatch sweep --help\n"


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(_options: object) -> int:
        raise error

    monkeypatch.setattr("keywatch.cli.rules.run_rules", fail)


def test_an_error_of_ours_is_its_message_and_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, SweepError("/x: gone"))
    assert main(["rules"]) == 3
    assert capsys.readouterr().err == "keywatch: error: /x: gone\n"


def test_a_bug_names_its_place_and_not_what_was_being_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, ValueError("MARKER of a secret"))
    monkeypatch.delenv("KEYWATCH_DEBUG", raising=False)
    assert main(["rules"]) == 3
    out, err = capsys.readouterr()
    assert "internal error: ValueError at test_main.py:" in err
    assert "MARKER" not in out + err
    assert "Traceback" not in err


def test_control_c_and_a_closed_pipe_are_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    assert main(["rules"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_goes_ends_it_quietly() -> None:
    code = """
import sys
from keywatch.cli import rules
from keywatch.cli.main import main
class Row:
    id, title, role = "x", "y" * 1000, None
    from keywatch.severity import Severity
    severity = Severity.LOW
rules._built_in = lambda: [Row] * 100000
sys.exit(main(["rules"]))
"""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(20) == program.BROKEN_PIPE


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert capsys.readouterr().out.startswith("aws-access-key ")
    assert main(["rules", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "aws-access-key"


@pytest.mark.e2e
@pytest.mark.parametrize("form", ["--verbose", "--quiet", "--json", "--sarif", "--csv"])
def test_no_report_holds_a_secret(tmp_path: Path, form: str) -> None:
    """The real sweep, real files, and keys that are made here."""
    from fakes import Fakes

    fakes = Fakes(7)
    key, secret, lone = fakes.key_id(), fakes.secret(), fakes.secret()
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / ".env").write_text(f"AWS_ACCESS_KEY_ID={key}\nAWS_SECRET_ACCESS_KEY={secret}\n")
    (tree / "x.json").write_text(f'{{"aws_secret_access_key": "{lone}"}}')
    (tree / "bad.toml").write_text(f'aws_secret_access_key = "{lone}\n[[[')
    done = python(
        "from keywatch.cli.main import run; run()", "sweep", form, "--no-cache", str(tree), HOME=str(tmp_path / "home")
    )
    assert done.returncode == 1, done.stderr
    for part in (key, secret, lone):
        assert part not in done.stdout + done.stderr
        assert part[6:20] not in done.stdout + done.stderr
    assert key[:4] in done.stdout and key[-4:] in done.stdout
    assert secret[:4] not in done.stdout.replace(key[:4], "")

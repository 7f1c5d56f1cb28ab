"""`keywatch sweep` around a sweep that is made up: what it asks for, writes, says and gives as exit status."""

from __future__ import annotations

import io
import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from madeup import ID, SECRET, finding, full_result

from keywatch.cli.arguments import parse
from keywatch.cli.sweep import run_sweep
from keywatch.errors import ConfigError, UsageError
from keywatch.model import Finding, Skipped, SweepResult
from keywatch.request import Interrupted, SweepRequest

LOW = finding("low", "/x", ID)
HIGH = finding("high", "/x", ID, SECRET)
INFO = finding("info", "/x", ID, SECRET, canary=True)

Progress = Callable[[str, int, int], None] | None


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    (folder / ".config/keywatch").mkdir(parents=True)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "NO_COLOR", "KEYWATCH_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(work)
    return folder


class Sweeper:
    """A sweep that remembers what it was asked and gives what it is told."""

    def __init__(self, *findings: Finding, result: SweepResult | None = None) -> None:
        self.result = result or SweepResult(findings=list(findings))
        self.request = SweepRequest()

    def __call__(self, request: SweepRequest, progress: Progress) -> SweepResult:
        self.request = request
        if progress is not None:
            progress("/x", 1, 1)
        return self.result


def run(*words: str, sweeper: Sweeper | None = None) -> int:
    return run_sweep(parse(["sweep", *words]), sweeper or Sweeper())


def asked(*words: str) -> SweepRequest:
    sweeper = Sweeper()
    run(*words, sweeper=sweeper)
    return sweeper.request


@pytest.mark.parametrize(
    ("findings", "words", "status"),
    [
        ((), (), 0),
        ((LOW,), (), 1),
        ((INFO,), (), 0),
        ((INFO,), ("--fail-on", "info"), 1),
        ((LOW,), ("--fail-on", "high"), 0),
        ((LOW, HIGH), ("--fail-on", "high"), 1),
        ((HIGH,), ("--fail-on", "never"), 0),
    ],
)
def test_the_status_tells_of_findings(
    home: Path, findings: tuple[Finding, ...], words: tuple[str, ...], status: int
) -> None:
    assert run(*words, sweeper=Sweeper(*findings)) == status


def test_what_was_asked_for_and_not_swept_is_named_and_goes_first(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skips = [Skipped("/a\x1b", "permission denied", asked=True), Skipped("/b", "a FIFO")]
    assert run(sweeper=Sweeper(result=SweepResult(findings=[HIGH], skipped=skips))) == 3
    out, err = capsys.readouterr()
    assert err == "keywatch: error: /a\\x1b: permission denied\n"
    assert "HIGH" in out


def test_the_configuration_counts_and_the_command_line_goes_first(home: Path, tmp_path: Path) -> None:
    (home / ".config/keywatch/keywatch.toml").write_text(
        '[sweep]\njobs = 2\nmax_file_size = "1M"\nrules = ["a.toml"]\nfail_on = "critical"\n'
    )
    request = asked("--rules", "b.toml")
    assert request.rules_files == (str(home / ".config/keywatch/a.toml"), "b.toml")
    assert (request.jobs, request.max_size) == (2, 1 << 20)
    request = asked("--jobs", "5", "--max-size", "3K")
    assert (request.jobs, request.max_size) == (5, 3072)
    assert run(sweeper=Sweeper(HIGH)) == 0
    assert run("--fail-on", "low", sweeper=Sweeper(HIGH)) == 1


def test_paths_and_flags_arrive(home: Path) -> None:
    request = asked("/a", "/b", "/a", "--home", "--processes", "--no-cache")
    assert request.paths == ("/a", "/b")
    assert (request.home, request.processes, request.use_cache, request.stdin) == (True, True, False, None)


def test_standard_input_is_read_to_a_limit(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"x" * 10)))
    request = asked("-")
    assert (request.stdin, request.paths) == (b"x" * 10, ())
    assert "xxx" not in repr(request)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"x" * 10)))
    assert run("-", "--max-size", "9") == 3
    assert "<stdin>: only its first 9 bytes were read" in capsys.readouterr().err


def test_ignore_files_are_gathered(home: Path, tmp_path: Path) -> None:
    (home / ".config/keywatch/ignore").write_text("one\n")
    (home / ".keywatchignore").write_text("two\n")
    (tmp_path / "work/.keywatchignore").write_text("three\n")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/.keywatchignore").write_text("four\n")
    (tmp_path / "named").write_text("five\n")
    work, tree = str(tmp_path / "work"), str(tmp_path / "tree")
    found = [(e.value, e.base) for e in asked("--ignore-file", str(tmp_path / "named")).ignore]
    assert found == [("one", "/"), ("two", str(home)), ("three", work), ("five", str(tmp_path))]
    found = [(e.value, e.base) for e in asked(tree, f"{tree}/file").ignore]
    assert found == [("one", "/"), ("four", tree), ("three", work)]


def test_a_swept_link_s_ignore_file_counts_for_both_names(home: Path, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/.keywatchignore").write_text("x\n")
    (tmp_path / "link").symlink_to(tmp_path / "tree")
    bases = [e.base for e in asked(str(tmp_path / "link")).ignore]
    assert bases == [str(tmp_path / "tree"), str(tmp_path / "link")]


def test_an_ignore_file_that_is_no_file_or_not_ours_does_not_count(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "work/.keywatchignore")
    assert asked().ignore == ()
    assert "is no regular file" in capsys.readouterr().out
    if os.geteuid() == 0:
        (home / ".keywatchignore").write_text("*\n")
        os.chown(home / ".keywatchignore", 54321, 54321)
        assert asked().ignore == ()
        assert "belongs to another account" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--ignore-file", "--baseline"])
def test_a_named_file_must_be_there(home: Path, option: str) -> None:
    with pytest.raises(ConfigError, match=r"/no/such: No such file"):
        run(option, "/no/such")


def test_a_baseline_arrives(home: Path, tmp_path: Path) -> None:
    report = tmp_path / "b.json"
    run("--json", "-o", str(report), sweeper=Sweeper(HIGH))
    baseline = asked("--baseline", str(report)).baseline
    assert baseline is not None
    assert baseline.identities == {(HIGH.identity, "/x")}


@pytest.mark.parametrize("form", ["--json", "--sarif", "--csv", "--quiet", "--verbose"])
def test_a_report_file_is_whole_and_private(home: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    path.chmod(0o644)
    assert run(form, "-o", str(path), sweeper=Sweeper(result=full_result())) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "old" not in path.read_text()[:4]
    assert [p.name for p in tmp_path.iterdir() if "part" in p.name] == []


def test_a_link_of_the_report_s_name_is_replaced_not_followed(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "report").symlink_to(target)
    run("--json", "-o", str(tmp_path / "report"))
    assert target.read_text() == "precious"
    assert not (tmp_path / "report").is_symlink()


def test_a_report_that_fails_leaves_the_old_one(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("keywatch.report.json.write", fail)
    with pytest.raises(RuntimeError):
        run("--json", "-o", str(path))
    assert path.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "report", "work"]


def test_a_report_goes_into_a_pipe(home: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_text()))
    reader.start()
    run("--json", "-o", str(tmp_path / "pipe"))
    reader.join(10)
    assert json.loads(got[0])["schema"] == "keywatch.sweep/1"


@pytest.mark.parametrize("path", ["/no/such/folder/x", "/"])
def test_an_impossible_output_is_said_before_the_sweep(home: Path, path: str) -> None:
    def never(_request: SweepRequest, _progress: Progress) -> SweepResult:
        raise AssertionError("swept")

    with pytest.raises(UsageError, match=path):
        run_sweep(parse(["sweep", "-o", path]), never)


def test_control_c_reports_what_was_found(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(_request: SweepRequest, _progress: Progress) -> SweepResult:
        raise Interrupted(SweepResult(findings=[HIGH]))

    assert run_sweep(parse(["sweep"]), stopped) == 130
    out = capsys.readouterr().out
    assert "HIGH" in out
    assert "Interrupted: this is what was found until then" in out


def test_colours_are_a_matter_of_terminal_and_wish(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def escapes(*words: str) -> bool:
        run(*words, sweeper=Sweeper(HIGH))
        return "\x1b[" in capsys.readouterr().out

    monkeypatch.setenv("TERM", "xterm")
    assert not escapes()
    assert escapes("--color", "always")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert escapes()
    assert not escapes("--color", "never")
    monkeypatch.setenv("TERM", "dumb")
    assert not escapes()

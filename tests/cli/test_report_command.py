"""`keywatch report`: a page or JSON of real sweeps, with the trend of earlier ones, and of many machines' files."""

from __future__ import annotations

import json
import sqlite3
import stat
from pathlib import Path

import pytest
from fakes import Fakes
from sweep.sweeping import Station


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


def leave_key(station: Station, seed: int = 1) -> str:
    fakes = Fakes(seed)
    secret = fakes.secret()
    (station.home / ".aws").mkdir(mode=0o700, exist_ok=True)
    path = station.home / ".aws/credentials"
    path.write_text(f"[default]\naws_access_key_id = {fakes.key_id()}\naws_secret_access_key = {secret}\n")
    path.chmod(0o600)
    return secret


def test_a_page_of_a_fresh_sweep(station: Station, tmp_path: Path) -> None:
    secret = leave_key(station)
    page = tmp_path / "keys.html"
    done = station.run("report", "--html", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "~/.aws/credentials:2" in text
    assert secret not in text
    assert secret.encode() not in (station.home / ".local/state/keywatch/state.db").read_bytes()
    assert b"keys.html: 1 finding of 1 machine" in done.stderr
    assert station.run("report", "--html", "-").stdout.startswith(b"<!DOCTYPE html>")


def test_sweeps_make_the_trend(station: Station, tmp_path: Path) -> None:
    leave_key(station)
    assert station.run("sweep", "-q").returncode == 1
    database = sqlite3.connect(station.home / ".local/state/keywatch/state.db")
    # as if that had been long ago
    database.execute("UPDATE totals SET day = '2025-01-31'")
    database.commit()
    database.close()
    (station.home / ".aws/credentials").unlink()
    # a sweep of a path, or of a baseline, is none that a trend could hold
    station.run("sweep", tmp_path)
    assert station.run("sweep", "--baseline", empty_report(station, tmp_path)).returncode == 0
    document = json.loads(station.run("report", "--json").stdout)
    [machine] = document["machines"]
    assert document["schema"] == "keywatch.report/1"
    assert machine["sweep"]["scope"] == "well-known"
    assert [(day["day"] == "2025-01-31", day["places"], day["keys"]["high"]) for day in machine["trend"]] == [
        (True, 1, 1),
        (False, 0, 0),
    ]


def empty_report(station: Station, tmp_path: Path) -> Path:
    path = tmp_path / "baseline.json"
    (tmp_path / "nothing").mkdir()
    assert station.run("sweep", "--json", "-o", path, tmp_path / "nothing").returncode == 0
    return path


def test_one_page_of_many_machines(station: Station, tmp_path: Path) -> None:
    names = []
    for number, name in enumerate(("alpha", "beta")):
        leave_key(station, number)
        path = tmp_path / f"{name}.json"
        command = ("report", "--json") if number else ("sweep", "--json", "--fail-on", "never")
        assert station.run(*command, "-o", path).returncode == 0
        document = json.loads(path.read_text())
        sweep = document["machines"][0]["sweep"] if number else document
        sweep["machine"] = name
        path.write_text(json.dumps(document))
        names.append(path)
    page = tmp_path / "all.html"
    done = station.run("report", "--html", page, "--merge", *names)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert "2 keys in 2 places" in text
    assert all(f'<th scope="row">{name}</th>' in text for name in ("alpha", "beta"))
    merged = json.loads(station.run("report", "--json", "--merge", *names).stdout)
    assert [m["sweep"]["machine"] for m in merged["machines"]] == ["alpha", "beta"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "one of the arguments --html --json is required"),
        (["--html", "a", "--json"], "not allowed with argument"),
        (["--html", "x.html", "-o", "y"], "leave out --output"),
        (["--html", "/nonexistent/x.html"], "there is no folder /nonexistent"),
        (["--json", "--merge", "/nonexistent.json"], "/nonexistent.json: No such file"),
        (["--json", "--home", "--merge", "/dev/null"], "leave out where to look"),
        (["--json", "--merge", "/dev/null"], "/dev/null: not valid JSON"),
    ],
)
def test_a_mistake_is_named(station: Station, words: list[str], message: str) -> None:
    done = station.run("report", *words)
    assert done.returncode == 2
    assert message in done.stderr.decode()
    assert not (station.base / "x.html").exists()


def test_what_was_asked_for_and_not_swept_is_told(station: Station, tmp_path: Path) -> None:
    done = station.run("report", "--html", tmp_path / "x.html", tmp_path / "missing")
    assert done.returncode == 3
    assert b"missing" in done.stderr
    assert "missing" in (tmp_path / "x.html").read_text(encoding="utf-8")

"""sweep/ahead.py: a sweep that has begun early finds what any other does. Real trees, real forks."""

from __future__ import annotations

import gzip
import os
import random
import time
from pathlib import Path

import pytest

from keywatch.paths import Homes
from keywatch.sweep.ahead import begin
from tests.fakes import Fakes
from tests.sweep.sweeping import Station

fakes = Fakes(17)


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


def key_text() -> str:
    return f"AWS_ACCESS_KEY_ID={fakes.key_id()}\nAWS_SECRET_ACCESS_KEY={fakes.secret()}\n"


def plant(root: Path, folders: int = 40, files: int = 5) -> list[Path]:
    """A tree of clean files that are old enough to be remembered."""
    made = []
    for folder in range(folders):
        below = root / f"d{folder % 7}" / f"e{folder}"
        below.mkdir(parents=True)
        for number in range(files):
            path = below / f"f{number}"
            path.write_text(f"nothing {folder} {number}\n" * 20)
            made.append(path)
    return made


def settle() -> None:
    """Files changed in the last two seconds are not remembered (state.py)."""
    time.sleep(2.1)


def summary(station: Station, tree: Path, *more: str) -> tuple[set[tuple[str, int]], set[str], dict[str, float]]:
    swept = station.sweep(tree, *more)
    found = {(f["place"]["path"], f["parts"][0]["line"]) for f in swept.findings}
    return found, {each["path"] for each in swept.report["skipped"]}, swept.report["summary"]


def test_an_unchanged_tree_is_not_read_and_not_even_a_rule_is_loaded(station: Station, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    made = plant(tree)
    settle()
    station.sweep(tree)
    _, _, counts = summary(station, tree)
    assert (counts["files"], counts["cached"], counts["bytes"]) == (len(made), len(made), 0)
    code = (
        "import sys; from keywatch.cli.main import main; status = main(sys.argv[1:]); "
        "print(status, 'keywatch.detect.rules' in sys.modules, 'hyperscan' in sys.modules)"
    )
    done = station.python("-c", code, "sweep", "--quiet", str(tree))
    assert done.stdout.split() == [b"0", b"False", b"False"], done.stderr


def test_whatever_changes_is_found_as_if_nothing_were_remembered(station: Station, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    made = plant(tree)
    rng = random.Random(5)
    settle()
    station.sweep(tree)
    for _round in range(4):
        path = rng.choice(made)
        path.write_text(key_text())
        rng.choice(made).unlink(missing_ok=True)
        extra = tree / f"new{_round}" / "deep"
        extra.mkdir(parents=True)
        (extra / "x").write_text(key_text())
        os.mkfifo(extra / "fifo")
        rng.choice(made).parent.joinpath("link").symlink_to(tree)
        if _round == 2:
            (tree / "d3").rename(tree / "d99")
            made = [each for each in made if each.exists()]
        expected = summary(station, tree, "--no-cache")
        got = summary(station, tree)
        assert got[:2] == expected[:2]
        assert got[2]["files"] == expected[2]["files"]
        assert got[2]["cached"] > 0
        made = [each for each in made if each.exists()]


def test_a_tree_of_which_most_is_new_is_swept_whole(station: Station, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    plant(tree, folders=3)
    settle()
    station.sweep(tree)
    plant(tree / "more", folders=400, files=1)
    (tree / "more" / "d0" / "e399" / "key").write_text(key_text())
    found, _, counts = summary(station, tree)
    assert len(found) == 1
    assert counts["files"] == 3 * 5 + 400 + 1


@pytest.mark.parametrize("more", [(), ("--no-cache",)])
def test_it_finds_what_is_found_without_it(more: tuple[str, ...], station: Station, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    made = plant(tree)
    for path in made[::9]:
        path.write_text(key_text())
    with gzip.open(tree / "old.gz", "wt") as file:
        file.write(key_text())
    os.mkfifo(tree / "fifo")
    early = summary(station, tree, *more)
    assert len(early[0]) == len(made[::9]) + 1
    (Path(station.home) / ".config" / "keywatch").mkdir(parents=True, exist_ok=True)
    (Path(station.home) / ".config" / "keywatch" / "keywatch.toml").write_text("")
    late = summary(station, tree, "--no-cache")
    assert early[:2] == late[:2]
    assert (early[2]["files"], early[2]["bytes"]) == (late[2]["files"], late[2]["bytes"])


def test_a_file_above_the_limit_is_told(station: Station, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    plant(tree)
    (tree / "large").write_text(key_text() + "x" * 3000)
    found, skipped, _ = summary(station, tree, "--max-size", "2000")
    assert not found
    assert skipped == {str(tree / "large")}


def test_a_tree_named_twice_is_swept_once(station: Station, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    made = plant(tree)
    (tmp_path / "link").symlink_to(tree)
    assert summary(station, tree, str(tree), str(tmp_path / "link"))[2]["files"] == len(made)


@pytest.mark.parametrize("hinder", ["config", "one job", "a file", "no path", "not our folder"])
def test_it_stands_aside(hinder: str, tmp_path: Path) -> None:
    homes = Homes(*(str(tmp_path / name) for name in ("config", "state", "cache", "run", "data")))
    for folder in homes[:5]:
        Path(folder).mkdir(mode=0o700)
    tree = tmp_path / "tree"
    tree.mkdir()
    paths = [str(tree)]
    if hinder == "config":
        (tmp_path / "config" / "keywatch.toml").write_text("")
    elif hinder == "a file":
        (tree / "x").write_text("")
        paths = [str(tree / "x")]
    elif hinder == "no path":
        paths = []
    elif hinder == "not our folder":
        Path(homes.state).chmod(0o777)
    ahead = begin(paths, homes, jobs=1 if hinder == "one job" else 2)
    if ahead is not None:
        ahead.dismiss()
    assert ahead is None


def test_it_begins_where_nothing_hinders(tmp_path: Path) -> None:
    homes = Homes(*(str(tmp_path / name) for name in ("config", "state", "cache", "run", "data")))
    (tmp_path / "tree").mkdir()
    ahead = begin([str(tmp_path / "tree")], homes, jobs=2)
    assert ahead is not None
    ahead.dismiss()

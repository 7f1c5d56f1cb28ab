"""The catalogue seen from its folders: the daemon watches what a sweep reads, folder by folder, name by name."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from places.test_catalogue import HOME_PLACES, SYSTEM_PLACES

from keywatch.places.base import Target
from keywatch.places.catalogue import home_targets, system_targets
from keywatch.places.envwalk import walk_env_files
from keywatch.places.outline import Spot, starting_spots, survey, survey_name, system_spots

#: what is no place, and what is one only in a project
OTHERS = (
    "notes.txt", ".aws/cli/cache/x", "work/.env", "work/a/b/c/d/e/f/.env", "work/a/.env.local", "work/venv/pyvenv.cfg",
    "work/venv/.env", "node_modules/x/.env", ".cache/x/.env", "work/node_modules/.env", ".config/other/.env",
    "a/.npmrc",    "Documents/.aws/credentials", "work/docker-compose.yml", ".config/environment.d/deep/x.conf",
)  # fmt: skip
TREES = st.lists(st.sampled_from((*HOME_PLACES, *OTHERS)), unique=True, max_size=20)
DEPTH = 4


def lay(root: Path, names: Iterable[str]) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def walk(spots: Iterable[Spot]) -> tuple[dict[str, Target], list[Spot]]:
    """All that the outline leads to."""
    waiting, seen = deque(spots), []
    found: dict[str, Target] = {}
    while waiting:
        spot = waiting.popleft()
        if spot in seen:
            continue
        seen.append(spot)
        here = survey(spot)
        for path, target in here.targets.items():
            found.setdefault(path, target)
        waiting += here.below
    return found, seen


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_it_leads_to_what_a_sweep_reads(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as root:
        home = os.path.realpath(root)
        lay(Path(home), names)
        spots, named = starting_spots(home, {}, DEPTH)
        found, _ = walk(spots)
        assert not named
        placed = {target.path: target.format for target in home_targets(home, {})}
        projects = {target.path for target in walk_env_files(home, depth=DEPTH, expired=lambda: False).targets}
        assert found.keys() == placed.keys() | projects
        assert {path: found[path].format for path in placed} == placed


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_one_name_is_what_it_is_among_all(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as root:
        home = os.path.realpath(root)
        lay(Path(home), names)
        _, spots = walk(starting_spots(home, {}, DEPTH)[0])
        for spot in spots:
            listed = survey(spot)
            if any(name == "pyvenv.cfg" for name in os.listdir(spot.path)):
                continue  # a virtual environment: the whole folder says so, one name does not
            targets: dict[str, Target] = {}
            below: list[Spot] = []
            for name in sorted(os.listdir(spot.path)):
                one = survey_name(spot, name)
                targets |= {path: target for path, target in one.targets.items() if os.path.lexists(path)}
                below += one.below
            assert targets.keys() == listed.targets.keys()
            assert sorted(each.path for each in below) == sorted(each.path for each in listed.below)


def test_the_systems_places_too(tmp_path: Path) -> None:
    lay(tmp_path, SYSTEM_PLACES)
    found, _ = walk(system_spots(str(tmp_path)))
    assert found.keys() == {target.path for target in system_targets(str(tmp_path))}


def test_a_name_that_is_not_there_yet_is_known(tmp_path: Path) -> None:
    spots, _ = starting_spots(str(tmp_path), {}, DEPTH)
    assert str(tmp_path / ".bashrc") in survey_name(spots[0], ".bashrc").targets
    assert not survey_name(spots[0], "holiday.jpg").targets
    assert survey(Spot(str(tmp_path / "none"), spots[0].node)).targets == {}


def test_variables_name_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "zsh").mkdir()
    env = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "elsewhere/keys"), "ZDOTDIR": str(tmp_path / "zsh")}
    spots, named = starting_spots(str(tmp_path), env, DEPTH)
    assert [target.path for target in named] == [str(tmp_path / "elsewhere/keys")]
    assert str(tmp_path / "zsh") in [spot.path for spot in spots]


def test_links_lead_on_and_are_named(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    for folder in (home, other / "aws"):
        folder.mkdir(parents=True)
    (home / ".aws").symlink_to(other / "aws")
    (home / ".bashrc").symlink_to(other / "bashrc")
    (home / "pictures").symlink_to(other)
    (home / ".kube").symlink_to(other / "not-there-yet")
    found = survey(starting_spots(str(home), {}, DEPTH)[0][0])
    assert found.links == {str(home / name) for name in (".aws", ".bashrc", ".kube")}
    assert str(home / ".aws") in [spot.path for spot in found.below]
    assert str(home / ".bashrc") in found.targets

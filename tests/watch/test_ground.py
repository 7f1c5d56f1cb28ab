"""What is watched: after any changes that were heard of, the same as if it were looked at afresh. Silent ears."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keywatch.places.base import Target
from keywatch.places.outline import starting_spots
from keywatch.watch.ears import Heard
from keywatch.watch.ground import Ground


class Ears:
    """Notes what is listened to. `refuse`: the error number of every folder, or of those after so many."""

    fd = -1

    def __init__(self, refuse: int = 0, after: int = 0) -> None:
        self.folders: set[str] = set()
        self._refuse = refuse
        self._after = after

    def listen(self, folder: str) -> None:
        if self._refuse and len(self.folders) >= self._after:
            raise OSError(self._refuse, os.strerror(self._refuse))
        assert os.path.realpath(folder) == folder
        self.folders.add(folder)

    def ignore(self, folder: str) -> None:
        self.folders.discard(folder)

    def take(self) -> Heard:
        return Heard()

    def close(self) -> None:
        """Nothing to end."""


class Lab:
    def __init__(self, home: Path, ears: Ears | None = None, most: int = 1000) -> None:
        self.home = home
        self.dirty: list[str] = []
        self.ears = ears or Ears()
        self.ground = Ground(self.ears, lambda target: self.dirty.append(target.path), most)
        spots, _named = starting_spots(str(home), {}, 4)
        self.ground.add(spots)
        self.dirty.clear()

    def hear(self, path: Path) -> None:
        self.ground.heard(os.path.realpath(path.parent), path.name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def test_a_place_is_watched_before_it_exists(home: Path) -> None:
    lab = Lab(home)
    assert lab.ears.folders == {str(home)}
    (home / ".aws").mkdir()
    (home / ".aws/credentials").write_text("x")
    lab.hear(home / ".aws")
    assert str(home / ".aws") in lab.ears.folders
    assert set(lab.dirty) == {str(home / ".aws/credentials")}
    target = lab.ground.targets[str(home / ".aws/credentials")]
    assert target.format


def test_what_is_no_place_is_not_dirty(home: Path) -> None:
    lab = Lab(home)
    (home / "holiday.jpg").write_text("x")
    lab.hear(home / "holiday.jpg")
    assert lab.dirty == []


def test_what_goes_is_dirty_once(home: Path) -> None:
    (home / ".bashrc").write_text("x")
    lab = Lab(home)
    (home / ".bashrc").unlink()
    lab.hear(home / ".bashrc")
    lab.hear(home / ".bashrc")
    assert lab.dirty.count(str(home / ".bashrc")) >= 1
    assert (
        str(home / ".bashrc") not in lab.ground.targets
        or lab.ground.folders[str(home)].files.get(str(home / ".bashrc")) is None
    )


def test_a_link_is_followed_to_every_folder_on_its_way(home: Path, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    (tmp_path / "three/real").write_text("x")
    (tmp_path / "two/hop").symlink_to("../three/real")
    (tmp_path / "link").symlink_to("two")
    (home / ".bashrc").symlink_to(tmp_path / "link/hop")
    lab = Lab(home)
    assert {str(tmp_path), str(tmp_path / "two"), str(tmp_path / "three")} <= lab.ears.folders
    lab.ground.heard(str(tmp_path / "three"), "real")
    assert set(lab.dirty) == {str(home / ".bashrc")}
    lab.ground.heard(str(tmp_path / "three"), "unrelated")
    assert set(lab.dirty) == {str(home / ".bashrc")}
    (home / ".bashrc").unlink()
    lab.hear(home / ".bashrc")
    assert lab.ears.folders == {str(home)}, "nothing is listened to for a link that is gone"


def test_a_folder_that_a_link_waits_for_is_watched_when_it_comes(home: Path, tmp_path: Path) -> None:
    (home / ".aws").symlink_to(tmp_path / "stick/aws")
    lab = Lab(home)
    (tmp_path / "stick/aws").mkdir(parents=True)
    (tmp_path / "stick/aws/credentials").write_text("x")
    lab.hear(tmp_path / "stick")
    assert set(lab.dirty) == {str(home / ".aws/credentials")}
    assert str(tmp_path / "stick/aws") in lab.ears.folders


def test_links_in_a_circle_end(home: Path) -> None:
    (home / ".bashrc").symlink_to(".profile")
    (home / ".profile").symlink_to(".bashrc")
    (home / ".aws").symlink_to(".aws")
    lab = Lab(home)
    lab.hear(home / ".bashrc")
    assert lab.ears.folders == {str(home)}


def test_a_folder_that_is_replaced_is_watched_anew(home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws/credentials").write_text("x")
    lab = Lab(home)
    (home / ".aws").rename(home / "old")
    (home / ".aws").mkdir()
    (home / ".aws/config").write_text("x")
    lab.ground.compare(100)  # nothing was heard at all
    assert str(home / ".aws/config") in lab.dirty
    assert str(home / ".aws/credentials") in lab.dirty
    lab.dirty.clear()
    (home / ".aws/credentials").write_text("y")
    lab.hear(home / ".aws/credentials")
    assert set(lab.dirty) == {str(home / ".aws/credentials")}


def test_what_changed_unheard_is_found_by_polling(home: Path) -> None:
    (home / ".bashrc").write_text("x")
    (home / ".profile").write_text("x")
    lab = Lab(home)
    (home / ".bashrc").write_text("longer")
    (home / ".zshrc").write_text("new")
    (home / ".profile").unlink()
    lab.ground.poll(everything=False)
    assert lab.dirty == [], "the folder is not blind"
    lab.ground.poll(everything=True)
    assert sorted(lab.dirty) == [str(home / name) for name in (".bashrc", ".profile", ".zshrc")]
    lab.dirty.clear()
    lab.ground.poll(everything=True)
    assert lab.dirty == []


def test_what_was_written_to_known_files_unheard_is_found_by_a_look_at_each(home: Path) -> None:
    (home / ".bashrc").write_text("x")
    (home / ".profile").write_text("x")
    (home / "named").write_text("x")
    lab = Lab(home)
    lab.ground.name([Target(str(home / "named"))])
    lab.dirty.clear()
    (home / ".bashrc").write_text("longer")
    (home / "named").write_text("longer")
    (home / ".profile").unlink()
    lab.ground.look_again(linked=True)
    assert lab.dirty == [], "neither has another name"
    lab.ground.look_again(linked=False)
    assert sorted(lab.dirty) == [str(home / name) for name in (".bashrc", ".profile", "named")]
    lab.dirty.clear()
    lab.ground.look_again(linked=False)
    assert lab.dirty == []
    (home / "other").hardlink_to(home / ".bashrc")
    lab.ground.look_again(linked=False)
    lab.dirty.clear()
    (home / "other").write_text("longest")
    lab.ground.look_again(linked=True)
    assert lab.dirty == [str(home / ".bashrc")]


@pytest.mark.parametrize(
    ("number", "sysctl"),
    [(errno.ENOSPC, "fs.inotify.max_user_watches"), (errno.EMFILE, "fs.inotify.max_user_instances")],
)
def test_where_listening_fails_it_polls_and_names_the_sysctl(home: Path, number: int, sysctl: str) -> None:
    (home / ".aws").mkdir()
    lab = Lab(home, Ears(refuse=number, after=1))
    assert any(sysctl in text for text in lab.ground.problems.values())
    assert set(lab.ground.blind) == {str(home / ".aws")}
    (home / ".aws/credentials").write_text("x")
    lab.ground.poll(everything=False)
    assert set(lab.dirty) == {str(home / ".aws/credentials")}


def test_more_project_folders_than_allowed_are_left_out_and_said(home: Path) -> None:
    for number in range(20):
        (home / f"p{number:02}").mkdir()
    (home / ".aws").mkdir()
    lab = Lab(home, most=5)
    assert "project folders are not watched" in lab.ground.problems["folders"]
    assert str(home / ".aws") in lab.ears.folders, "a place is watched whatever the limit"
    assert len(lab.ears.folders) <= 6


def test_a_named_file_is_watched_and_let_go(home: Path, tmp_path: Path) -> None:
    lab = Lab(home)
    far = tmp_path / "not/there/yet"
    lab.ground.name([Target(str(far))])
    assert set(lab.dirty) == {str(far)}
    assert str(tmp_path) in lab.ears.folders, "the nearest folder that is there"
    far.parent.mkdir(parents=True)
    lab.hear(tmp_path / "not")
    assert str(far.parent) in lab.ears.folders
    far.write_text("x")
    lab.dirty.clear()
    lab.hear(far)
    assert set(lab.dirty) == {str(far)}
    lab.ground.unname(str(far))
    assert lab.ears.folders == {str(home)}


NAMES = (".aws", ".aws/credentials", ".config", ".config/environment.d", ".config/environment.d/a.conf", ".bashrc",
         "work", "work/.env", "work/deep", "work/deep/.env", ".env")  # fmt: skip
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("write", "mkdir", "remove", "link", "rename")), st.sampled_from(NAMES), st.sampled_from(NAMES)
    ),
    min_size=3,
    max_size=25,
)


def apply(home: Path, what: str, path: Path, other: Path) -> list[Path]:
    """One change to a tree; the names of which the kernel would tell. Nothing where it can't be done."""
    if what in ("write", "mkdir"):
        made = next((above for above in reversed(path.parents) if not above.exists()), path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if what == "mkdir":
            path.mkdir()
        else:
            path.write_text(path.read_text() + "x" if path.is_file() else "x")
        return [made, path]
    if what == "rename" and not path.exists():
        path, other = other, path
    if what == "remove" and path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif what == "remove":
        path.unlink()
    elif what == "link":
        path.symlink_to(other)
    else:
        path.rename(other)
        return [path, other]
    return [path]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_after_any_changes_it_knows_what_a_fresh_look_would(steps: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        home = Path(root).resolve() / "home"
        home.mkdir()
        lab = Lab(home)
        for what, name, other in steps:
            before = {path: os.path.realpath(path) for path in lab.ground.posts}
            try:
                changed = apply(home, what, home / name, home / other)
            except (OSError, RuntimeError):
                continue
            for real in before:
                if not os.path.isdir(real):
                    lab.ground.ended(real)
            lab.dirty.clear()
            for path in changed:
                lab.hear(path)
            if what == "write":
                written = os.path.realpath(home / name)
                lab.hear(Path(written))
                known = {path for path in Lab(home).ground.targets if os.path.realpath(path) == written}
                assert known <= set(lab.dirty), "whatever name a place has, a write to it is noticed"
        lab.ground.poll(everything=True)  # what the kernel tells in an order of its own
        fresh = Lab(home)
        there = lambda ground: {path for path in ground.targets if os.path.lexists(path)}  # noqa: E731
        assert there(lab.ground) == there(fresh.ground)
        assert lab.ears.folders >= fresh.ears.folders
        assert set(lab.ground.folders) == set(fresh.ground.folders)

"""Opening places as one who may read everything: a person's link leads to that person's files alone."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from keywatch.places import read
from keywatch.places.read import open_place

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")

ANNA, BEN = 4001, 4002


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    read.reads_everything.cache_clear()
    yield
    read.reads_everything.cache_clear()


def give(path: Path, uid: int) -> Path:
    os.chown(path, uid, uid, follow_symlinks=False)
    return path


def home(tmp_path: Path, uid: int) -> Path:
    folder = tmp_path / f"home-{uid}"
    folder.mkdir(mode=0o700)
    return give(folder, uid)


def file(path: Path, text: str, uid: int) -> Path:
    path.write_text(text)
    return give(path, uid)


def link(path: Path, target: Path | str, uid: int) -> Path:
    path.symlink_to(target)
    return give(path, uid)


def content(path: Path) -> str:
    fd = open_place(str(path))
    try:
        return os.read(fd, 1000).decode()
    finally:
        os.close(fd)


def test_own_links_are_followed(tmp_path: Path) -> None:
    anna = home(tmp_path, ANNA)
    file(anna / "dotfiles", "mine", ANNA)
    link(anna / ".bashrc", "dotfiles", ANNA)
    link(anna / ".profile", anna / ".bashrc", ANNA)
    link(anna / "up", f"../{anna.name}/./dotfiles", ANNA)
    assert {content(anna / name) for name in (".bashrc", ".profile", "up", "dotfiles")} == {"mine"}


def test_roots_own_links_are_followed(tmp_path: Path) -> None:
    anna = home(tmp_path, ANNA)
    file(anna / ".bashrc", "mine", ANNA)
    link(tmp_path / "linked", anna, 0)
    assert content(tmp_path / "linked/.bashrc") == "mine"


@pytest.mark.parametrize("owner", [0, BEN])
def test_a_link_to_what_another_owns_is_refused(tmp_path: Path, owner: int) -> None:
    anna = home(tmp_path, ANNA)
    other = file(tmp_path / "other", "secret", owner)
    link(anna / ".bashrc", other, ANNA)
    folder = tmp_path / "folder"
    folder.mkdir()
    file(folder / "credentials", "secret", owner)
    link(anna / ".aws", folder, ANNA)
    link(anna / "again", ".bashrc", ANNA)
    link(tmp_path / "by-root", anna / ".bashrc", 0)
    for path in (anna / ".bashrc", anna / ".aws/credentials", anna / "again", tmp_path / "by-root"):
        with pytest.raises(PermissionError, match="does not own"):
            open_place(str(path))


def test_no_loop_and_no_device_holds_it(tmp_path: Path) -> None:
    anna = home(tmp_path, ANNA)
    link(anna / "a", "b", ANNA)
    link(anna / "b", "a", ANNA)
    os.mkfifo(anna / "fifo")
    link(anna / "zero", "/dev/zero", ANNA)
    for name in ("a", "fifo", "zero", "."):
        with pytest.raises(OSError, match=r"links|fifo|own|folder|device"):
            open_place(str(anna / name))
    with pytest.raises(FileNotFoundError):
        open_place(str(anna / "absent"))


@pytest.mark.parametrize("what", ["file", "folder"])
def test_swapped_while_it_is_opened_it_never_gives_anothers_bytes(tmp_path: Path, what: str) -> None:
    """A file of the person's own, and a link to another's, exchanged as fast as can be."""
    anna = home(tmp_path, ANNA)
    if what == "file":
        victim = file(tmp_path / "victim", "secret", BEN)
        place = anna / ".bashrc"
        own, bad = file(anna / "own", "mine", ANNA), link(anna / "bad", victim, ANNA)
        at = place
    else:
        victim = tmp_path / "victim"
        victim.mkdir()
        file(victim / "credentials", "secret", BEN)
        place = anna / ".aws/credentials"
        own, bad = give_folder(anna / "own"), link(anna / "bad", victim, ANNA)
        file(own / "credentials", "mine", ANNA)
        at = anna / ".aws"
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for each in (own, bad):
                os.rename(each, at)
                os.rename(at, each)

    thread = threading.Thread(target=swap)
    thread.start()
    seen: dict[str, int] = {}
    try:
        for _ in range(4000):
            try:
                told = content(place)
            except OSError as error:
                told = type(error).__name__
            seen[told] = seen.get(told, 0) + 1
    finally:
        done.set()
        thread.join()
    assert "secret" not in seen, seen
    assert seen.get("mine", 0) + seen.get("PermissionError", 0) > 0, seen


def give_folder(path: Path) -> Path:
    path.mkdir()
    return give(path, ANNA)


def test_whoever_may_not_read_everything_opens_as_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "reads_everything", lambda: False)
    other = file(tmp_path / "other", "theirs", BEN)
    link(tmp_path / "link", other, ANNA)
    assert content(tmp_path / "link") == "theirs"

"""What is heard of real folders, by the names that changed; and what is said when a folder is no longer the same."""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemonlab import wait_for

from keywatch.watch import ears as module
from keywatch.watch.ears import DeafEars, Heard, InotifyEars, Notes, open_ears

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux'")


@pytest.fixture
def ears() -> Iterator[InotifyEars]:
    notes = Notes()
    ears = InotifyEars(notes)
    yield ears
    ears.close()
    notes.close()


def gather(ears: InotifyEars, enough: Callable[[Heard], bool]) -> Heard:
    """All that is heard until it is enough."""
    heard = Heard()

    def more() -> bool:
        new = ears.take()
        heard.names |= new.names
        heard.ended |= new.ended
        heard.overflow |= new.overflow
        return enough(heard)

    wait_for(more)
    return heard


def test_a_name_is_heard_and_the_pipe_tells(ears: InotifyEars, tmp_path: Path) -> None:
    ears.listen(str(tmp_path))
    assert not select.select([ears.fd], [], [], 0)[0]
    (tmp_path / "a").write_text("x")
    assert select.select([ears.fd], [], [], 20)[0]
    heard = gather(ears, lambda heard: bool(heard.names))
    assert heard.names == {(str(tmp_path), "a")}
    assert not heard.ended
    os.rename(tmp_path / "a", tmp_path / "b")
    gather(ears, lambda heard: {(str(tmp_path), "a"), (str(tmp_path), "b")} <= heard.names)


def test_names_that_are_no_utf8_are_heard(ears: InotifyEars, tmp_path: Path) -> None:
    ears.listen(str(tmp_path))
    with open(os.fsencode(tmp_path) + b"/\xff\xfe", "w"):
        pass
    gather(ears, lambda heard: (str(tmp_path), "\udcff\udcfe") in heard.names)


@pytest.mark.parametrize("how", ["remove", "move"])
def test_a_folder_that_goes_has_ended(ears: InotifyEars, tmp_path: Path, how: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    ears.listen(str(folder))
    if how == "remove":
        folder.rmdir()
    else:
        folder.rename(tmp_path / "other")
    gather(ears, lambda heard: str(folder) in heard.ended)
    folder.mkdir()
    ears.listen(str(folder))
    (folder / "a").write_text("x")
    gather(ears, lambda heard: (str(folder), "a") in heard.names)


def test_what_is_ignored_is_not_heard(ears: InotifyEars, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        ears.listen(str(tmp_path / name))
    ears.ignore(str(tmp_path / "one"))
    ears.take()
    (tmp_path / "one/a").write_text("x")
    (tmp_path / "two/a").write_text("x")
    heard = gather(ears, lambda heard: (str(tmp_path / "two"), "a") in heard.names)
    assert not [name for name in heard.names if name[0].endswith("/one")]


def test_a_folder_is_listened_to_twice_and_heard_once(ears: InotifyEars, tmp_path: Path) -> None:
    ears.listen(str(tmp_path))
    ears.listen(str(tmp_path))
    (tmp_path / "a").write_text("x")
    gather(ears, lambda heard: (str(tmp_path), "a") in heard.names)
    ears.ignore(str(tmp_path))
    ears.take()


@pytest.mark.parametrize(
    ("make", "number"),
    [
        (lambda path: None, errno.ENOENT),
        (lambda path: path.write_text(""), errno.ENOTDIR),
        (lambda path: path.symlink_to("/"), errno.ENOTDIR),
    ],
)
def test_what_is_no_folder_is_an_error(
    ears: InotifyEars, tmp_path: Path, make: Callable[[Path], object], number: int
) -> None:
    make(tmp_path / "x")
    with pytest.raises(OSError) as caught:
        ears.listen(str(tmp_path / "x"))
    assert caught.value.errno == number


def test_too_many_names_are_an_overflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_HEARD", 3)
    notes = Notes()
    for number in range(5):
        notes.hear("/f", str(number))
    heard = notes.take()
    assert heard.overflow
    assert len(heard.names) == 3
    assert notes.take() == Heard()
    notes.close()


def test_without_an_instance_it_is_deaf_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_notes: Notes) -> None:
        raise OSError(errno.EMFILE, "no")

    monkeypatch.setattr(module, "InotifyEars", refuse)
    notes = Notes()
    ears = open_ears(notes)
    assert isinstance(ears, DeafEars)
    with pytest.raises(OSError) as caught:
        ears.listen("/")
    assert caught.value.errno == errno.EMFILE
    notes.wake()
    assert select.select([ears.fd], [], [], 0)[0]
    assert ears.take() == Heard()
    notes.close()

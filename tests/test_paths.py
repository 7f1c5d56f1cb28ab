"""paths.py: the XDG folders, private folders, and the installation's key."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keywatch.errors import StateError
from keywatch.paths import installation_key, real_path, user_homes


def test_folders_follow_xdg_and_ignore_relative_values() -> None:
    homes = user_homes({"HOME": "/h", "XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "relative", "XDG_RUNTIME_DIR": "/r"})
    assert (homes.state, homes.cache, homes.config, homes.runtime) == (
        "/s/keywatch", "/h/.cache/keywatch", "/h/.config/keywatch", "/r/keywatch",
    )  # fmt: skip


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = str(tmp_path / "state")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: installation_key(folder), range(32)))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert stat.S_IMODE(os.stat(f"{folder}/installation.key").st_mode) == 0o600
    assert os.listdir(folder) == ["installation.key"]


@pytest.mark.parametrize("spoil", ["mode", "size", "link"])
def test_a_spoilt_key_is_refused_and_kept(tmp_path: Path, spoil: str) -> None:
    folder = str(tmp_path / "state")
    installation_key(folder)
    path = Path(folder, "installation.key")
    if spoil == "mode":
        path.chmod(0o644)
    elif spoil == "size":
        path.write_bytes(b"short")
    else:
        path.rename(tmp_path / "moved")
        path.symlink_to(tmp_path / "moved")
    with pytest.raises(StateError, match=r"installation\.key"):
        installation_key(folder)


def test_a_link_that_goes_while_it_is_looked_at_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `os.path.realpath` meets when somebody takes the link away after its lstat(2)."""
    link = tmp_path / "link"
    link.symlink_to("target")
    read = os.readlink

    def gone(path: str) -> str:
        monkeypatch.setattr("os.readlink", read)
        link.unlink()
        return read(path)

    monkeypatch.setattr("os.readlink", gone)
    assert real_path(str(link)) == str(link)

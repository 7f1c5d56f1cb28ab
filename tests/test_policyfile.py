"""What commands set in a policy: every other line stays, and what would not read back as meant is not written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.config import EntryPolicy, read_config
from keywatch.errors import ConfigError
from keywatch.policyfile import difference, set_keys, write_keys

SET = {"session": "true", "duration": "7200"}


def policy(folder: Path, name: str = "work") -> EntryPolicy:
    return read_config(str(folder / "keywatch.toml")).entries[name]


def test_a_new_file_and_its_change(tmp_path: Path) -> None:
    folder = tmp_path / "keywatch"
    path = Path(write_keys(str(folder), "work", SET, "why"))
    assert path == folder / "conf.d/work.toml"
    assert path.read_text() == '# why\n[entries."work"]\nsession = true\nduration = 7200\n'
    assert path.stat().st_mode & 0o777 == 0o600
    write_keys(str(folder), "Work", {"session": None, "duration": None}, "why")
    assert path.read_text() == '# why\n[entries."work"]\n'


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("head", ["[entries.work]", '[ entries . "Work" ] # mine', "[entries.'WORK']"])
def test_where_the_section_stands_it_is_changed_and_nothing_else(tmp_path: Path, head: str, newline: str) -> None:
    text = f"# mine\n[watch]\nquiet = 0.2\n\n{head}\n# only me\nask = true # yes\nduration = 900\n\n"
    text += "[entries.other]\ndeny = true\n"
    path = tmp_path / "keywatch.toml"
    path.write_bytes(text.replace("\n", newline).encode())
    assert write_keys(str(tmp_path), "work", SET, "why") == str(path)
    wanted = text.replace(f"{head}\n", f"{head}\nsession = true\n").replace("duration = 900", "duration = 7200")
    assert path.read_bytes() == wanted.replace("\n", newline).encode()
    assert policy(tmp_path) == EntryPolicy(ask=True, session=True, duration=7200)
    assert policy(tmp_path, "other").deny


def test_the_last_file_that_has_the_section_counts(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "keywatch.toml").write_text("[entries.work]\nask = true\n")
    (tmp_path / "conf.d/a.toml").write_text("[entries.work]\nuids = [7]")
    assert write_keys(str(tmp_path), "work", SET, "why") == str(tmp_path / "conf.d/a.toml")
    assert policy(tmp_path) == EntryPolicy(uids=(7,), session=True, duration=7200)


@pytest.mark.parametrize(
    "text",
    [
        "[entries]\nwork = {ask = true}\n",
        "entries.work.ask = true\n",
        "[entries]\nwork.ask = true\n",
        "[entries.work]\nduration = 1_0\\\n00\n",
        '[entries.work]\n"duration" = 1000\n',
    ],
)
def test_what_can_not_be_edited_is_said_and_left(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keywatch.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        write_keys(str(tmp_path), "work", SET, "why")
    assert path.read_text() == text
    assert "session = true" in str(caught.value) or "not valid TOML" in str(caught.value)


def test_a_file_that_is_a_link_is_left_to_its_owner(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("[entries.work]\nask = true\n")
    folder = tmp_path / "keywatch"
    folder.mkdir()
    (folder / "keywatch.toml").symlink_to(tmp_path / "real.toml")
    with pytest.raises(ConfigError, match="symlink"):
        write_keys(str(folder), "work", SET, "why")
    assert (tmp_path / "real.toml").read_text() == "[entries.work]\nask = true\n"


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_difference_makes_the_one_from_the_other(old: bytes, new: bytes) -> None:
    span, text = difference(old, new)
    assert old[: span.start] + text + old[span.end :] == new


@given(st.binary(max_size=200))
def test_any_bytes_are_edited_or_have_no_such_section(content: bytes) -> None:
    new = set_keys(content, "work", SET)
    assert new is None or b"session = true" in new

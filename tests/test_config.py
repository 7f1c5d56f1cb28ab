"""The configuration file: defaults, refusals that help, and that its documentation is true."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.config import (
    Config,
    EntryPolicy,
    KeysConfig,
    SweepConfig,
    WatchConfig,
    parse_config,
    parse_size,
    read_config,
)
from keywatch.errors import ConfigError
from keywatch.severity import Severity

DOC = Path(__file__).parent.parent / "docs" / "configuration.md"


def test_without_a_file_all_is_default(tmp_path: Path) -> None:
    assert read_config(str(tmp_path / "none.toml")) == Config()
    assert parse_config(b"", "x") == Config()


def test_every_key_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keywatch.toml"
    path.write_text(
        '[sweep]\nmax_file_size = "2M"\njobs = 3\nhome_depth = 2\narchive_depth = 1\n'
        'skip = ["*.iso"]\nfail_on = "high"\nrules = ["mine.toml", "/abs.toml"]\n'
    )
    sweep = read_config(str(path)).sweep
    assert sweep == SweepConfig(2 << 20, 3, 2, 1, ("*.iso",), Severity.HIGH, (str(tmp_path / "mine.toml"), "/abs.toml"))
    assert parse_config(b'[sweep]\nfail_on = "never"', "x").sweep.fail_on is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sweep]\nmax_file_sise = 1", "unknown key 'max_file_sise': did you mean 'max_file_size'?"),
        ("[swep]\n", "unknown section 'swep': did you mean 'sweep'?"),
        ("[sweep]\nzzz = 1", "known: max_file_size, jobs"),
        ("sweep = 3", "write [sweep]"),
        ("[sweep]\njobs = true", "[sweep] jobs: expected a whole number from 0 to 256"),
        ("[sweep]\njobs = 257", "0 to 256"),
        ('[sweep]\nmax_file_size = "64 elephants"', "is no size"),
        ("[sweep]\nmax_file_size = 0", "at least one byte"),
        ("[sweep]\nmax_file_size = 1.5", "expected a size"),
        ('[sweep]\nskip = "x"', "expected a list of texts"),
        ('[sweep]\nskip = [""]', "expected a list of texts"),
        ('[sweep]\nfail_on = "grave"', "'grave' is no severity"),
        ("[sweep]\nfail_on = 3", "expected one of"),
        ("[sweep\n", "not valid TOML"),
        ("a = " + "[" * 100_000, "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text.encode(), "/etc/x.toml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("/etc/x.toml")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[entries.work]\nallow = 1\n", "unknown key 'allow'"),
        ("[entries.work]\ndeny = 1\n", "[entries.work] deny: expected true or false"),
        ("[entries.work]\nuids = ['a']\n", "user ids"),
        ("[entries.work]\nexecutables = ['aws']\n", "absolute paths"),
        ("[entries]\nwork = 1\n", "[entries.NAME]"),
        ("entries = 1\n", "[entries.NAME]"),
    ],
)
def test_what_is_wrong_with_a_policy_is_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse_config(text.encode(), "x")


def test_a_file_that_is_no_text_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"x:2: not UTF-8"):
        parse_config(b"\n\xff", "x")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ConfigError, match="no regular file"):
        read_config(str(tmp_path / "fifo"))
    with pytest.raises(ConfigError, match="larger"):
        parse_config(b"#" * (1 << 21), "x")


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("64K", 65536), ("64 KiB", 65536), ("2mb", 2 << 20), (" 1G ", 1 << 30), ("10B", 10)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@given(st.text(max_size=12))
def test_a_size_is_a_number_or_an_error(text: str) -> None:
    try:
        assert parse_size(text) >= 0
    except ValueError as error:
        assert "is no size" in str(error)


def test_the_documentation_has_every_key_with_its_default() -> None:
    text = DOC.read_text(encoding="utf-8")
    document = ""
    for head, kind in (
        ("sweep", SweepConfig),
        ("watch", WatchConfig),
        ("keys", KeysConfig),
        ("entries.NAME", EntryPolicy),
    ):
        section = text.partition(f"## `[{head}]`")[2].partition("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", section, re.M)
        assert {key for key, _ in rows} == {f.name for f in fields(kind)}
        document += f"[{head.replace('NAME', 'x')}]\n" + "".join(f"{key} = {value}\n" for key, value in rows)
    # what the page gives as defaults, read as a file, is the default
    assert parse_config(document.encode(), "x") == Config(entries={"x": EntryPolicy()})
    example = re.search(r"```toml\n(.*?)```", text, re.S)
    assert example is not None
    tomllib.loads(example[1])
    parse_config(example[1].encode(), "x")

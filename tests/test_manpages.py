"""The manual pages: made of the definitions, taken without a complaint by mandoc and man, and telling of everything."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from keywatch.cli.arguments import build_parser
from keywatch.errors import UsageError
from keywatch.serve import credential

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("argparse_manpage") and os.environ.get("KEYWATCH_E2E") != "required",
    reason="no argparse-manpage",
)
PAGES = ("keywatch.1", "keywatch-credential.1", "keywatch.toml.5")


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("manpages", ROOT / "scripts/manpages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("man")
    for name, text in maker().pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    assert sorted(PAGES) == sorted(path.name for path in folder.iterdir())
    return folder


def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(program) is None:
        assert os.environ.get("KEYWATCH_E2E") != "required", f"{program} is not installed"
        pytest.skip(f"{program} is not installed")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "500", "HOME": "/nonexistent"}
    return subprocess.run([program, *words], capture_output=True, text=True, check=False, env=environment)


@pytest.mark.e2e
@pytest.mark.parametrize("name", PAGES)
def test_mandoc_has_nothing_to_say(folder: Path, name: str) -> None:
    done = run("mandoc", "-T", "lint", "-W", "warning", str(folder / name))
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.e2e
@pytest.mark.parametrize("name", PAGES)
def test_man_shows_it(folder: Path, name: str) -> None:
    done = run("man", "--warnings=w", "-l", str(folder / name))
    assert (done.stderr, done.returncode) == ("", 0)
    shown = re.sub("\x1b\\[[0-9;]*m|.\b", "", done.stdout)
    assert re.search(r"^NAME$", shown, re.M)
    assert f"{name.rpartition('.')[0]} - " in shown


def every_option(parser: argparse.ArgumentParser) -> set[str]:
    found: set[str] = set()
    for action in parser._actions:
        found.update(action.option_strings)
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                found |= every_option(below)
    return found


def test_every_command_option_and_key_is_told(folder: Path) -> None:
    page = (folder / "keywatch.1").read_text(encoding="utf-8").replace("\\-", "-")
    top, commands = build_parser()
    for word in {*commands, *every_option(top)} - {"-h", "--help"}:
        assert word in page, word
    configuration = (folder / "keywatch.toml.5").read_text(encoding="utf-8")
    for key in re.findall(r"^\| `(\w+)`", (ROOT / "docs/configuration.md").read_text(encoding="utf-8"), re.M):
        assert rf"\fB{key}\fR (default " in configuration, key


def test_the_helper_is_what_its_page_says(folder: Path) -> None:
    page = (folder / "keywatch-credential.1").read_text(encoding="utf-8").replace("\\-", "-")
    with pytest.raises(UsageError) as caught:
        credential._arguments([])
    usage = re.sub(r"FILE(\|\w+)+", "FILE", str(caught.value)).removeprefix("usage: keywatch-credential ")
    assert usage in page


def test_letters_that_roff_would_take_for_something_are_shown() -> None:
    made = maker()
    assert made.escape(r".a\b-c'd`") == r"\&.a\eb\-c\(aqd\(ga"
    assert made.inline("see `-x` and [this](y.md#z), **now**") == r"see \fB\-x\fR and this, \fBnow\fR"
    with pytest.raises(ValueError, match="does not know"):
        list(made.markdown_page("x", "y", "# x\n\n- an item"))


def test_the_date_can_be_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    made = maker()
    assert made.pages() == made.pages()
    assert '"September 21, 2026"' in made.pages()["keywatch.1"]

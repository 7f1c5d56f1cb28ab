"""Completion in real shells: what a person gets who types part of a word and presses Tab."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from keywatch.cli.arguments import build_parser
from keywatch.cli.main import main

pytestmark = pytest.mark.e2e

#: typed with Tabs, and the words that the shell then runs
TYPED = [
    ("keywatch vau\tini\t--no-rec\t\n", ["vault", "init", "--no-recovery"]),
    ("keywatch swee\t--base\tonly-fi\t\n", ["sweep", "--baseline", "only-file.json"]),
    ("keywatch env --shell fis\t\n", ["env", "--shell", "fish"]),
    ("keywatch report --htm\tp.html --mer\tonly-fi\t\n", ["report", "--html", "p.html", "--merge", "only-file.json"]),
    ("keywatch comp\tzs\t\n", ["completion", "zsh"]),
]
#: instead of the program: says what it was given
_TELL = "keywatch() { printf '<%s>' \"$@\"; echo DONE; }\n"


def need(shell: str) -> None:
    if shutil.which(shell) is None:
        assert os.environ.get("KEYWATCH_E2E") != "required", f"{shell} is not installed"
        pytest.skip(f"{shell} is not installed")


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A home with all three scripts."""
    (tmp_path / "only-file.json").touch()
    for shell, name in (("bash", "completion.bash"), ("zsh", "_keywatch"), ("fish", "keywatch.fish")):
        assert main(["completion", shell]) == 0
        (tmp_path / name).write_text(capsys.readouterr().out, encoding="utf-8")
    (tmp_path / "bashrc").write_text(f"{_TELL}source completion.bash\nPS1=READY; bind 'set bell-style none'\n")
    (tmp_path / ".zshrc").write_text(
        f"fpath=($PWD $fpath)\nautoload -Uz compinit && compinit -u -D\n{_TELL}unsetopt beep\nPS1=READY\n"
    )
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "ZDOTDIR": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8"}


def typed(command: list[str], home: Path, keys: str) -> list[str]:
    """The words that keywatch is run with when a person types `keys` at a terminal."""
    leader, follower = pty.openpty()
    shell = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=environment(home), cwd=home,
        start_new_session=True,
    )  # fmt: skip
    os.close(follower)
    try:
        read_until(leader, b"READY")
        for part in keys.splitlines(keepends=True):
            os.write(leader, part.encode())
        said = read_until(leader, b">DONE").decode()
    finally:
        shell.kill()
        shell.wait()
        os.close(leader)
    # the next prompt may have come with the answer
    [answer] = re.findall(r"((?:<[^<>\r\n]*>)+)DONE", said)
    return re.findall(r"<([^<>]*)>", answer)


def read_until(terminal: int, mark: bytes) -> bytes:
    """What the shell shows up to `mark`; fails, with what was shown, where it never comes."""
    shown = b""
    while mark not in shown:
        # a guard against hanging, no measure of speed
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, shown
        shown += os.read(terminal, 4096)
    return shown


@pytest.mark.parametrize(("keys", "words"), TYPED)
def test_bash(home: Path, keys: str, words: list[str]) -> None:
    need("bash")
    assert typed(["bash", "--noprofile", "--rcfile", "bashrc", "-i"], home, keys) == words


@pytest.mark.parametrize(("keys", "words"), TYPED)
def test_zsh(home: Path, keys: str, words: list[str]) -> None:
    need("zsh")
    # without its line editor zsh completes nothing, and it has none on a dumb terminal unless it is asked for
    assert typed(["zsh", "-d", "-i", "-o", "zle"], home, keys) == words


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("keywatch vau", {"vault"}),
        ("keywatch vault re", {"recipients", "recovery", "rename"}),
        ("keywatch vault init --no-rec", {"--no-recovery"}),
        ("keywatch completion ", {"bash", "zsh", "fish"}),
        ("keywatch env --shell f", {"fish"}),
        ("keywatch report --merge only-fi", {"only-file.json"}),
        ("keywatch sweep only-fi", {"only-file.json"}),
    ],
)
def test_fish(home: Path, line: str, offered: set[str]) -> None:
    need("fish")
    done = subprocess.run(
        ["fish", "--no-config", "-c", "source keywatch.fish; complete -C $argv[1]", line],
        capture_output=True, text=True, check=True, env=environment(home), cwd=home,
    )  # fmt: skip
    assert {row.split("\t")[0] for row in done.stdout.splitlines()} == offered
    assert not done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_in_each_script(home: Path, shell: str) -> None:
    name = {"bash": "completion.bash", "zsh": "_keywatch", "fish": "keywatch.fish"}[shell]
    script = (home / name).read_text(encoding="utf-8")
    assert all(command in script for command in build_parser()[1])
    assert sys.prefix not in script

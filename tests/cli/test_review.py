"""`keywatch review` in a real terminal: every key does what it says, at every size, and the screen is given back."""

from __future__ import annotations

import os
import time

import pytest

from tests.cli.screen import ScreenTerminal
from tests.fakes import Fakes
from tests.move.moving import PROGRAMS, Moving

fakes = Fakes(77)
ID, SECRET, OTHER_ID, OTHER = fakes.key_id(), fakes.secret(), fakes.key_id(), fakes.secret()
THIRD_ID, THIRD = fakes.key_id(), fakes.secret()
UP, DOWN, ENTER, ESCAPE = "\x1b[A", "\x1b[B", "\r", "\x1b"


@pytest.fixture
def moving(tmp_path):
    made = Moving(tmp_path)
    made.init_vault()
    made.write(".aws/credentials", f"[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n")
    made.write(".env", f"AWS_ACCESS_KEY_ID={OTHER_ID}\nAWS_SECRET_ACCESS_KEY={OTHER}\n")
    made.write(".bash_history", f"export AWS_ACCESS_KEY_ID={THIRD_ID} AWS_SECRET_ACCESS_KEY={THIRD}\n")
    return made


def review(moving, width, height, *words):
    argv = [os.path.join(PROGRAMS, "keywatch"), "review", *words]
    return ScreenTerminal(argv, moving.env, str(moving.home), width, height)


def chosen(screen):
    return next((line for line in screen.text().splitlines() if line.startswith("▸")), "")


def choose(screen, tail):
    """Go down to the credential whose id ends so."""
    screen.press("\x1b[H")
    for _ in range(30):
        for _ in range(100):
            if tail in (line := chosen(screen)):
                return
            screen.wait_for("▸")
            time.sleep(0.01)
        screen.press(DOWN)
    raise AssertionError(f"{tail} is not in the list: {line}\n{screen.text()}")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60), (40, 10)])
def test_move_ignore_redact_and_undo(width, height, moving):
    before = (moving.home / ".aws/credentials").read_text()
    with review(moving, width, height) as screen:
        screen.wait_for("3 keys, 3 to look at")
        for tail, key in ((ID[-4:], "m"), (THIRD_ID[-4:], "r")):
            choose(screen, tail)
            screen.press(key)
            text = screen.wait_for("Make this change")
            assert SECRET not in text
            assert all(len(line) <= width for line in text.splitlines())
            screen.press("y" + ENTER)
            screen.wait_for("undoes it")
            screen.press(ESCAPE)
            screen.wait_for("choose")
        choose(screen, OTHER_ID[-4:])
        screen.press("i")
        screen.wait_for("Why may it stay?")
        screen.press("a test key" + ENTER)
        screen.wait_for("ignored: u")
        screen.wait_for("3 keys, 3 done")
        assert SECRET not in (moving.home / ".aws/credentials").read_text()
        assert THIRD not in (moving.home / ".bash_history").read_text()
        assert OTHER in (moving.home / ".env").read_text()
        screen.press("u")
        screen.wait_for("it is reported again")
        for tail in (ID[-4:], THIRD_ID[-4:]):
            choose(screen, tail)
            screen.press("u")
            screen.wait_for("Put the key back")
            screen.press("y" + ENTER)
            screen.wait_for("undone")
        screen.wait_for("3 keys, 3 to look at")
        screen.press("q")
        assert screen.wait() == 1
        assert "3 keys: nothing was done" in screen.text()
    assert (moving.home / ".aws/credentials").read_text() == before
    assert THIRD in (moving.home / ".bash_history").read_text()
    assert "finding:" not in (moving.home / ".config/keywatch/ignore").read_text()


def test_a_no_changes_nothing_and_a_window_may_change_its_size(moving):
    before = (moving.home / ".aws/credentials").read_text()
    with review(moving, 80, 24, str(moving.home / ".aws/credentials")) as screen:
        screen.wait_for("1 key, 1 to look at")
        screen.press(ENTER)
        text = screen.wait_for("credential_process")
        assert "aws-default" in text
        screen.resize(60, 12)
        screen.press(DOWN * 50)
        screen.wait_for("line ")
        assert all(len(line) <= 60 for line in screen.text().splitlines())
        for no in ("n" + ENTER, ESCAPE, ENTER):
            screen.press("m")
            screen.wait_for("Make this change")
            screen.press(no)
            screen.wait_for("nothing was changed")
        screen.press("s")
        screen.wait_for("skipped")
        screen.press("q")
        assert screen.wait() == 0
    assert (moving.home / ".aws/credentials").read_text() == before


def test_without_a_terminal_it_says_what_to_use(moving):
    done = moving.run("review", status=2)
    assert b"keywatch move --dry-run" in done.stderr


def test_nothing_to_review(tmp_path):
    with review(Moving(tmp_path), 80, 24) as screen:
        screen.wait_for("No key was found in plaintext")
        screen.press("mriu" + DOWN + ENTER)
        screen.press("q")
        assert screen.wait() == 0

"""A golden folder for each kind of a person's place: `before` is a home, `order` what is moved, `plan` what is said,
`after` the home afterwards; undone it is `before` again, byte for byte.

`{ID}`, `{SECRET}`, `{ID2}` … stand for keys that are made when the test runs, `{HOME}` and `{BIN}` for folders. With
KEYWATCH_WRITE_GOLDEN=1 `plan` and `after` are written instead of compared.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.fakes import Fakes
from tests.move.moving import PROGRAMS, Moving

GOLDEN = Path(__file__).parents[1] / "golden/ways"
fakes = Fakes(2027)
KEYS = {"ID": fakes.key_id(), "SECRET": fakes.secret(), "ID2": fakes.key_id(), "SECRET2": fakes.secret()}
SECRETS = [KEYS["SECRET"], KEYS["ID"]]
#: what the program keeps for itself
OWN = (".local/", ".config/keywatch/", ".cache/")


def fill(text: bytes, moving: Moving) -> bytes:
    for name, value in {**KEYS, "HOME": str(moving.home), "BIN": PROGRAMS}.items():
        text = text.replace(b"{" + name.encode() + b"}", value.encode())
    return text


def empty(text: bytes, moving: Moving) -> bytes:
    for name, value in {**KEYS, "HOME": str(moving.home), "BIN": PROGRAMS}.items():
        text = text.replace(value.encode(), b"{" + name.encode() + b"}")
    return text


def tree(folder: Path) -> dict[str, bytes]:
    files = {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    return {name: text for name, text in files.items() if not name.startswith(OWN)}


def said(plans: list[dict], moving: Moving) -> str:
    lines = []
    for plan in plans:
        lines.append(f"entry {plan['entry']}")
        for change in plan["changes"]:
            lines += [f"{change['how']} {change['path']}", *(f"    {line}" for line in change["diff"][2:])]
        lines += [
            f"{note['topic']}: {note['text']} [{note['path']}]"
            for note in plan["notes"]
            if "the disk has" not in note["text"]
        ]
        lines += [f"can't {each['path']}: {each['why']}: {each['instead']}" for each in plan["unmoved"]]
    return empty("\n".join(line.rstrip() for line in lines).encode() + b"\n", moving).decode()


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.iterdir()))
def test_golden(name: str, tmp_path: Path) -> None:
    folder = GOLDEN / name
    moving = Moving(tmp_path, warmed=True)
    moving.init_vault()
    before = {path: fill(text, moving) for path, text in tree(folder / "before").items()}
    for path, text in before.items():
        moving.write(path, text)
    words = [fill(word.encode(), moving).decode() for word in (folder / "order").read_text().split()]

    plans = moving.json("move", *words, "--dry-run", status=None)
    assert tree(moving.home) == before, "a plan changes nothing"
    moved = moving.json("move", *words, "--yes", status=None)
    after = tree(moving.home)
    ids = [plan["move"]["id"] for plan in moved if plan["move"]]
    if ids:
        assert not [
            path for path in words if SECRETS[0].encode() in (after.get(os.path.relpath(path, moving.home)) or b"")
        ]
    else:
        assert after == before
    if os.environ.get("KEYWATCH_WRITE_GOLDEN"):
        shutil.rmtree(folder / "after", ignore_errors=True)
        (folder / "plan").write_text(said(plans, moving))
        for path, text in after.items() if ids else ():
            (folder / "after" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "after" / path).write_bytes(empty(text, moving))
    assert said(plans, moving) == (folder / "plan").read_text()
    assert json.dumps([plan["changes"] for plan in plans]) == json.dumps([plan["changes"] for plan in moved])
    if ids:
        assert {path: empty(text, moving) for path, text in after.items()} == tree(folder / "after")
    for each in reversed(ids):
        moving.run("undo", each, "--yes")
    assert tree(moving.home) == before

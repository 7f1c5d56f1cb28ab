"""Golden folders of the ways of system places: `before` and `after` are trees, `plan` says what is moved and what is
said; one whose `plan` says `refused` has no `after`.

`{ID}`, `{SECRET}` and `{TOKEN}` stand for a key that is made when the test runs, `{ROOT}` for where the tree lies. With
KEYWATCH_WRITE_GOLDEN=1 the results are written instead of compared.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from keywatch.errors import CannotMoveError
from keywatch.move import sealing
from keywatch.move.base import Account, How
from keywatch.move.draft import Draft, Programs
from keywatch.move.locate import read_place
from keywatch.move.ways import pointing, unit_files
from keywatch.places import accounts
from tests.fakes import Fakes
from tests.move.drafting import HELPER, KEYWATCH, Drafting

GOLDEN = Path(__file__).parents[1] / "golden/move"
fakes = Fakes(4711)
KEY = {"ID": fakes.key_id(), "SECRET": fakes.secret(), "TOKEN": fakes.session_token()}
OTHER = {"ID": fakes.key_id(), "SECRET": fakes.secret()}
ORDER = re.compile(r"move (?P<place>\S+) by (?P<way>\w+)(?: for (?P<user>\w+))?")
#: folders of this runner; other runners may keep theirs beside them
CASES = sorted(
    path.parent.name
    for path in GOLDEN.glob("*/plan")
    if ORDER.match(path.read_text()) and (path.parent / "before").is_dir()
)


class Machine:
    """A tree that stands for a machine with the accounts root and alice."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        known = [accounts.Account("root", 0, f"{root}/root"), accounts.Account("alice", 1000, f"{root}/home/alice")]
        monkeypatch.setattr(pointing, "accounts", lambda: known)
        monkeypatch.setattr(unit_files, "FOLDERS", [f"{root}{folder}" for folder in unit_files.FOLDERS])
        monkeypatch.setattr(sealing, "can_seal", lambda: True)
        monkeypatch.setattr(sealing, "seal", lambda name, _: f"sealed {name}\n".encode())

    def fill(self, text: bytes, key: dict[str, str] = KEY) -> bytes:
        for name, value in {**key, "ROOT": str(self.root)}.items():
            text = text.replace(b"{" + name.encode() + b"}", value.encode())
        return text

    def empty(self, text: bytes) -> bytes:
        for name, value in {**KEY, "ROOT": str(self.root)}.items():
            text = text.replace(value.encode(), b"{" + name.encode() + b"}")
        return text

    def put(self, path: str, text: bytes) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(self.fill(text))
        return place

    def draft(self, user: str | None = None) -> Drafting:
        drafting = Drafting(self.root)
        account = (
            Account(1000, 1000, user, f"{self.root}/home/{user}")
            if user
            else Account(0, 0, "root", f"{self.root}/root", True)
        )
        drafting.draft = Draft(account, Programs(HELPER, KEYWATCH), read_place)
        return drafting


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def told(drafting: Drafting) -> str:
    lines = [f"{note.topic}: {note.text}" for note in drafting.draft.notes]
    lines += [f"check: {check}" for check in drafting.draft.checks]
    return "\n".join(lines + [f"run: {' '.join(step.argv)}" for step in drafting.draft.reloads]) + "\n"


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, machine: Machine) -> None:
    folder = GOLDEN / name
    plan = (folder / "plan").read_text()
    order = ORDER.match(plan)
    assert order is not None
    before = tree(folder / "before")
    for path, text in before.items():
        machine.put(path, text)
    drafting = machine.draft(order["user"])
    try:
        drafting.apply(machine.root / order["place"], "" if order["way"] == "default" else order["way"])
    except CannotMoveError as error:
        said = machine.empty(f"{order[0]}\nrefused: {error}\n".encode()).decode()
        if os.environ.get("KEYWATCH_WRITE_GOLDEN"):
            (folder / "plan").write_text(said)
        assert said == plan
        assert not (folder / "after").exists()
        return

    held = drafting.held(machine.root / order["place"])
    changes = drafting.draft.changes(tuple(part.value for part in held.credential.parts))
    after = {path: machine.fill(text) for path, text in before.items()}
    modes = []
    for change in changes:
        path = change.path.removeprefix(f"{machine.root}/").removeprefix("/")
        after[path] = change.new
        if change.how is How.CREATE:
            modes.append(f"make {path} {change.mode:o}")
    for value in (KEY["SECRET"], KEY["TOKEN"], KEY["ID"]):
        assert all(value.encode() not in text for text in after.values()), "the key left"
    said = order[0] + "\n" + machine.empty((told(drafting) + "".join(f"{mode}\n" for mode in modes)).encode()).decode()
    if os.environ.get("KEYWATCH_WRITE_GOLDEN"):
        (folder / "plan").write_text(said)
        for path, text in after.items():
            (folder / "after" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "after" / path).write_bytes(machine.empty(text))
    assert {path: machine.empty(text) for path, text in after.items()} == tree(folder / "after")
    assert said == plan

"""Entries that keywatch keeps for itself (what an undo needs, temporary keys): out of the way, and never lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keywatch.vault.file import FileVault
from keywatch.vault.session import Session, deposit_of
from tests.fakes import Fakes
from tests.move.moving import Moving
from tests.vault.vaultlab import fake_deposit

fakes = Fakes(72)
ID, SECRET = fakes.key_id(), fakes.secret()
#: as JSON may spell it, so that an undo needs more than the entry
SPELT = f"{SECRET[:7]}\\u{ord(SECRET[7]):04x}{SECRET[8:]}"


@pytest.fixture
def moving(tmp_path: Path) -> Moving:
    """A home with a key that was moved out of a transcript, as entry `work`, and a temporary key of it."""
    made = Moving(tmp_path)
    made.init_vault()
    place = made.write(
        ".claude/history.jsonl", f'{{"display": "aws_access_key_id={ID} aws_secret_access_key={SPELT}"}}\n'
    )
    made.run("move", str(place), "--entry", "work", "--yes")
    keep_session(made, "work")
    return made


def keep_session(moving: Moving, entry: str, vault: str = "") -> None:
    """Have the vault keep a temporary key of an entry, as keywatch itself does."""
    path = vault or str(moving.home / ".local/share/keywatch/vault.json")
    session = Session(fake_deposit("temporary").payload, "2000-01-01T01:00:00Z", "2000-01-01T00:00:00Z", ID, "||3600|")
    FileVault(path, str(moving.state)).put(deposit_of(entry, session))


def names(moving: Moving, *words: str) -> set[str]:
    return {each["name"] for each in moving.json("vault", "list", *words)["entries"]}


def undo_entry(moving: Moving) -> str:
    (name,) = (name for name in names(moving) if name.startswith("undo."))
    return name


def test_a_list_shows_a_persons_entries_and_counts_the_others(moving: Moving) -> None:
    head, *rows, last = moving.run("vault", "list").stdout.decode().splitlines()
    assert head.startswith("ENTRY")
    assert [row.split()[0] for row in rows] == ["work"]
    assert last == "and 2 of keywatch's own: --all shows them"
    everything = moving.run("vault", "list", "--all").stdout.decode().splitlines()
    assert {row.split()[0] for row in everything[1:]} == {"work", "session.work", undo_entry(moving)}


def test_json_has_all_of_them_and_tells_which_are_keywatchs_own(moving: Moving) -> None:
    told = {each["name"]: each["internal"] for each in moving.json("vault", "list")["entries"]}
    assert told == {"work": False, "session.work": True, undo_entry(moving): True}


def test_a_vault_of_nothing_else_has_no_key_of_a_person(moving: Moving) -> None:
    moving.run("vault", "rename", "work", "job", "--force")
    moving.run("vault", "rm", "job", "--yes", "--force")
    said = moving.run("vault", "list").stdout.decode()
    assert "no key of yours" in said
    assert "1 of keywatch's own" in said


@pytest.mark.parametrize("new", ["undo.mine", "Session.other"])
def test_nothing_of_a_persons_gets_such_a_name(moving: Moving, new: str) -> None:
    given = f"AWS_ACCESS_KEY_ID={fakes.key_id()}\nAWS_SECRET_ACCESS_KEY={fakes.secret()}\n"
    place = str(moving.write(".env", given))
    refused = [
        moving.run("vault", "add", new, stdin=given.encode(), status=2),
        moving.run("vault", "rename", "work", new, "--force", status=2),
        moving.run("move", place, "--entry", new, "--yes", status=2),
        moving.run("key", "create", "app", "--entry", new, "--allow", "s3:read", "--bucket", "acme", "--yes", status=2),
    ]
    assert all("keywatch's own" in each.stderr.decode() for each in refused)
    assert new not in names(moving)


def test_what_an_undo_needs_is_neither_renamed_nor_taken_out_nor_brought_elsewhere(moving: Moving) -> None:
    undo = undo_entry(moving)
    said = moving.run("vault", "rm", undo, "--yes", status=2).stderr.decode()
    assert "keywatch undo" in said
    assert "stop working" not in said
    for name in (undo, "session.work"):
        assert "keywatch's own" in moving.run("vault", "rename", name, "x", "--force", status=2).stderr.decode()
    other = str(moving.root / "other.json")
    moving.run("vault", "init", "--vault", other, "--key-file", str(moving.root / "other.key"), "--no-recovery")
    said = moving.run("move", undo, "--to", other, "--yes", status=2).stderr.decode()
    assert "keywatch move work --to" in said
    assert names(moving) == {"work", "session.work", undo}
    assert names(moving, "--vault", other) == set()
    (move,) = moving.json("undo", "--list")
    moving.run("undo", move["id"], "--yes")
    assert SPELT in (moving.home / ".claude/history.jsonl").read_text()


def test_a_name_that_goes_takes_its_temporary_key_along(moving: Moving) -> None:
    """By every way on which it goes: the next entry of that name must not find another's."""
    other = str(moving.root / "other.json")
    moving.run("vault", "init", "--vault", other, "--key-file", str(moving.root / "other.key"), "--no-recovery")
    moving.run("move", "work", "--to", other, "--yes")
    assert names(moving) == set()
    keep_session(moving, "work", other)
    moving.run("vault", "rename", "work", "job", "--vault", other, "--force")
    assert names(moving, "--vault", other) == {"job", next(n for n in names(moving, "--vault", other) if "undo." in n)}


def test_undone_and_taken_out_nothing_is_left(moving: Moving) -> None:
    (move,) = moving.json("undo", "--list")
    moving.run("undo", move["id"], "--yes")
    assert "work" in names(moving)
    moving.run("vault", "rm", "work", "--yes")
    assert names(moving) == set()


def test_undone_with_its_entry_nothing_is_left(moving: Moving) -> None:
    (move,) = moving.json("undo", "--list")
    moving.run("undo", move["id"], "--yes", "--remove-entry")
    assert names(moving) == set()


def test_a_page_and_a_report_name_a_persons_entry_only(moving: Moving) -> None:
    """The same key at another place: what says that a vault has it already."""
    moving.write(".env", f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={SECRET}\n")
    page = moving.root / "page.html"
    moving.run("report", "--html", str(page), status=None)
    told = json.dumps(moving.findings(".env"))
    for text in (page.read_text(), told, moving.run("key", "list").stdout.decode()):
        assert undo_entry(moving) not in text
        assert "session.work" not in text

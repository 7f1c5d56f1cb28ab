"""An entry that places use goes into another vault and back: the same key, the same undo."""

from __future__ import annotations

from pathlib import Path

import pytest
from secretservice_session import AVAILABLE, gnome_keyring, private_bus

from tests.fakes import Fakes
from tests.move.moving import Moving

fakes = Fakes(71)
ID, SECRET = fakes.key_id(), fakes.secret()
CREDENTIALS = f"[default]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\nregion = eu-west-1\n"
ENV = f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={SECRET}\n"


@pytest.fixture
def moving(tmp_path: Path) -> Moving:
    made = Moving(tmp_path, warmed=True)
    made.init_vault()
    return made


def two_places(moving: Moving) -> list[Path]:
    (moving.home / ".aws").mkdir()
    return [moving.write(".aws/credentials", CREDENTIALS), moving.write(".env", ENV)]


def moved(moving: Moving, places: list[Path]) -> str:
    (plan,) = moving.json("move", *map(str, places), "--yes")
    return str(plan["entry"])


def given(moving: Moving, place: Path) -> str:
    """What the line in the place gives."""
    import shlex
    import subprocess

    (line,) = [each for each in place.read_text().splitlines() if each.startswith("credential_process")]
    command = shlex.split(line.partition("=")[2])
    return subprocess.run(command, env=moving.env, capture_output=True, text=True, check=True).stdout


def entries(moving: Moving, vault: str = "") -> list[str]:
    options = ["--vault", vault] if vault else []
    return [each["name"] for each in moving.json("vault", "list", *options)["entries"]]


def undo_all(moving: Moving) -> None:
    for move in reversed(moving.json("undo", "--list")):
        if move["state"] == "done":
            moving.run("undo", move["id"], "--yes")


def test_into_another_file_and_back(moving: Moving) -> None:
    places = two_places(moving)
    other = moving.root / "other.json"
    moving.run("vault", "init", "--vault", str(other), "--key-file", str(moving.root / "other.key"), "--no-recovery")
    entry = moved(moving, places)
    before = [place.read_bytes() for place in places]

    moving.run("move", entry, "--to", str(other), "--yes")
    assert entries(moving, str(other)) == [entry]
    assert entries(moving) == []
    assert f"--vault {other}" in places[0].read_text()
    assert SECRET in given(moving, places[0])
    assert all(SECRET not in place.read_text() for place in places)

    moving.run("move", entry, "--to", "vault", "--yes")
    assert entries(moving, str(other)) == []
    assert [place.read_bytes() for place in places] == before
    assert SECRET in given(moving, places[0])
    undo_all(moving)
    assert [place.read_text() for place in places] == [CREDENTIALS, ENV]


def test_a_vault_out_of_reach_changes_nothing(moving: Moving) -> None:
    places = two_places(moving)
    entry = moved(moving, places)
    before = [place.read_bytes() for place in places]
    moving.run("move", entry, "--to", str(moving.root / "absent.json"), "--yes", status=3)
    assert [place.read_bytes() for place in places] == before
    assert "say where to" in moving.run("move", entry, status=2).stderr.decode()
    assert "plaintext for the moment" in moving.run("move", entry, "--to", "keyring", "--dry-run").stdout.decode()
    assert [place.read_bytes() for place in places] == before


def test_refused_by_the_new_vault_it_stays_with_the_old(moving: Moving) -> None:
    """The other vault has another key of that name: the places go on with the old one."""
    places = two_places(moving)
    entry = moved(moving, places)
    other = moving.root / "other.json"
    moving.run("vault", "init", "--vault", str(other), "--key-file", str(moving.root / "other.key"), "--no-recovery")
    text = f"access_key_id={fakes.key_id()}\nsecret_access_key={fakes.secret()}\n"
    moving.run("vault", "add", entry, "--vault", str(other), stdin=text.encode())
    said = moving.run("move", entry, "--to", str(other), "--yes", status=None)
    assert said.returncode in (2, 3)
    assert "use the old vault as before" in said.stderr.decode()
    assert SECRET in given(moving, places[0])
    assert all(SECRET not in place.read_text() for place in places)
    undo_all(moving)
    assert [place.read_text() for place in places] == [CREDENTIALS, ENV]


@pytest.mark.skipif(not AVAILABLE, reason="no gnome-keyring")
def test_into_a_real_keyring_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with private_bus(monkeypatch) as bus, gnome_keyring(bus):
        moving = Moving(tmp_path, warmed=True)
        moving.env |= {"DBUS_SESSION_BUS_ADDRESS": bus["DBUS_SESSION_BUS_ADDRESS"]}
        moving.init_vault()
        places = two_places(moving)
        entry = moved(moving, places)
        moving.run("move", entry, "--to", "keyring", "--yes")
        assert "--vault keyring" in places[0].read_text()
        assert entries(moving, "keyring") == [entry]
        assert SECRET in given(moving, places[0])
        moving.run("move", entry, "--to", "vault", "--yes")
        assert entries(moving, "keyring") == []
        assert SECRET in given(moving, places[0])
        undo_all(moving)
        assert [place.read_text() for place in places] == [CREDENTIALS, ENV]


@pytest.mark.skipif(not AVAILABLE, reason="no gnome-keyring")
def test_a_vault_file_that_would_change_what_places_mean_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with private_bus(monkeypatch) as bus, gnome_keyring(bus):
        moving = Moving(tmp_path, warmed=True)
        moving.env |= {"DBUS_SESSION_BUS_ADDRESS": bus["DBUS_SESSION_BUS_ADDRESS"]}
        places = two_places(moving)
        moved(moving, places)
        assert "--vault" not in places[0].read_text()
        said = moving.run("vault", "init", "--key-file", str(tmp_path / "key"), "--no-recovery", status=2)
        assert "without naming it" in said.stderr.decode()
        assert SECRET in given(moving, places[0])
        moving.run("vault", "init", "--key-file", str(tmp_path / "key"), "--no-recovery", "--force")


@pytest.mark.parametrize("command", [("rm", "--yes"), ("rename", "other")])
def test_an_entry_that_places_use_is_kept(moving: Moving, command: tuple[str, str]) -> None:
    places = two_places(moving)
    entry = moved(moving, places)
    said = moving.run("vault", command[0], entry, command[1], status=2).stderr.decode()
    assert ".aws/credentials" in said and "keywatch undo" in said
    assert entries(moving) == [entry]
    undo_all(moving)
    moving.run("vault", command[0], entry, command[1])
    assert entry not in entries(moving)


def test_force_takes_it_out_all_the_same(moving: Moving) -> None:
    entry = moved(moving, two_places(moving))
    moving.run("vault", "rm", entry, "--yes", "--force")
    assert entries(moving) == []

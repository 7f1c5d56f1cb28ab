"""Keys of the vault past their age become offers, once each; a daemon and a real desktop tell of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keywatch.aws.jobs import Job
from keywatch.aws.rotation_states import State
from keywatch.config import parse_config
from keywatch.errors import ConfigError
from keywatch.model import Secret
from keywatch.offers import mail
from keywatch.offers.aging import days_of, entry_of, identity_of, offer_due, offer_old, past_age, settle, step_of
from keywatch.offers.store import Offers, OfferState
from keywatch.offers.words import waiting_of
from keywatch.vault.base import Deposit, Entry, Payload, timestamp
from keywatch.vault.file import FileVault
from tests.fakes import Fakes
from tests.move.moving import Moving
from tests.offers.desk import needs_desktop
from tests.offers.test_notifications import Life

DAY = 86400.0
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
fakes = Fakes(511)


def entry(name: str, days: float, masked: str = "AKIA…WXYZ", kind: str = "long-lived") -> Entry:
    return Entry(name, name, kind, masked, timestamp(NOW - timedelta(days=days)))  # type: ignore[arg-type]


def states(folder: Path) -> dict[str, OfferState]:
    with Offers(str(folder), read_only=True) as offers:
        return {entry_of(each.identity): each.state for each in offers.all()}


def test_what_is_past_its_age() -> None:
    now = NOW.timestamp()
    assert past_age(entry("a", 91), 90 * DAY, now) and not past_age(entry("a", 89), 90 * DAY, now)
    assert not past_age(entry("a", 5000), 0, now), "never"
    assert not past_age(entry("a", 91, masked=""), 90 * DAY, now), "a token has no second key"
    assert not past_age(entry("a", 91, masked="ASIA…WXYZ", kind="temporary"), 90 * DAY, now)
    name = "with:colon.is-not-allowed"
    assert entry_of(identity_of(entry(name, 91))) == name and days_of(identity_of(entry(name, 91)), now) == 91
    assert entry_of("3f2a91c04d55") == ""


def test_each_key_is_offered_once_and_a_rotated_one_no_more(tmp_path: Path) -> None:
    folder, now = tmp_path / "state", NOW.timestamp()
    with Offers(str(folder)) as offers:
        old = [entry("work", 100), entry("play", 10), entry("work.old", 300)]
        offer_old(offers, old, 90 * DAY, now, busy=["work.old"])
        assert states(folder) == {"work": OfferState.NEW}
        (offer,) = offers.all()
        offers.turn(offer.identity, OfferState.TOLD, now)
        offer_old(offers, old, 90 * DAY, now + DAY)
        assert states(folder)["work"] is OfferState.TOLD, "not told again"
        offers.turn(offer.identity, OfferState.IGNORED, now)
        offer_old(offers, old, 90 * DAY, now + DAY)
        assert states(folder)["work"] is OfferState.IGNORED
        offer_old(offers, [entry("play", 95)], 90 * DAY, now)
        assert states(folder)["play"] is OfferState.NEW
        offer_old(offers, [entry("play", 0)], 90 * DAY, now)
        assert states(folder)["play"] is OfferState.SUPERSEDED
        offer_old(offers, [entry("play", 95.5)], 90 * DAY, now)
        offer_old(offers, [entry("play", 95.5)], 0, now)
        assert states(folder)["play"] is OfferState.SUPERSEDED, "the limit was taken away"
        offer_old(offers, [entry("new", 95)], 90 * DAY, now)
    settle(str(folder), ["NEW"])
    assert states(folder)["new"] is OfferState.DONE


def test_an_old_key_whose_end_is_due_is_offered(tmp_path: Path) -> None:
    folder, now = tmp_path / "state", NOW.timestamp()

    def job(state: State, days: float) -> Job:
        when = timestamp(NOW - timedelta(days=days))
        facts = {"switched": when, "inactive": when, "outgoing": fakes.key_id(), "old": "work.old", "next": "work.next"}
        return Job("rotation", state, "work", "", facts, "3f2a91c0")

    def offered(*jobs: Job) -> list[tuple[str, str, str]]:
        with Offers(str(folder)) as offers:
            offer_due(offers, jobs, now)
            return [(entry_of(o.identity), step_of(o.identity), o.state) for o in offers.open()]

    assert offered(job(State.SWITCHED, 0.5), job(State.INACTIVE, 13)) == []
    assert offered(job(State.SWITCHED, 1.5)) == [("work", "deactivate", "new")]
    with Offers(str(folder)) as offers:
        assert waiting_of(offers.open(), now)[0] == "The old key of 'work' can be deactivated"
    assert offered(job(State.INACTIVE, 14.5)) == [("work", "delete", "new")], "the one before is over"
    settle(str(folder), ["work"])
    assert offered() == []


def test_a_mail_tells_old_keys_from_those_in_plaintext(tmp_path: Path) -> None:
    now = NOW.timestamp()
    with Offers(str(tmp_path / "state")) as offers:
        offer_old(offers, [entry("work", 100)], 90 * DAY, now)
        text = mail.letter(offers.all(), "me", now).decode()
        assert "1 old key in the vault" in text and "entry work, 100 days old" in text and "plaintext" not in text
        offers.appeared("ab" * 16, "AWS access key", "AKIA…ABCD", 3, now)
        text = mail.letter(offers.all(), "me", now).decode()
        assert "1 key in plaintext, 1 old key in the vault" in text


@pytest.mark.parametrize(("text", "days"), [("", 90), ('max_age = "30d"', 30), ('max_age = "never"', 0)])
def test_the_limit_is_configured(text: str, days: int) -> None:
    assert parse_config(f"[keys]\n{text}\n".encode(), "x").keys.max_age == days * DAY
    with pytest.raises(ConfigError, match=r"\[keys\] max_age: expected"):
        parse_config(b'[keys]\nmax_age = "1h"\n', "x")


def put_old(moving: Moving, monkeypatch: pytest.MonkeyPatch, name: str, days: float) -> None:
    """An entry that was put so long ago."""
    monkeypatch.setattr("keywatch.vault.file.timestamp", lambda *_: timestamp(datetime.now(UTC) - timedelta(days=days)))
    vault = FileVault(str(moving.home / ".local/share/keywatch/vault.json"), str(moving.state))
    fields = {"access_key_id": Secret(fakes.key_id().encode()), "secret_access_key": Secret(fakes.secret().encode())}
    vault.put(Deposit(name, Payload(fields), "long-lived"))
    monkeypatch.undo()


@pytest.mark.e2e
@needs_desktop
def test_a_notification_offers_to_rotate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life(tmp_path)
    put_old(life.moving, monkeypatch, "work", 120)
    programs = tmp_path / "programs"
    programs.mkdir()
    terminal = programs / "xdg-terminal-exec"
    terminal.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/opened.part\nmv {tmp_path}/opened.part {tmp_path}/opened\n'
    )
    terminal.chmod(0o755)
    life.moving.env["PATH"] = f"{programs}:{life.moving.env['PATH']}"
    with life:
        life.desk.wait_for("The key 'work' is 120 days old")
        assert life.states() == [OfferState.TOLD]
        shown = life.moving.run("status").stdout.decode()
        assert "120 days: keywatch key rotate work" in shown and "to decide on: keywatch review" not in shown
        life.desk.click("Rotate")
        life.wait((tmp_path / "opened").exists, "no terminal was opened")
        words = (tmp_path / "opened").read_text().splitlines()
        assert words[-3:] == ["key", "rotate", "work"]
        maps = Path(f"/proc/{life.daemon.pid}/maps").read_text()
        assert "cryptography" not in maps and "_rust" not in maps, "the daemon itself opens no vault"
        path = life.write()  # a finding beside: each is told as what it is
        life.desk.wait_for("in plaintext")
        path.unlink()


@pytest.mark.e2e
@needs_desktop
@pytest.mark.parametrize(("action", "state"), [("Later", OfferState.SNOOZED), ("Ignore", OfferState.IGNORED)])
def test_what_else_may_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, state: OfferState
) -> None:
    life = Life(tmp_path)
    put_old(life.moving, monkeypatch, "work", 120)
    with life:
        life.desk.wait_for("The key 'work' is 120 days old")
        life.desk.click(action)
        life.wait(lambda: life.states() == [state], f"{action} did nothing")

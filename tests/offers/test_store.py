"""Offers move along their transitions alone, survive, and never hold a secret."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.errors import StateError
from keywatch.offers.store import OPEN, TRANSITIONS, Offers, OfferState

STATES = list(OfferState)


@pytest.fixture
def offers(tmp_path):
    with Offers(str(tmp_path / "state")) as made:
        yield made


def test_every_state_can_be_reached_and_left():
    assert set(TRANSITIONS) == set(STATES)
    reached, left = {OfferState.NEW}, [OfferState.NEW]
    while left:
        for after in TRANSITIONS[left.pop()] - reached:
            reached.add(after)
            left.append(after)
    assert reached == set(STATES)
    assert all(TRANSITIONS.values())
    assert OfferState.ACCEPTED not in OPEN


@given(st.lists(st.sampled_from(STATES), max_size=12))
def test_no_state_follows_that_is_not_in_the_table(tmp_path_factory, states):
    folder = str(tmp_path_factory.mktemp("offers"))
    with Offers(folder) as offers:
        at = offers.appeared("a" * 32, "AWS access key", "AKIA…1234", 3, 1.0).state
        for now, state in enumerate(states, 2):
            turned = offers.turn("a" * 32, state, float(now))
            assert turned == (state in TRANSITIONS[at])
            at = state if turned else at
    with Offers(folder, read_only=True) as offers:  # as a daemon that was killed finds it
        assert [offer.state for offer in offers.all()] == [at]


def test_findings_of_one_key_are_one_offer(offers):
    for severity in (2, 4, 3):
        offers.appeared("id", "AWS access key", "AKIA…1234", severity, 1.0)
    (offer,) = offers.all()
    assert offer.severity == 4
    assert offer.state is OfferState.NEW


def test_a_key_that_comes_back_is_offered_again_unless_it_may_stay(offers):
    for name, state in (("moved", OfferState.DONE), ("gone", OfferState.SUPERSEDED), ("may stay", OfferState.IGNORED)):
        offers.appeared(name, "t", "m", 3, 1.0)
        assert offers.turn(name, state, 2.0)
        offers.appeared(name, "t", "m", 3, 3.0)
    assert {offer.identity: offer.state for offer in offers.all()} == {
        "moved": OfferState.NEW, "gone": OfferState.NEW, "may stay": OfferState.IGNORED,
    }  # fmt: skip


def test_a_snooze_ends(offers):
    offers.appeared("id", "t", "m", 3, 1.0)
    offers.turn("id", OfferState.SNOOZED, 1.0, until=10.0)
    offers.wake(9.0)
    assert offers.get("id").state is OfferState.SNOOZED
    offers.wake(10.0)
    assert offers.get("id").state is OfferState.NEW


def test_a_spoilt_database_is_passed_over_or_named(tmp_path):
    folder = tmp_path / "state"
    with Offers(str(folder)) as offers:
        offers.appeared("id", "t", "m", 3, 1.0)
        db = sqlite3.connect(folder / "state.db")
        db.execute("INSERT INTO offers VALUES ('x', 'nonsense', 't', 'm', 3, 1, 1, 0, '')")
        db.execute("INSERT INTO offers VALUES ('y', 'new', 't', 'm', 'high', 1, 1, 0, '')")
        db.commit()
        assert [offer.identity for offer in offers.all()] == ["id"]
    (folder / "state.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StateError, match=r"state\.db"):
        Offers(str(folder))
    with Offers(str(tmp_path / "none"), read_only=True) as nothing:
        assert nothing.all() == []
    assert not (tmp_path / "none").exists()

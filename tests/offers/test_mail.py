"""The mail of a machine without a desktop. A stand-in takes it over: a mail server is the machine's, not ours."""

from __future__ import annotations

import os

import pytest

from keywatch.memory import Memory
from keywatch.model import Finding, Part, Place, Role, Span
from keywatch.offers import mail
from keywatch.offers.listen import OfferListener
from keywatch.offers.store import OfferState
from keywatch.paths import Homes
from keywatch.severity import Severity


def finding(identity: str) -> Finding:
    part = Part(Role.ACCESS_KEY_ID, 1, 1, "AKIA…1234", "f" * 32, Span(0, 20))
    place = Place("/home/x/.env")
    return Finding(identity, identity, "r", "AWS access key", "long-lived", Severity.HIGH, ("why",), place, (part,))


@pytest.fixture
def box(tmp_path, monkeypatch):
    """What was handed over: arguments and text of each mail."""
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/box; cat >> {tmp_path}/box\n')
    program.chmod(0o755)
    monkeypatch.setattr(mail, "SENDMAIL", (str(program),))
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "box"


def listener(tmp_path, memory, *, by_mail: bool) -> OfferListener:
    state = str(tmp_path / "state")
    homes = Homes(config=state, state=state, cache=state, runtime=state, data=state)
    return OfferListener(homes, memory, by_mail=by_mail)


@pytest.mark.parametrize("by_mail", [True, False])
def test_one_mail_an_hour_and_only_where_it_is_wanted(by_mail, box, tmp_path):
    with Memory(str(tmp_path / "state")) as memory:
        offers = listener(tmp_path, memory, by_mail=by_mail)
        offers.appeared(finding("a"))
        offers.appeared(finding("b"))
        states = [offer.state for offer in offers._offers.all()]
        offers.close()
    if not by_mail:
        assert not box.exists()
        assert states == [OfferState.NEW] * 2
        return
    text = box.read_text()
    assert text.count("Subject: keywatch: 1 key in plaintext") == 1
    assert text.startswith("-i -odb -- ")
    assert "AWS access key AKIA…1234" in text
    assert "/home/x" not in text
    assert states == [OfferState.TOLD, OfferState.NEW]
    assert os.stat(box).st_size < 1000


def test_without_sendmail_the_offer_waits(box, tmp_path, monkeypatch):
    monkeypatch.setattr(mail, "SENDMAIL", (str(tmp_path / "none"),))
    with Memory(str(tmp_path / "state")) as memory:
        offers = listener(tmp_path, memory, by_mail=True)
        offers.appeared(finding("a"))
        assert [offer.state for offer in offers._offers.all()] == [OfferState.NEW]
        offers.close()

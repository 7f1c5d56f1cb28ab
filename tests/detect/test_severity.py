"""Judgement: what a credential is worth, what its place adds, and that the documentation says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from madeup import DAY, ID, NOW, SECRET, SESSION, credential

from keywatch.detect.severity import BASE, RAISING, TELLING, advise, expires, judge
from keywatch.model import Credential, Exposure, Place, Reuse, Role
from keywatch.report.advice import ADVICE
from keywatch.severity import Severity

PLACE = Place("/home/alice/.bashrc")
PAIR = credential(ID, SECRET)
USAGE = Path(__file__).parents[2] / "docs" / "usage.md"


def judged(
    whole: Credential = PAIR,
    exposure: Exposure | None = None,
    place: Place = PLACE,
    copies: int = 1,
    account: str | None = None,
    canary: bool = False,
    base: Severity | None = None,
) -> tuple[Severity, tuple[str, ...]]:
    return judge(whole, exposure or Exposure(), place, Reuse(copies), account, canary, NOW, base)


@pytest.mark.parametrize(
    ("whole", "severity", "telling"),
    [
        (credential(ID, SECRET), Severity.HIGH, "long-lived"),
        (credential(ID, SECRET, kind="unknown"), Severity.HIGH, "act as their owner"),
        (credential(ID, SECRET, SESSION, kind="temporary"), Severity.MEDIUM, "until its session ends"),
        (credential(ID, SECRET, kind="temporary"), Severity.LOW, "without its session token"),
        (credential(SECRET, kind="unknown"), Severity.MEDIUM, "without its id"),
        (credential(ID), Severity.LOW, "without its secret"),
        (credential(SESSION, kind="temporary"), Severity.LOW, "by itself"),
        (credential(Role.TOKEN, kind="unknown"), Severity.HIGH, "A token"),
        (credential(Role.PASSWORD, kind="unknown"), Severity.HIGH, "A password"),
        (credential(Role.PRIVATE_KEY, kind="unknown"), Severity.HIGH, "A private key"),
    ],
)
def test_what_a_credential_is_worth_by_itself(whole: Credential, severity: Severity, telling: str) -> None:
    got, reasons = judged(whole)
    assert got is severity
    assert telling in reasons[0]
    assert len(reasons) == 1


@pytest.mark.parametrize("base", list(Severity))
def test_a_rule_decides_the_severity_of_what_is_no_aws_key(base: Severity) -> None:
    assert judged(credential(Role.TOKEN, kind="unknown"), base=base)[0] is base
    assert judged(PAIR, base=base)[0] is Severity.HIGH


@pytest.mark.parametrize(
    ("exposure", "telling"),
    [
        (Exposure(git="pushed"), "Pushed with git"),
        (Exposure(mode=0o644, readable_by="everyone"), "Everyone on this machine can read it (mode 0644)"),
        (Exposure(mode=0o640, readable_by="group"), "Other accounts can read it"),
        (Exposure(synced="Dropbox"), "Dropbox copies to the cloud"),
    ],
)
def test_what_others_can_have_already_raises_by_one_level(exposure: Exposure, telling: str) -> None:
    severity, reasons = judged(exposure=exposure)
    assert severity is Severity.CRITICAL
    assert telling in reasons[1]
    assert judged(credential(ID), exposure)[0] is Severity.MEDIUM


def test_several_such_grounds_raise_no_further() -> None:
    worst = Exposure(mode=0o644, readable_by="everyone", git="pushed", synced="Dropbox")
    severity, reasons = judged(credential(ID), worst)
    assert severity is Severity.MEDIUM
    assert [r.split()[0] for r in reasons[1:4]] == ["Pushed", "Everyone", "Inside"]


@pytest.mark.parametrize(
    ("exposure", "telling"),
    [
        (Exposure(git="tracked"), "next push"),
        (Exposure(git="untracked"), "git add"),
        (Exposure(server="an Amazon EC2 instance"), "an instance role would serve"),
        (Exposure(server="a Hetzner cloud server"), "a role for it would serve better"),
        (Exposure(encrypted=False, device="sda2"), "(sda2)"),
        (Exposure(foreign_owner=True, owner="bob"), "belongs to bob"),
        (Exposure(mode=0o644), "mode 0644 lets others"),
        (Exposure(modified=NOW - 100 * DAY), "Unchanged here for 3 months"),
        (Exposure(modified=NOW - 800 * DAY), "Unchanged here for 2 years"),
    ],
)
def test_what_is_worth_knowing_is_said_and_raises_nothing(exposure: Exposure, telling: str) -> None:
    severity, reasons = judged(exposure=exposure)
    assert severity is Severity.HIGH
    assert telling in reasons[1]


def test_what_is_unknown_or_harmless_is_not_said() -> None:
    calm = Exposure(mode=0o600, encrypted=True, device="luks", git="ignored", modified=NOW - 10 * DAY)
    assert len(judged(exposure=calm)[1]) == 1
    assert len(judged(exposure=Exposure(encrypted=None, git=""))[1]) == 1
    # a server's role serves AWS keys, not passwords
    assert len(judged(credential(Role.PASSWORD), Exposure(server="an Amazon EC2 instance"))[1]) == 1


def test_copies_archives_and_doubtful_pairs_are_told() -> None:
    reasons = judged(credential(ID, SECRET, ambiguous=True), place=Place("/a.tgz", ("b",)), copies=4)[1]
    text = "\n".join(reasons)
    assert "lies in 4 places: never use one key for two things" in text
    assert "archive" in text
    assert "not certain" in text


def test_a_canary_is_information_whatever_its_place() -> None:
    opened = Exposure(mode=0o644, readable_by="everyone", git="pushed")
    severity, reasons = judged(exposure=opened, account="052310077262", canary=True)
    assert severity is Severity.INFO
    assert reasons == (
        "A canary key of account 052310077262: it only raises an alarm when used, and keywatch never tests it",
    )


def test_a_temporary_key_that_ran_out_is_information() -> None:
    old = credential(ID, SECRET, SESSION, kind="temporary", notes=("expires 2020-02-03T04:05:06Z",))
    severity, reasons = judged(old, Exposure(mode=0o644, readable_by="everyone"))
    assert severity is Severity.INFO
    assert "ran out on 2020-02-03" in reasons[0]
    new = credential(ID, SECRET, SESSION, kind="temporary", notes=("expires 2090-02-03T04:05:06Z",))
    severity, reasons = judged(new)
    assert severity is Severity.MEDIUM
    assert "until 2090-02-03" in reasons[0]


def test_the_aws_clis_own_cache_is_information() -> None:
    whole = credential(ID, SECRET, SESSION, kind="temporary")
    assert judged(whole, place=Place("/home/a/.aws/cli/cache/1.json"))[0] is Severity.INFO
    assert judged(PAIR, place=Place("/home/a/.aws/cli/cache/1.json"))[0] is Severity.HIGH


@pytest.mark.parametrize(
    ("note", "seconds"),
    [
        ("expires 2026-01-31T12:00:00Z", 1769860800.0),
        ("Expiration: 2026-01-31T12:00:00+00:00", 1769860800.0),
        ("expires=2026-01-31 13:00:00+01:00", 1769860800.0),
        ("expires 2026-01-31", 1769817600.0),
        ("expires 2026-13-31", None),
        ("a note about 2026-01-31", None),
    ],
)
def test_expiry_is_read_from_notes(note: str, seconds: float | None) -> None:
    assert expires(credential(ID, notes=("other", note))) == seconds


@given(
    st.sets(st.sampled_from(list(Role)), min_size=1),
    st.builds(
        Exposure,
        mode=st.integers(0, 0o7777),
        encrypted=st.sampled_from([True, False, None]),
        git=st.sampled_from(["", "untracked", "ignored", "tracked", "pushed"]),
        synced=st.text(max_size=8),
        server=st.text(max_size=8),
        owner=st.text(max_size=8),
        device=st.text(max_size=8),
        foreign_owner=st.booleans(),
        modified=st.floats(0, 4e9),
        readable_by=st.sampled_from(["", "group", "everyone"]),
    ),
    st.lists(st.text(max_size=30), max_size=2),
    st.booleans(),
)
def test_every_judgement_has_a_reason_and_known_advice(
    roles: set[Role], exposure: Exposure, notes: list[str], canary: bool
) -> None:
    whole = credential(*roles, kind="unknown", notes=tuple(notes))
    severity, reasons = judge(whole, exposure, PLACE, Reuse(2), None, canary, NOW)
    assert reasons and all(reasons)
    assert len(set(reasons)) == len(reasons)
    advice = advise(whole, exposure, PLACE, 2, canary, NOW)
    assert set(advice) <= set(ADVICE)
    assert (severity is Severity.INFO) == (advice in (("leave",), ("delete",)))


def test_advice_fits_the_exposure() -> None:
    assert advise(PAIR, Exposure(git="pushed"), PLACE, 1, False, NOW)[:2] == ("rotate", "untrack")
    assert advise(PAIR, Exposure(), PLACE, 1, False, NOW) == ("short-lived",)
    assert "role" in advise(PAIR, Exposure(server="an Amazon EC2 instance"), PLACE, 1, False, NOW)
    token = credential(Role.TOKEN, kind="unknown")
    assert advise(token, Exposure(mode=0o644, readable_by="everyone"), PLACE, 1, False, NOW) == (
        "revoke", "chmod", "store",
    )  # fmt: skip
    assert "rotate" not in advise(credential(ID), Exposure(git="pushed"), PLACE, 1, False, NOW)


def test_the_documentation_repeats_the_tables() -> None:
    rows = {
        cells[0]: cells[1:]
        for line in USAGE.read_text(encoding="utf-8").splitlines()
        if (cells := [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))])
    }
    for name, base in BASE.items():
        assert rows[f"`{name}`"][0] == (base.severity.label if base.severity is not None else "the rule's")
    for ground in RAISING:
        assert rows[ground.name][0] == "one level up"
    for ground in TELLING:
        assert rows[ground.name][0] == "said only"


@pytest.mark.parametrize(
    ("reuse", "telling"),
    [
        (Reuse(2), "lies in 2 places: never use one key"),
        (Reuse(entry="work"), "in the vault already, as 'work'"),
        (Reuse(entry="work", programs=3), "3 programs use 'work' out of the vault"),
    ],
)
def test_a_key_that_is_used_for_two_things_is_raised(reuse: Reuse, telling: str) -> None:
    severity, reasons = judge(PAIR, Exposure(), PLACE, reuse, None, False, NOW)
    assert severity is Severity.CRITICAL
    assert telling in " ".join(reasons)
    severity, reasons = judge(credential(ID), Exposure(), PLACE, reuse, None, False, NOW)
    assert severity is Severity.LOW, "an id alone opens nothing, wherever it lies"
    severity, _ = judge(PAIR, Exposure(), PLACE, Reuse(entry="work", programs=1), None, True, NOW)
    assert severity is Severity.INFO
    severity, reasons = judge(PAIR, Exposure(), PLACE, Reuse(entry="", programs=1), None, False, NOW)
    assert severity is Severity.HIGH
    assert len(reasons) == 1

"""Exact places: spans, boundaries, overlap, limits, and time linear in the content."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywatch.detect.examples import expand
from keywatch.detect.rules import RULES
from keywatch.detect.tokens import MOST, find_tokens
from keywatch.model import Role

BY_ID = {rule.id: rule for rule in RULES}
TOKEN = expand("ghp_{github:36}")


def ids(content: bytes) -> list[str]:
    return [match.rule for match in find_tokens(content, RULES)[0]]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(RULES), st.integers(0, 3)), min_size=1, max_size=5),
    st.sampled_from(["\n", " ", "\r\n", "\x00"]),
)
def test_spans_hold_exactly_the_values(picked: list[tuple[object, int]], between: str) -> None:
    content = between.join(expand(rule.examples[0], seed).decode() for rule, seed in picked).encode()  # type: ignore[attr-defined]
    matches, _ = find_tokens(content, RULES)
    for match in matches:
        assert content[match.span.start : match.span.end] == match.value.expose()
    for left, right in pairwise(matches):
        assert left.span.end <= right.span.start


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b" ",
        b'"',
        b"=",
        b"\\n",
        b"\\t",
        b"%3D",
        b"\\u003d",
        b"\\x3d",
        b"\x1b[31m",
        b"\x1b[0;32m",
        b"-",
        b"/",
        b":",
        b"\xff",
    ],
)
def test_what_may_stand_before(before: bytes) -> None:
    assert ids(b"a " + before + TOKEN) == ["github-token"]


@pytest.mark.parametrize("before", [b"a", b"Z", b"0", b"_", b"n", b"\\q", b"%3", b"[31m"])
def test_what_may_not_stand_before(before: bytes) -> None:
    assert ids(b"a " + before + TOKEN) == []


def test_a_token_glued_to_a_false_start_is_found() -> None:
    assert ids(b"xghp_" + b"a" * 30 + b" " + TOKEN) == ["github-token"]
    assert ids(b"xghp_ghp_ " + TOKEN) == ["github-token"]


def test_drops_are_counted_by_reason() -> None:
    content = b" ".join((expand("ghp_{alnum:36}"), b"ghp_" + b"x" * 36, b"postgres://a:postgres@db.corp/x", TOKEN))
    matches, dropped = find_tokens(content, RULES)
    assert [m.rule for m in matches] == ["github-token"]
    assert dropped == {"checksum": 1, "placeholder": 2}


def test_of_overlapping_matches_the_telling_one_is_kept() -> None:
    content = b"https://oauth2:" + TOKEN + b"@github.com/a/b.git"
    matches, dropped = find_tokens(content, RULES)
    assert [(m.rule, m.value.expose()) for m in matches] == [("github-token", TOKEN)]
    assert dropped == {}
    assert ids(b"//registry.npmjs.org/:_authToken=" + expand("npm_{github:36}")) == ["npm-token"]
    assert ids(b'"private_key": "' + expand("{pem:PRIVATE KEY}").replace(b"\n", b"\\n") + b'\\n"') == [
        "google-service-account-key"
    ]


def test_roles() -> None:
    matches, _ = find_tokens(
        expand("postgres://app:{alnum:16}@db.corp/x\n{pem:RSA PRIVATE KEY}\nghp_{github:36}"), RULES
    )
    assert [m.role for m in matches] == [Role.PASSWORD, Role.PRIVATE_KEY, Role.TOKEN]


def test_a_flood_is_cut_off() -> None:
    content = b" ".join(expand("dapi{hex:32}", seed) for seed in range(200)) * ((MOST // 200) + 2)
    began = time.perf_counter()
    matches, dropped = find_tokens(content, [BY_ID["databricks-token"]])
    assert len(matches) == MOST
    assert dropped == {"too-many": 1}
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_megabyte_of_beginnings_costs_little(rule: object) -> None:
    token = expand(rule.examples[0])  # type: ignore[attr-defined]
    for unit in (token[: len(token) // 2], token[: len(token) * 3 // 4] + b"-", rule.keywords[0].encode()):  # type: ignore[attr-defined]
        content = unit * (200_000 // len(unit))
        began = time.process_time()  # of this process alone: the machine may be busy
        find_tokens(content, [rule])  # type: ignore[list-item]
        assert time.process_time() - began < 4, unit[:20]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    matches, dropped = find_tokens(content, RULES)
    assert matches == []
    assert set(dropped) <= {"checksum", "placeholder", "reference", "documented-example", "sequence", "repeated"}

"""Inline comments, ignore files and baselines: what they leave out, and what they must not."""

from __future__ import annotations

import datetime
import io
import json
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from madeup import ID, SECRET, digest, finding, full_result

from keywatch.errors import ConfigError
from keywatch.model import Finding, Span, SweepResult
from keywatch.report.base import Look
from keywatch.report.json import write
from keywatch.request import Baseline, IgnoreEntry
from keywatch.suppress import allows, parse_baseline, parse_ignore, ran_out, suppress

TODAY = datetime.date(2026, 5, 1)
ONE = finding("one", "/home/alice/work/app/.env", ID, SECRET)
TWO = finding("two", "/home/alice/.bashrc", ID, SECRET)


def spans(content: bytes, *words: bytes) -> list[Span]:
    return [Span(content.index(word), content.index(word) + len(word)) for word in words]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"key = KKK # keywatch:allow", True),
        (b"key = KKK // for tests keywatch:allow", True),
        (b"/* keywatch:allow */ key = KKK", True),
        (b'" keywatch:allow: a vim comment KKK', True),
        (b"<key>KKK</key> <!-- keywatch:allow -->", True),
        (b"key = KKK # keywatch:allow my-rule", True),
        (b"key = KKK # keywatch:allow other-rule", False),
        (b"key = KKK # keywatch:allow other-rule, my-rule", True),
        (b"key = KKK # keywatch:allow -- because it is a test", True),
        (b"key = KKK keywatch:allow", False),
        (b'key = "KKK keywatch:allow"', False),
        (b"# keywatch:allow\nkey = KKK", False),
        (b"key = KKK\n# keywatch:allow", False),
        (b"key = KKK", False),
    ],
)
def test_a_comment_on_the_line_allows(content: bytes, expected: bool) -> None:
    assert allows(content, spans(content, b"KKK"), "my-rule") is expected


def test_any_part_s_line_allows_the_whole() -> None:
    content = b"id = III\nsecret = SSS  # keywatch:allow\n"
    assert allows(content, spans(content, b"III", b"SSS"), "r")


def test_a_key_that_holds_the_words_allows_nothing() -> None:
    content = b"key = '#keywatch:allow'"
    assert not allows(content, [Span(7, 22)], "r")


def test_a_line_as_long_as_its_file_takes_no_time() -> None:
    content = b"# keywatch:allow x " * 200_000
    begun = time.perf_counter()
    for start in range(0, 1_000_000, 5000):
        allows(content, [Span(start, start + 3)], "r")
    assert time.perf_counter() - begun < 2


@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_no_content_fails(content: bytes, start: int, length: int) -> None:
    allows(b"# keywatch:allow " + content, [Span(start, start + length)], "r")


def test_an_ignore_file_is_read_whole() -> None:
    entries = parse_ignore(
        b"\xef\xbb\xbf# comment\n\n*.env\n!keep.env\nbuild/\n~/old/*.sh until=2026-06-01 reason=moves in May\n"
        b"fingerprint:0123456789ABCDEF\nrule:my-rule\treason=noise\n/abs/x y\n",
        "/r/.keywatchignore",
        "/r",
        "/home/alice",
    )
    source = "/r/.keywatchignore"
    assert entries == (
        IgnoreEntry("path", "*.env", "/r", source=source, line=3),
        IgnoreEntry("path", "keep.env", "/r", negated=True, source=source, line=4),
        IgnoreEntry("path", "build", "/r", folders_only=True, source=source, line=5),
        IgnoreEntry("path", "/old/*.sh", "/home/alice", until=datetime.date(2026, 6, 1), reason="moves in May",
                    source=source, line=6),
        IgnoreEntry("fingerprint", "0123456789abcdef", "/r", source=source, line=7),
        IgnoreEntry("rule", "my-rule", "/r", reason="noise", source=source, line=8),
        IgnoreEntry("path", "/abs/x y", "/r", source=source, line=9),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("fingerprint:xyz", "a fingerprint is 32 hex digits"),
        ("fingerprint:0123", "a fingerprint is 32 hex digits"),
        ("rule:Not A Rule", "expected a rule's id"),
        ("rule:", "expected a rule's id"),
        ("*.env until=tomorrow", "'tomorrow' is no date"),
        ("/", "expected a path"),
        ("!", "expected a path"),
        ("x" * 5000, "longer than"),
    ],
)
def test_a_wrong_line_is_named(line: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_ignore(f"# ok\n{line}\n".encode(), "/r/ignore", "/r")
    assert str(caught.value).startswith("/r/ignore:2: ")
    assert message in str(caught.value)


@given(st.binary(max_size=200))
def test_any_bytes_give_entries_or_a_configuration_error(content: bytes) -> None:
    try:
        entries = parse_ignore(content, "s", "/r")
    except ConfigError:
        return
    suppress([ONE, TWO], entries, None, TODAY)


def ignored(line: str, *findings: Finding) -> list[Finding]:
    entries = parse_ignore(line.encode(), "s", "/home/alice", "/home/alice")
    return suppress(findings, entries, None, TODAY)[0]


def test_entries_leave_out_by_path_rule_and_fingerprint() -> None:
    assert ignored("work/", ONE, TWO) == [TWO]
    assert ignored(".env", ONE, TWO) == [TWO]
    assert ignored("*\n!.bashrc", ONE, TWO) == [TWO]
    assert ignored("rule:aws-access-key", ONE, TWO) == []
    assert ignored("rule:aws", ONE, TWO) == [ONE, TWO]
    assert ignored(f"fingerprint:{ONE.parts[1].fingerprint[:16]}", ONE, TWO) == [TWO]
    assert ignored(f"fingerprint:{digest('two').upper()}", ONE, TWO) == [ONE]


def test_an_entry_runs_out() -> None:
    assert ignored("work/ until=2026-05-01", ONE) == []
    assert ignored("work/ until=2026-04-30", ONE) == [ONE]
    entries = parse_ignore(b"a\nb until=2026-04-30\n", "s", "/")
    assert ran_out(entries, TODAY) == ("s:2: ran out on 2026-04-30: what it ignored is reported again",)


def report(*findings: Finding) -> bytes:
    out = io.StringIO()
    write(SweepResult(findings=list(findings)), out, Look())
    return out.getvalue().encode()


def test_a_baseline_leaves_out_what_it_has_and_counts_it() -> None:
    baseline = parse_baseline(report(ONE), "b.json")
    assert suppress([ONE, TWO], (), baseline, TODAY) == ([TWO], {"baseline": 1})


def test_a_baseline_goes_by_content_not_by_line() -> None:
    baseline = parse_baseline(report(ONE), "b.json")
    moved = replace(ONE, id="other", parts=tuple(replace(p, line=p.line + 100) for p in ONE.parts))
    assert suppress([moved], (), baseline, TODAY)[0] == []
    changed = finding("another", ONE.place.path, ID, SECRET)
    assert suppress([changed], (), baseline, TODAY)[0] == [changed]


def test_a_known_key_at_a_new_place_is_new() -> None:
    baseline = parse_baseline(report(ONE), "b.json")
    copied = replace(ONE, place=replace(ONE.place, path="/home/alice/copy"))
    inside = replace(ONE, place=replace(ONE.place, via=("x",)))
    assert suppress([copied, inside], (), baseline, TODAY)[0] == [copied, inside]


def test_every_finding_is_known_to_its_own_report() -> None:
    findings = full_result().findings
    findings.append(replace(ONE, identity="x", place=replace(ONE.place, path="/\udcff", via=("\udcfe", "\ud800"))))
    assert suppress(findings, (), parse_baseline(report(*findings), "b"), TODAY)[0] == []


def test_a_report_without_identities_serves_by_fingerprint() -> None:
    document = json.loads(report(ONE))
    del document["findings"][0]["identity"]
    baseline = parse_baseline(json.dumps(document).encode(), "b")
    assert suppress([ONE, TWO], (), baseline, TODAY)[0] == [TWO]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"schema": "keywatch.sweep/2", "findings": []}', b'{"schema": 1}'],
)
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"^b\.json: "):
        parse_baseline(content, "b.json")


@pytest.mark.parametrize("broken", [{}, {"place": 3}, {"place": {"path": "/x", "via": 3}, "parts": []}, 7])
def test_a_broken_finding_is_named_by_number(broken: object) -> None:
    document = json.loads(report(ONE)) | {"findings": [json.loads(report(ONE))["findings"][0], broken]}
    with pytest.raises(ConfigError, match="finding 2"):
        parse_baseline(json.dumps(document).encode(), "b.json")


def test_nothing_is_left_out_unasked() -> None:
    findings = full_result().findings
    assert suppress(findings, (), Baseline(), TODAY) == (findings, {})

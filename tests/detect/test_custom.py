"""People's own rules and gitleaks' files: what is taken, what is refused and how, and no endless patterns."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywatch.detect.custom import load_rules, shannon
from keywatch.detect.engine import Engine
from keywatch.detect.tokens import find_tokens, patterns
from keywatch.errors import ConfigError
from keywatch.severity import Severity

OWN = """
[[rule]]
id = "acme-token"
title = "ACME deploy token"
pattern = 'acme_(?P<secret>[a-z0-9]{32})\\b'
keywords = ["acme_"]
severity = "critical"
examples = ["token: acme_{lownum:32}"]
near_misses = ["acme_{lownum:31}"]
"""


def found(content: bytes, toml: str) -> list[bytes]:
    """What the file's rules find, through the engine as in a sweep."""
    rules, _ = load_rules(toml.encode(), "test.toml")
    mask = Engine(patterns(rules)).scan(content)
    return [m.value.expose() for m in find_tokens(content, [r for n, r in enumerate(rules) if mask >> n & 1])[0]]


def test_an_own_rule() -> None:
    rules, notes = load_rules(OWN.encode(), "own.toml")
    assert notes == []
    assert [(r.id, r.title, r.severity, r.foreign) for r in rules] == [
        ("acme-token", "ACME deploy token", Severity.CRITICAL, True)
    ]
    secret = b"k3j9x0q1w8e7r6t5" * 2
    assert found(b"a = acme_" + secret[:31] + b"z;", OWN) == [secret[:31] + b"z"]
    assert found(b"a = acme_" + b"x" * 32, OWN) == [], "a placeholder"


def test_a_byte_order_mark_and_crlf() -> None:
    assert load_rules(b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode(), "own.toml")[0][0].id == "acme-token"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[rule]]", "[[rul]]", r"own.toml: has neither \[\[rule\]\]"),
        ("[[rule]]", "[rule]", "must be tables"),
        ("severity =", "severty =", r"rule 1 \('acme-token'\): unknown key 'severty': did you mean 'severity'\?"),
        ("severity =", "zzz =", "known are id, title"),
        ("critical", "urgent", "severity: 'urgent' is no severity"),
        ("id = ", "# id = ", "rule 1: 'id' is missing"),
        ("examples = ", "# ", "'examples' is missing"),
        ("near_misses = ", "# ", "'near_misses' is missing"),
        ("acme_{lownum:32}", "acme", "example 1 is not found"),
        ("{lownum:31}", "{lownum:32}", "near miss 1 is found"),
        ('"acme-token"', '"ACME"', "lower-case"),
        ('"acme-token"', "7", "'id' must be a text"),
        ('["acme_"]', '"acme_"', "'keywords' must be a list"),
        ("{32})\\b", "{32}", r"pattern: a '\(' is not closed"),
        ("(?P<secret>", "(?=", "lookaround"),
        ("[a-z0-9]{32}", "([a-z]+)+", "bound the outer repeat"),
        ("[a-z0-9]{32}", "[a-z", "pattern: "),
        ("{32})\\b", "{32})[a", r"\[' is not closed"),
        ("[a-z0-9]{32}", "[z-a]", "not a valid pattern: bad character range"),
        ("acme_(?P<secret>[a-z0-9]{32})\\b", ".*", "matches nothing"),
        ('id = "acme-token"', 'id = "acme-token', "not valid TOML: .* line 3"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, message: str) -> None:
    assert old in OWN
    with pytest.raises(ConfigError, match=message) as caught:
        load_rules(OWN.replace(old, new, 1).encode(), "own.toml")
    assert str(caught.value).startswith("own.toml")


def test_two_rules_of_one_id() -> None:
    with pytest.raises(ConfigError, match="two rules have this id"):
        load_rules((OWN + OWN).encode(), "own.toml")


@pytest.mark.parametrize("content", [b"\xff", b"a" * (5 << 20), b"a=" + b"[" * 5000, b"a=" + b"9" * 5000, b""])
def test_hostile_files_are_errors(content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"own\.toml"):
        load_rules(content, "own.toml")


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["id", "regex", "secretGroup", "entropy", "keywords", "allowlist", "allowlists", "path", "description"]
        ),
        st.sampled_from(
            [
                '"x"',
                "1",
                "[]",
                '["a("]',
                "{}",
                '{regexes=["a","("],stopwords=[1]}',
                '[{condition="AND",paths=["x"]}]',
                "-1",
                "inf",
            ]
        ),
    )
)
def test_any_gitleaks_rule_gives_rules_and_notes(table: dict[str, str]) -> None:
    toml = "[[rules]]\n" + "\n".join(f"{key} = {value}" for key, value in table.items())
    rules, notes = load_rules(toml.encode(), "g.toml")
    assert all(note.startswith("g.toml: ") for note in notes)
    assert bool(rules) or bool(notes)
    assert find_tokens(b"xx ax", rules)


GITLEAKS = r"""
title = "x"
[extend]
useDefault = true
[allowlist]
stopwords = ["globalstop"]
paths = ['''vendor''']
[[rules]]
id = "Acme Key"
description = "ACME key"
regex = '''\b(acme-(?i)[a-z0-9]{12})(?:[\x60'"\s;]|\\[nr]|$)'''
entropy = 2.5
keywords = ["acme-"]
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''#\s*fixture''']
[[rules.allowlists]]
stopwords = ["stopme"]
[[rules]]
id = "second-group"
regex = '''(beta|gamma)_([0-9a-f]{16})'''
secretGroup = 2
[[rules]]
id = "either"
regex = '''left:([0-9a-f]{8})|right:([0-9a-f]{9})'''
[[rules]]
id = "by-path"
path = '''\.p12$'''
[[rules]]
id = "both"
regex = "abc"
path = '''\.x$'''
[[rules]]
id = "endless"
regex = '''((a+)+)+b'''
[[rules]]
id = "ahead"
regex = '''a(?!b)'''
skipReport = true
"""


def test_a_gitleaks_file() -> None:
    rules, notes = load_rules(GITLEAKS.encode(), "gl.toml")
    assert [rule.id for rule in rules] == ["acme-key", "second-group", "either"]
    text = "\n".join(notes)
    for said in (
        "[extend] is not supported",
        "global: an allowlist's 'paths' is not supported",
        "rule 'by-path': left out: it has no regex",
        "rule 'both': left out: it holds for some paths only",
        "rule 'endless': left out: a repeated part repeats",
        "rule 'ahead': 'skipReport' is not supported",
        "rule 'ahead': left out: '(?!b' is no group of RE2",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("content", "secrets"),
    [
        (b'k = "acme-K3J9x0q1w8e7"', [b"acme-K3J9x0q1w8e7"]),
        (b"acme-K3J9x0q1w8e7", [b"acme-K3J9x0q1w8e7"]),
        (b"ACME-K3J9x0q1w8e7", []),
        (b"acme-K3J9x0q1w8e7z", []),
        (b"acme-abababababac ", []),
        (b"acme-k3j9x0stopme ", []),
        (b"acme-globalstop99 ", []),
        (b"x\nacme-K3J9x0q1w8e7 # fixture\ny", []),
        (b"# fixture\nacme-K3J9x0q1w8e7 \n", [b"acme-K3J9x0q1w8e7"]),
        (b"gamma_0f3a9c1d7be24856", [b"0f3a9c1d7be24856"]),
        (b"left:0f3a9c1d right:7be24856a", [b"0f3a9c1d", b"7be24856a"]),
    ],
)
def test_what_gitleaks_rules_find(content: bytes, secrets: list[bytes]) -> None:
    assert found(content, GITLEAKS) == secrets


def test_an_allowlist_that_needs_all() -> None:
    rule = """
    [[rules]]
    id = "a"
    regex = "key-([a-z0-9]{8})"
    [[rules.allowlists]]
    condition = "AND"
    regexes = ["^a"]
    stopwords = ["zz"]
    """
    assert found(b"key-a1b9zz3c key-a1b9c83c key-b1b9zz3c", rule) == [b"a1b9c83c", b"b1b9zz3c"]


def test_entropy_as_gitleaks_reckons_it() -> None:
    assert shannon(b"") == 0
    assert shannon(b"aaaa") == 0
    assert shannon(b"abcd") == 2


HARD = r"""
[[rule]]
id = "polynomial"
title = "four unbounded repeats in a row"
pattern = 'k=[a-z]*[a-z]*[a-z]*!'
examples = ["k=aqz!"]
near_misses = ["k="]
[[rule]]
id = "wide"
title = "starts anywhere"
pattern = '[\w.-]{0,50}?acme(?:[ \t\w.-]{0,20})=([a-z0-9_-]{64})'
examples = ["acme={lownum:64}"]
near_misses = ["acme="]
"""


@pytest.mark.parametrize(
    "content", [b"k=" + b"a" * 300_000, b"k=a" * 100_000, b"acme" * 75_000, b"a." * 150_000], ids=range(4)
)
@pytest.mark.parametrize("end", [b"", b" k=q! acme=" + b"a1b2c3d4" * 8])
def test_hostile_contents_cost_linear_time(content: bytes, end: bytes) -> None:
    rules, _ = load_rules(HARD.encode(), "hard.toml")
    began = time.perf_counter()
    find_tokens(content + end, rules)
    assert time.perf_counter() - began < 5


def test_matches_are_the_same_without_hyperscan(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    content = b"\n".join(b"x" * 3000 + b' "acme-K%dJ9x0q1w8e7"' % n for n in range(1, 10)) + b" gamma_0f3a9c1d7be24856"
    with_hyperscan = found(content, GITLEAKS)
    assert len(with_hyperscan) == 10
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert found(content, GITLEAKS) == with_hyperscan

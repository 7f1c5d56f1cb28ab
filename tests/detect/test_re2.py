"""The translation of RE2: same meaning for both engines, and refusals that say which part is meant."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywatch.detect.engine import Engine
from keywatch.detect.re2 import UnsupportedPatternError, translate


def matches(pattern: str, text: bytes) -> bool:
    """What both engines say, which must be one thing."""
    translated = translate(pattern)
    python = re.search(translated.python.encode(), text) is not None
    assert bool(Engine([(0, translated.hyperscan, 0)]).scan(text)) == python
    return python


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("a(?i)bc", ["abc", "aBC"], ["ABC"]),
        ("(?:a(?i)b|c)d", ["abd", "aBd", "Cd", "cd"], ["Abd", "CD"]),
        ("(?i:a)b", ["Ab"], ["AB"]),
        ("(?i)a(?-i)b", ["Ab"], ["AB"]),
        (r"a\z", ["ba"], ["ab", "a\n"]),
        ("a$", ["ba"], ["ab", "a\n"]),
        ("(?m)a$", ["a\nb"], ["ab"]),
        ("(?m)^b", ["a\nb"], ["ab"]),
        ("a(?s).b", ["a\nb"], ["ab"]),
        ("a.b", ["axb"], ["a\nb"]),
        ("[[:alnum:]]{3}-", ["aZ9-"], ["a_9-"]),
        ("[^[:space:]]x", ["ax"], [" x", "\tx"]),
        ("[[:punct:]]1", ["!1", "~1", "[1", "\\1"], ["a1", " 1"]),
        (r"[\w.-]+@", ["a.b-c@"], ["@"]),
        (r"[\s\S-]x", ["\nx", "-x"], ["x"]),
        (r"[]a]b", ["]b", "ab"], ["[b"]),
        (r"[a\]]b", ["]b"], ["\\b"]),
        ("[&&||-]x", ["&x", "|x", "-x"], ["ax"]),
        ("(?P<name>a)(?<other>b)", ["ab"], ["b"]),
        (r"\Qa.b*\Ec", ["a.b*c"], ["axbc"]),
        (r"\x60\x{41}", ["`A"], ["`a"]),
        ("a{2,}?b", ["aab"], ["ab"]),
        ("a{x}", ["a{x}"], ["a"]),
        ("é+", ["éé"], ["e"]),
        (r"(?:[\x60'\"\s;]|\\[nr]|$)", [";", "\\n", ""], []),
        (r"\bSG\.(?i)[a-z]{2}", ["SG.aB", "(SG.ab"], ["xSG.ab", "sg.ab"]),
    ],
)
def test_meaning(pattern: str, yes: list[str], no: list[str]) -> None:
    if pattern.endswith("|$)"):  # matches the empty text, which Hyperscan does not take alone
        compiled = re.compile(translate(pattern).python.encode())
        assert all(compiled.search(text.encode()) for text in yes)
        return
    for text in yes:
        assert matches(pattern, text.encode()), text
    for text in no:
        assert not matches(pattern, text.encode()), text


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a(?=b)", "lookaround"),
        ("(?<!a)b", "lookaround"),
        ("(?U)a+", "flag U"),
        (r"(a)\1", "no such escape"),
        (r"\pL", "Unicode classes"),
        (r"\p{Greek}", "Unicode classes"),
        (r"\y", "no such escape"),
        ("\\", "no such escape"),
        ("a**", "repeats nothing"),
        ("*a", "repeats nothing"),
        ("a|+", "repeats nothing"),
        ("a++", "no repeat of RE2"),
        ("a{2000}", "more often than 1000"),
        ("a{5,2}", "backwards"),
        ("(a{900}){900}", "more than 4000 characters"),
        ("(a", "not closed"),
        ("a)", "never opened"),
        ("[a", "not closed"),
        ("[[:greek:]]", "no class"),
        (r"[a-\d]", "ends in a class"),
        ("[é]", "beyond ASCII"),
        (r"\x{e9}", "beyond ASCII"),
        ("(" * 60 + "a" + ")" * 60, "nested"),
        ("a" * 9000, "longer than"),
        ("(a+)+$", "bound the outer repeat"),
        ("(a|aa)+$", "bound the outer repeat"),
        (r"(\w+\s?)*x", "bound the outer repeat"),
        ("(?:a*b?)*c", "bound the outer repeat"),
        (".*.*.*.*.*x", "bound the outer repeat"),
    ],
)
def test_refusals(pattern: str, why: str) -> None:
    with pytest.raises(UnsupportedPatternError, match=re.escape(why)):
        translate(pattern)


@pytest.mark.parametrize("pattern", ["(?:foo|bar)+", "([a-z0-9]{4}-){3}", "(?:-[0-9]{10,13}){3}", "[a-z]+=[a-z]+"])
def test_harmless_repeats_pass(pattern: str) -> None:
    assert translate(pattern)


@settings(max_examples=200)
@given(st.text(alphabet=r"ab(|)[]{}?*+^$.\-,:1209<>PismQE&é/'", max_size=25))
def test_whatever_is_translated_compiles_or_is_refused(pattern: str) -> None:
    try:
        translated = translate(pattern)
    except UnsupportedPatternError:
        return
    try:
        re.compile(translated.python.encode())
    except re.error as error:  # the two that a single pass does not see, said by load_rules
        assert re.search("bad character range|redefinition of group", error.msg)

"""Nothing that a file's name holds reaches a terminal as more than text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.report.escape import decodable, exact_bytes, file_uri, relative_uri, show, show_path, show_place

ANY_TEXT = st.text(st.characters(), max_size=40)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢", "plain é 漢"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b31m", r"\u009b31m"),
        ("\udcff", r"\xff"),
        ("\ud800", r"\ud800"),
        ("a\u202eb", r"a\u202eb"),
        (r"a\n", r"a\\n"),
    ],
)
def test_what_is_unsafe_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert show(text) == shown


@given(ANY_TEXT)
def test_what_is_shown_is_printable_and_told_apart(text: str) -> None:
    shown = show(text)
    shown.encode("utf-8")
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")
    assert (shown == text) or ("\\" in shown)


@given(ANY_TEXT, ANY_TEXT)
def test_two_names_never_look_the_same(one: str, other: str) -> None:
    assert (show(one) == show(other)) == (one == other)


def test_the_home_is_a_tilde() -> None:
    assert show_path("/home/a/x", "/home/a") == "~/x"
    assert show_path("/home/a", "/home/a/") == "~"
    assert show_path("/home/ab", "/home/a") == "/home/ab"
    assert show_path("/x", "/") == "/x"
    assert show_place("/home/a/b.tgz", ("etc/x\n", "y"), "/home/a") == r"~/b.tgz!etc/x\n!y"


def test_addresses_keep_every_byte() -> None:
    assert file_uri("/a b/\udcff#?") == "file:///a%20b/%FF%23%3F"
    assert file_uri("<stdin>") == "%3Cstdin%3E"
    assert relative_uri("/r/a:b", "/r/") == "a%3Ab"
    assert relative_uri("/rx", "/r") is None
    assert relative_uri("/x", "") is None


@given(ANY_TEXT)
def test_decodable_text_is_unicode(text: str) -> None:
    decodable(text).encode("utf-8")
    exact_bytes(text)

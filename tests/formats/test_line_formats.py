"""What holds for every line-oriented format, whatever the bytes: ordered spans, edits that stay in place, no crash."""

from __future__ import annotations

import pytest
from format_golden import assert_golden, assert_sound, assert_spliceable, cases, parse_or_refuse
from hypothesis import given
from hypothesis import strategies as st

from keywatch.formats import aws_ini, crontab, csv, dotenv, environment, history, ini, netrc, systemd
from keywatch.formats.base import Format

FORMATS: dict[str, Format] = {
    name: format_
    for module in (aws_ini, crontab, csv, dotenv, environment, history, ini, netrc, systemd)
    for name, format_ in module.FORMATS.items()
}
NAMES = sorted(FORMATS)

TOKENS = [
    *(bytes([byte]) for byte in b" \t\n\r\\'\"=:#;%[](){}$`,-@!/\x00\x83\xff"),
    *(b"\r\n", b"\\\n", b"\xef\xbb\xbf", b"\xc3\xa4", b"$(", b"'\\''", b"''", b'""', b" #", b"  ", b"\n  "),
    *(b"A", b"bc", b"NAME", b"NAME=", b"key = ", b"export ", b"set ", b"--opt ", b"-c ", b"[dev]\n", b"[default]\n"),
    *(b"* * * * * ", b"@reboot root ", b"machine ", b"default ", b"login ", b"password ", b"macdef ", b"- cmd: "),
    *(b": 1:0;", b"Environment=", b"ExecStart=", b" DEFAULT=", b"[Service]\n", b"a,b\n", b"a;b\n", b"_HiStOrY_V2_\n"),
]
SOUP = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join)


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"{name}/{case.folder.name}") for name in NAMES for case in cases(name)],
)
def test_golden(name, case):
    assert_golden(FORMATS[name], case)


@pytest.mark.parametrize("name", NAMES)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(name, content):
    found = parse_or_refuse(FORMATS[name], content)
    if found is not None:
        assert_sound(content, found)


@pytest.mark.parametrize("name", NAMES)
@given(content=SOUP)
def test_any_tokens_are_read_or_refused(name, content):
    found = parse_or_refuse(FORMATS[name], content)
    if found is not None:
        assert_sound(content, found)


@pytest.mark.parametrize("name", NAMES)
@given(content=SOUP)
def test_an_edit_changes_only_its_value(name, content):
    found = parse_or_refuse(FORMATS[name], content)
    if found:
        assert_spliceable(FORMATS[name], content, found, b"Zq8x")

"""What holds for every line-oriented format, whatever the bytes: safe, linear, ordered spans, edits that stay in place."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from line_golden import assert_golden, assert_sound, assert_spliceable, cases, facts, parse_or_refuse

from keywatch.formats import aws_ini, crontab, csv, dotenv, environment, history, ini, netrc, systemd
from keywatch.formats.base import Format, splice

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


HOSTILE = [
    *TOKENS,
    *(
        b"A='\n",
        b'A="\n',
        b'A=\\"',
        b'"\\',
        b"'\\",
        b"$'\\'",
        b"set -x ",
        b"config ",
        b"--a=",
        b"--aa b ",
        b"A = ",
        b"a: b\n",
    ),
    *(
        b"[a]\n",
        b"# [a]\n",
        b"[a#1]\n",
        b"# a=b\n",
        b"  # a=b\n",
        b"  a=b\n",
        b"  a\n",
        b"\\\n#\n",
        b"\\\\\n",
        b"\\\r\n",
        b"a=\\\n",
    ),
    *(
        b"machine a ",
        b"# machine a login ",
        b'" "',
        b"' '",
        b"-c 'a b' ",
        b'"a \\"b c\\" ',
        b"A DEFAULT=x ",
        b"%\\%",
        b"a,",
        b'"",',
    ),
    *(
        b"Environment=\\\n",
        b"[a]\nb=\n  c=d\n",
        b"- cmd: \\\\\\n\n",
        b"`(",
        b"0 ",
        b"0 0 ",
        b"=",
        b"==",
        b"  =",
        b'password "x" ',
    ),
]
PREFIXES = [
    b"",
    b"[s]\n",
    b"k = ",
    b"A='",
    b'A="',
    b"a,b\n",
    b"- cmd: ",
    b": 1:0;",
    b"* * * * * r ",
    b"machine ",
    b"Exec=",
    b"# ",
]


@pytest.mark.parametrize("name", NAMES)
def test_time_grows_with_size_only(name):
    """No pattern may cost more than a fraction of a second at 60 kB: quadratic ones take minutes."""
    slow = []
    for unit in HOSTILE:
        for prefix in PREFIXES:
            content = prefix + unit * (60_000 // len(unit))
            began = time.process_time()
            parse_or_refuse(FORMATS[name], content)
            took = time.process_time() - began
            if took > 0.6:
                slow.append((prefix, unit, round(took, 2)))
    assert not slow

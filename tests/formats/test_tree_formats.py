"""What holds for shells and nested formats, whatever the bytes; golden cases, some against programs that read them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib

import pytest
import yaml as pyyaml
from format_golden import assert_golden, assert_sound, assert_spliceable, cases, parse_or_refuse
from hypothesis import given
from hypothesis import strategies as st

from keywatch.errors import FormatError
from keywatch.formats import csh, fish, hcl, shell, toml, xml, yaml
from keywatch.formats import json as json_format
from keywatch.formats.base import Format

FORMATS: dict[str, Format] = {
    name: format_
    for module in (csh, fish, hcl, json_format, shell, toml, xml, yaml)
    for name, format_ in module.FORMATS.items()
}
NAMES = sorted(FORMATS)
SHELLS = ("csh", "fish", "shell")
TOKENS = [
    *(bytes([byte]) for byte in b" \t\n\r\\'\"=:#;%[](){}<>$`,-@!/|&*\x00\x83\xff"),
    *(
        b"\r\n",
        b"\\\n",
        b"\xef\xbb\xbf",
        b"\xc3\xa4",
        b"$(",
        b"${",
        b"''",
        b'""',
        b'"""',
        b" #",
        b"  ",
        b"\n  ",
        b"<<E\n",
        b"E\n",
    ),
    *(
        b"A",
        b"bc",
        b"NAME=",
        b"key = ",
        b"key: ",
        b'"key": ',
        b"export ",
        b"f() {",
        b"if ",
        b"then ",
        b"fi\n",
        b"[[",
        b"]]",
    ),
    *(
        b"- ",
        b"\n- ",
        b"---\n",
        b"|\n",
        b">-\n",
        b"&a ",
        b"*a",
        b"!t ",
        b"<a>",
        b"</a>",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"&amp;",
    ),
    *(b'"v"', b"'v'", b"1", b"true", b"null", b"//", b"/*", b"*/", b"\\u0041", b"\\x41", b"[t]\n", b"b {\n", b"}\n"),
]
SOUP = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join)


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"{name}/{case.folder.name}") for name in NAMES for case in cases(name)],
)
def test_golden(name, case):
    assert_golden(FORMATS[name], case, marked=name in SHELLS)


@pytest.mark.parametrize("name", NAMES)
@given(content=st.binary(max_size=200) | SOUP)
def test_any_bytes_are_read_or_refused(name, content):
    found = parse_or_refuse(FORMATS[name], content)
    if found is not None:
        assert_sound(content, found, marked=name in SHELLS)


@pytest.mark.parametrize("name", ["json", "toml", "hcl"])
@given(content=SOUP)
def test_an_edit_changes_only_its_value(name, content):
    found = parse_or_refuse(FORMATS[name], content)
    if found:
        assert_spliceable(FORMATS[name], content, found, b"Zq8x")


LEAVES = st.text(max_size=12) | st.integers() | st.booleans() | st.none()
TREES = st.recursive(
    LEAVES, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3)
)


def texts(tree: object) -> list[str]:
    if isinstance(tree, dict):
        return [text for value in tree.values() for text in texts(value)]
    if isinstance(tree, list):
        return [text for value in tree for text in texts(value)]
    return [tree] if isinstance(tree, str) and tree else []


def values(found: list) -> list[str]:
    return [binding.value.expose().decode("utf-8", "surrogatepass") for binding in found if binding.value]


def whole(text: str) -> str:
    """A list entry `NAME=value` is split: its value is the end of the entry."""
    return text.partition("=")[2] or text


@given(TREES)
def test_json_gives_every_text(tree):
    found = json_format.parse(json.dumps(tree).encode())
    for text, value in zip(sorted(texts(tree), key=whole), sorted(values(found), key=whole), strict=True):
        assert text.endswith(value)


@given(TREES)
def test_yaml_gives_every_text(tree):
    dumped = pyyaml.safe_dump(tree, allow_unicode=True)
    found = [binding for binding in yaml.parse(dumped.encode()) if not binding.commented]
    given_back = values(found)
    # what was dumped, as its own library reads it back: a lone U+0085 does not survive that (it is a line break to it)
    for text in texts(pyyaml.safe_load(dumped)):
        assert any(text.endswith(value) for value in given_back)


def test_toml_agrees_with_tomllib():
    (case,) = cases("toml")
    found = [binding for binding in toml.parse(case.before) if not binding.commented]
    assert sorted(values(found)) == sorted(texts(tomllib.loads(case.before.decode())))


def needs(program: str) -> pytest.MarkDecorator:
    """A missing program skips its test, unless the machine is one that must have all of them."""
    return pytest.mark.skipif(
        not shutil.which(program) and os.environ.get("KEYWATCH_E2E") != "required", reason=f"no {program}"
    )


@pytest.mark.parametrize(
    ("name", "case", "command"),
    [
        pytest.param("shell", "profile", ["bash", "--norc", "-a"], marks=needs("bash")),
        pytest.param("shell", "profile", ["zsh", "-f", "-a"], marks=needs("zsh")),
        pytest.param("fish", "config", ["fish", "--no-config"], marks=needs("fish")),
        pytest.param("csh", "login", ["tcsh", "-f"], marks=needs("tcsh")),
    ],
)
def test_the_shell_itself_agrees(name, case, command, tmp_path):
    """The environment after the golden script is what the bindings say, for all that the script exports."""
    (case,) = (each for each in cases(name) if each.folder.name == case)
    wanted = {each.name: each.value.expose() for each in FORMATS[name].parse(case.before) if not each.commented}
    script = tmp_path / "script"
    script.write_bytes(case.before.replace(b"./run", b"true").replace(b"--password", b"true") + b"\nenv -0\n")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "EDITOR": "vi"}
    ran = subprocess.run([*command, str(script)], capture_output=True, check=True, env=env, stdin=subprocess.DEVNULL)
    got = dict(line.partition(b"=")[::2] for line in ran.stdout.split(b"\0"))
    both = {each: value for each, value in wanted.items() if each.encode() in got and b"$" not in value}
    assert len(both) >= 4
    assert both == {each: got[each.encode()] for each in both}


def test_yaml_follows_no_alias():
    """Ten levels of ten aliases each would be 10¹⁰ values."""
    levels = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 11)]
    assert len(yaml.parse("\n".join(levels).encode())) == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("json", b"[" * 200_000),
        ("yaml", b"[" * 200_000),
        ("yaml", b"- " * 50_000 + b"x"),
        ("toml", b"a = " + b"[" * 200_000),
        ("hcl", b"a {\n" * 100_000),
        ("xml", b"<a>" * 100_000),
        ("shell", b"(" * 200_000),
        ("fish", b"begin;" * 100_000),
        ("csh", b"(" * 200_000),
        ("shell", b"{ " * 100_000 + b"A=b"),
    ],
)
@pytest.mark.no_cover  # many of one kind: traced, they take twice the time, and other tests run the same lines
def test_depth_has_a_bound(name, content):
    """No recursion: read or refused, never a crash."""
    parse_or_refuse(FORMATS[name], content)


@pytest.mark.parametrize("content", [b"{{- if .Values.key }}\na: b\n", b"a: b: c", b"a: 'x", b"\x00: y", b"%\n"])
def test_what_is_no_yaml_is_refused(content):
    with pytest.raises(FormatError):
        yaml.parse(content)

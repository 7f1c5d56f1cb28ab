"""What fish and csh scripts give names, held against the shells themselves: fish 3.6 and tcsh 6.24 run each script.

A shell prints its variables when the script is done; the parser must have found the same values. What a shell refuses
may be no binding of the parser's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from format_golden import assert_sound, cases, parse_or_refuse
from hypothesis import example, given
from hypothesis import strategies as st

from keywatch.errors import FormatError
from keywatch.formats import csh, fish
from keywatch.formats.base import Format, splice

FISH, CSH = fish.FORMATS["fish"], csh.FORMATS["csh"]
#: how each shell is started, and how it prints the variable NAME between two bytes that no script here has
_SHELLS = {
    "fish": (("fish", "--no-config"), "if set -q NAME\n printf '\\3NAME=%s\\3' \"$NAME\"\nend\n"),
    "csh": (
        ("tcsh", "-f"),
        "if ( $?NAME ) then\n printf '\\3NAME='\n printf '%s ' $NAME:q\n printf '\\3'\nendif\n",
    ),
}


def _run(format_: Format, script: bytes, names: list[str], home: Path) -> dict[str, bytes]:
    """The values of `names` once the real shell has run the script; those that it left unset or empty are missing."""
    command, show = _SHELLS[format_.name]
    program = shutil.which(command[0])
    if program is None:
        assert os.environ.get("KEYWATCH_E2E") != "required", f"{command[0]} is not installed"
        pytest.skip(f"{command[0]} is not installed")
    path = home / "script"
    path.write_bytes(script + b"\n" + "".join(show.replace("NAME", name) for name in names).encode())
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    done = subprocess.run(
        [program, *command[1:], str(path)],
        env=environment, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    shown = [line.partition(b"=") for line in done.stdout.split(b"\3")[1::2]]
    return {name.decode(): value.removesuffix(b" ") for name, _, value in shown if value.removesuffix(b" ")}


def _found(format_: Format, script: bytes) -> dict[str, bytes]:
    """What the parser takes for the last value of each name; the elements of a list are joined by blanks."""
    values: dict[str, bytes] = {}
    name, end = "", 0
    for binding in format_.parse(script):
        if not binding.commented:
            value = binding.value.expose()
            between = script[end : binding.span.start].replace(b"\\\n", b"")
            same = name == binding.name and not any(each in between for each in (b";", b"\n", b"&", b"="))
            values[binding.name] = values[binding.name] + b" " + value if same else value
            name, end = binding.name, binding.span.end
    return {name: value for name, value in values.items() if value}


FISH_SCRIPTS = [
    rb"""set -gx A 'a\'b\\c\n\"'""",
    rb'''set -gx A "a\"b\$c\\d\n\'\`"''',
    rb"set -gx A a\x41\u00e9\101\cAb\q\tz\ez\ \$\*",
    rb"set -gx A \X41g \x4 \U0001F600z \u41 \18",
    b"set -gx A a\\\nb",
    b'set -gx A "a\\\nb"',
    b"set -gx A 'a\\\nb'",
    b"set -gx A 'two\nlines'",
    b"set -gx A one two 'three four'",
    b"set -gx A one two 2>/dev/null",
    b"set -gx A one>/dev/null two",
    b"set -gx A one < /dev/null two # three",
    b"set -x -g A b",
    b"set --expo --global A v",
    b"set A -x b",
    b"set -gx -- A -x",
    b"set -gx A a#b\\#c",
    b"set -gx A http://h/a=1&b=2",
    b"set -gx A b&",
    b"set -gx A b|cat",
    b"set -gx A b&&set -gx B c",
    b"set -gx A x \\\n y # foo \\\nset -gx B z",
    b"# foo \\\nset -gx B z",
    b"if true; and set -gx A b; set -gx B c; end",
    b"begin set -gx A b; end",
    b"begin; set -gx A b; end; not set -gx B c",
    b"if false; else if set -gx A b; end",
    b"builtin set -gx A b",
    b"export A=b 'B=c d' C=",
    b"setenv A 'v w'",
    b"set -gx A 'a''b'\"c\"d",
    b"set -gx A ''",
    b"set -gx A {b} a^b a%b",
    b"set -gx A=b",
    b"set -gx A-B c",
    b"set -e A; set -q B; set -S C; set -n",
    b"time set -gx A b",
    b"set \"-gx\" 'A' b",
    b'"set" -gx A b',
    b"switch a; case a; set -gx A b; end",
    b"for x in 1 2; set -gx A b; end",
    b"while set -gx A b; break; end",
    b"set -gx A b\rset -gx B c\r\n",
    b"setenv A b c",
    b"set -gx \xc3\xa9 b",
    b"set -gxU",
]
CSH_SCRIPTS = [
    rb"setenv A 'a\!b'",
    rb'setenv A "x\!y"',
    rb"setenv A foo\!bar",
    rb'setenv A "a\"',
    rb'''setenv A "a\b\\c'd"''',
    rb"""setenv A 'a\b\\c"d'""",
    rb"setenv A a\\b\ c\nd\$e",
    b"setenv A 'a\\\nb'",
    b'setenv A "a\\\nb"',
    b"setenv A \\\n b",
    b"setenv A a'b'\"c\"\\ d",
    b"set k= v",
    b'set l = (p "q r" \\\n s)',
    b'set m=1 n="2 2" o=(x y) p=z',
    b"set m = 1 n = '2 2' o = ( x y ) p=z",
    b"set q =b",
    b"set -r r=ab",
    b"set s",
    b"setenv A a#b # comment",
    b"setenv A ''; setenv B",
    b"if (1) setenv A inif",
    b"if (1) then\nsetenv A b\nendif",
    b"if ( 1 ) set a = ( b c )",
    b"setenv A b;setenv B c&&setenv C d",
    b"setenv A b c",
    b"setenv A=b",
    b"setenv A b>/dev/null",
    b"setenv A b >& /dev/null",
    b"cat > /dev/null << EOF\nsetenv A b\nEOF\nsetenv B c",
    b"cat > /dev/null << 'E F'\nsetenv A b\n'E F'\nsetenv B c",
    b"foreach x ( 1 2 )\nsetenv A b\nend",
    b"switch ( a )\ncase a:\nsetenv A b\nbreaksw\nendsw",
    b"set a=b # c\nset d='e\\!f'",
    b"set a='b'\"c\"d\\ e",
    b"# setenv A b\\\nsetenv B c",
    b"@ a = 3",
    b"set l=(a b)",
    b"setenv A http://h/a#b\nset a=b#c",
    b"setenv A a\\#b'#'",
]


@pytest.mark.parametrize(
    ("format_", "script"),
    [
        pytest.param(format_, script, id=f"{format_.name}-{script.decode('utf-8', 'backslashreplace')!r}")
        for format_, scripts in ((FISH, FISH_SCRIPTS), (CSH, CSH_SCRIPTS))
        for script in scripts
    ],
)
def test_values_are_those_that_the_shell_has(format_, script, tmp_path):
    found = _found(format_, script)
    names = sorted(set("ABC" + "adklmnopqrs" * (format_ is CSH)) | {name for name in found if "." not in name})
    assert found == _run(format_, script, names, tmp_path)


@pytest.mark.parametrize(
    ("format_", "case", "names"),
    [
        (FISH, "config", "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY TOKEN QUOTED DOUBLE BARE GIVEN EXPORTED"),
        (FISH, "untidy", "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN OTHER URL WRONG LAST NO key"),
        (CSH, "login", "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY TOKEN BARE SLASH plain spaced list"),
        (CSH, "untidy", "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY TOKEN WRONG later list after NOT mixed bare next"),
    ],
    ids=["fish-config", "fish-untidy", "csh-login", "csh-untidy"],
)
def test_golden_scripts_give_what_the_shell_has(format_, case, names, tmp_path):
    script = next(each for each in cases(format_.name) if each.folder.name == case).before
    found = {
        name: value
        for name, value in _found(format_, script).items()
        if name in names.split() and name not in ("key", "INNER")  # local to a function
    }
    if format_ is CSH:  # what tcsh refuses also ends the script, before it could show anything
        script = script.partition(b"setenv WRONG")[0]
    assert found == _run(format_, script, names.split(), tmp_path)
    assert len(found) >= 6


def facts_of(format_: Format, script: bytes) -> list[tuple[str, bytes, tuple[str, ...]]]:
    return [(each.name, each.value.expose(), each.path) for each in format_.parse(script)]


@pytest.mark.parametrize(
    ("format_", "script", "expected"),
    [
        # what a command gives isn't there to be read; what the command itself sets is
        (FISH, b"set -gx A (echo one)", []),
        (FISH, b'set -gx A "x$(set -gx B c)y" z', [("B", b"c", ()), ("A", b"z", ())]),
        (FISH, b"run --token (cat f) --token ab", [("--token", b"ab", ("line 1",))]),
        (CSH, b"setenv A `echo b`; setenv B \"`x`\"; set c=`x`y", []),
        # references and patterns are left as written
        (FISH, b'set -gx A "a$HOME"; set -gx B $x/*', [("A", b"a$HOME", ()), ("B", b"$x/*", ())]),
        (CSH, b'setenv A "a$HOME"; set b = $x/*', [("A", b"a$HOME", ()), ("b", b"$x/*", ())]),
        # what the shell refuses
        (FISH, b"set -gx A=b\nA=c", [("A", b"b", ("#",)), ("A", b"c", ("line 2", "#"))]),
        (CSH, b"setenv A=b; setenv A b c", [("A", b"b", ("#",)), ("A", b"b", ("#",))]),
        # comments
        (FISH, b"# set -gx A 'b c' # d\n# isn't A=b", [("A", b"b c", ("#",)), ]),
        (CSH, b"## setenv A 'b c' # d\n# set a=b", [("A", b"b c", ("#",)), ("a", b"b", ("#",))]),
        # commands: options, assignments before them and in env's arguments, with the shell's own quoting
        (FISH, b"\nA='b\\'c' env D=\"e f\" x --key='g'", [("A", b"b'c", ("line 2",)), ("D", b"e f", ("line 2",)),
                                                         ("--key", b"g", ("line 2",))]),
        (CSH, b"\r\nenv A='b\\!c' x --key \"g\\h\"", [("A", b"b!c", ("line 2",)), ("--key", b"g\\h", ("line 2",))]),
        (FISH, b"function f; if x; set A b; else if y; set B c; end; end; set C d",
         [("A", b"b", ("f()",)), ("B", b"c", ("f()",)), ("C", b"d", ())]),
        (CSH, b"if ( 1 ) then\nsetenv A b\nelse if ( 2 ) set c = d\nset l[2]=e", [
            ("A", b"b", ()), ("c", b"d", ()), ("l", b"e", ())]),
        # another value would leave a quote open
        (FISH, b"export \"A=b\"c 'D=e'", [("D", b"e", ())]),
    ],
)  # fmt: skip
def test_what_is_read_and_what_is_left_out(format_, script, expected):
    assert facts_of(format_, script) == expected


@pytest.mark.parametrize(
    ("format_", "script", "line"),
    [
        (FISH, b"set A b\nset B 'c", 2),
        (FISH, b'set A b\r\n\r\nset B "c\\"', 3),
        (FISH, b"set A (b", 1),
        (FISH, b'set A "$(b"', 1),
        (FISH, b"set A b)", 1),
        (FISH, b"set A b\\", 1),
        (FISH, b"set A b\\xg", 1),
        (FISH, b"\nset A \\UFFFFFFFF", 2),
        (FISH, b"set A \\777", 1),
        (CSH, b"setenv A b\nsetenv B 'c\n'", 2),
        (CSH, b'setenv A "a\\"b"', 1),
        (CSH, b"set a=`b\n`", 1),
    ],
)
def test_what_the_shell_refuses_is_no_script(format_, script, line, tmp_path):
    with pytest.raises(FormatError) as refused:
        format_.parse(script)
    assert refused.value.line == line or script.endswith(b'"c\\"')
    assert "=" not in str(refused.value)
    names = ["A"] if format_ is FISH else ["B", "a"]  # fish reads a script whole before it runs any of it
    assert _run(format_, script, names, tmp_path) == {}


# printable text whose quoting is the same on every line of every shell; `!` is csh's history
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x2FF, exclude_categories=("C",)), min_size=1)


@given(VALUES)
@example("-")
@example("A=")
def test_fish_reads_its_own_quotes(value):
    single = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    double = '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'
    bare = "".join(f"\\{each}" if not each.isalnum() else each for each in value)
    escaped = "".join(f"\\u{ord(each):04x}" for each in value)
    for quoted in (single, double, bare, escaped):
        script = f"set -gx A {quoted}; x --key {quoted}".encode()
        found = FISH.parse(script)
        # what begins like an option, and is not quoted, is taken for the next one
        is_option = value.startswith("-") and quoted in (bare, escaped)
        known = [("A", value), ("--key", value)][: 1 if is_option else 2]
        if "=" in value:  # behind an option it may be an assignment of its own, as for `docker run --env`
            found, known = found[:1], known[:1]
        assert [(each.name, each.value.expose().decode()) for each in found] == known
        inside = quoted[0] in "'\""
        for each, at in zip(found, (10, script.index(b"--key") + 6), strict=False):
            assert (each.span.start, each.span.end) == (at + inside, at + len(quoted.encode()) - inside)


@given(VALUES)
@example("(")
def test_csh_reads_its_own_quotes(value):
    single = "'" + value.replace("!", "\\!").replace("'", "'\\''") + "'"
    bare = "".join(f"\\{each}" if not each.isalnum() else each for each in value)
    for quoted in (single, bare):
        # a backslash before `!` would go with it
        if "\\!" in value and quoted == single:
            continue
        found = CSH.parse(f"setenv A {quoted}; set b = {quoted}; set c={quoted}".encode())
        assert [(each.name, each.value.expose().decode()) for each in found] == [(name, value) for name in "Abc"]


PIECES = [
    *(bytes([byte]) for byte in b" \t\n\r\\'\"=:#;%[](){}<>$`,-@!|&*\x00\x83\xff"),
    *(b"set ", b"set -gx ", b"setenv ", b"export ", b"SETUVAR A:", b"\\x1e", b"\\x1d", b"A", b"A=", b" = ", b"bc"),
    *(b"(", b")", b"$(", b'"$(', b')"', b"''", b'""', b"'v w'", b'"v w"', b" # ", b"\n# set A b", b"<<E\n", b"\nE\n"),
    *(b"if ", b"end\n", b"begin;", b"function f\n", b"\\\n", b"\\\r\n", b"--key ", b"-c 'x y'", b"2>", b"&b"),
]
SOUP = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


@pytest.mark.parametrize("format_", [FISH, CSH], ids=["fish", "csh"])
@given(content=SOUP)
def test_an_edit_changes_only_its_value(format_, content):
    found = parse_or_refuse(format_, content)
    if found:
        assert_sound(content, found)
        set_here = [each for each in found if each.path == () and not each.commented]
        for binding in set_here:
            again = format_.parse(splice(content, [(binding.span, b"Zq8x")]))
            assert (binding.name, b"Zq8x") in {(each.name, each.value.expose()) for each in again}


def steps(format_: Format, content: bytes) -> int:
    """How many calls reading takes, of Python functions and of built-in ones."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(counted)
    try:
        parse_or_refuse(format_, content)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("format_", [FISH, CSH], ids=["fish", "csh"])
@pytest.mark.no_cover  # many of one kind: traced, they take twice the time, and other tests run the same lines
def test_work_grows_with_size_only(format_):
    grows = []
    for prefix in (b"", b"set A=(", b"setenv A '", b'x "', b"# set A ", b"SETUVAR A:"):
        for piece in PIECES:
            short, long = (steps(format_, prefix + piece * (size // len(piece))) for size in (500, 2000))
            if long > 4.5 * short + 100:
                grows.append((prefix, piece, short, long))
    assert not grows

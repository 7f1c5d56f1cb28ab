"""What fish and csh scripts give names, held against the shells themselves: fish 3.6 and tcsh 6.24 run each script.

A shell prints its variables when the script is done; the parser must have found the same values. What a shell refuses
may be no binding of the parser's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from format_golden import assert_sound, assert_spliceable, cases, parse_or_refuse
from hypothesis import example, given, settings
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

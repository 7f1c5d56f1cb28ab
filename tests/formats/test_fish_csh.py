"""What fish and csh scripts give names, held against the shells themselves: fish 3.6 and tcsh 6.24 run each script.

A shell prints its variables when the script is done; the parser must have found the same values. What a shell refuses
may be no binding of the parser's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import pytest
from format_golden import assert_sound, assert_spliceable, cases, parse_or_refuse
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keywatch.errors import FormatError
from keywatch.formats import csh, fish
from keywatch.formats.base import Format, splice

FISH, CSH = fish.FORMATS["fish"], csh.FORMATS["csh"]
#: how each shell is started, and how it prints the variables `names`, one NUL-ended value each
_COMMANDS = {"fish": ("fish", "--no-config"), "csh": ("tcsh", "-f")}


def _run(format_: Format, script: bytes, names: list[str], home) -> dict[str, bytes]:
    """The values of `names` once the real shell has run the script; those that it left unset are missing."""
    command = _COMMANDS[format_.name]
    program = shutil.which(command[0])
    if program is None:
        assert os.environ.get("KEYWATCH_E2E") != "required", f"{command[0]} is not installed"
        pytest.skip(f"{command[0]} is not installed")
    path = home / "script"
    if format_.name == "fish":
        show = "".join(f"set -q {name}; and printf '{name}=%s\\0' (string join ' ' -- ${name} | string collect -N -a)\n" for name in names)
        show = "".join(f"if set -q {name}\n printf '{name}=%s\\0' \"${name}\"\nend\n" for name in names)
    else:
        # a newline in a value would end a word of `set`: the environment is printed by env itself
        show = "".join(f"if ( $?{name} ) printf '{name}=%s\\0' ${name}:q\n" for name in names)
    path.write_bytes(script + b"\n" + show.encode())
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    done = subprocess.run(
        [program, *command[1:], str(path)],
        env=environment, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    pairs = [entry.partition(b"=") for entry in done.stdout.split(b"\0") if b"=" in entry]
    return {name.rpartition(b"\n")[2].decode(): value for name, _, value in pairs}


def _found(format_: Format, script: bytes) -> dict[str, bytes]:
    """What the parser takes for the last value of each name; the elements of a list are joined by blanks."""
    values: dict[str, bytes] = {}
    last = -1, ""
    for binding in format_.parse(script):
        if not binding.commented:
            value = binding.value.expose()
            line = script.count(b";", 0, binding.span.start) + script.count(b"\n", 0, binding.span.start)
            values[binding.name] = values[binding.name] + b" " + value if last == (line, binding.name) else value
            last = line, binding.name
    return values


FISH_SCRIPTS = [
    rb"""set -gx A 'a\'b\\c\n\"'""",
    rb'''set -gx A "a\"b\$c\\d\n\'\`"''',
    rb"set -gx A a\x41\u00e9\101\cAb\q\tz\ez\ \$\*",
    rb"set -gx A \X41g \x4 \U0001F600z \u41 \08",
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
    b"set -gx A http://h/?a=1&b=2",
    b"set -gx A b&",
    b"set -gx A b|cat",
    b"set -gx A b&&set -gx B c||set -gx C d",
    b"set -gx A x \\\n y # foo \\\nset -gx B z",
    b"# foo \\\nset -gx B z",
    b"if true; and set -gx A b; set -gx B c; end",
    b"begin set -gx A b; end",
    b"begin; set -gx A b; end; not set -gx B c",
    b"if false; else if set -gx A b; set -gx B c; end",
    b"builtin set -gx A b",
    b"B=c set -gx A b",
    b"set -gx A a; set -ga A b",
    b"export A=b 'B=c d' C=",
    b"setenv A 'v w'",
    b"set -gx A 'a''b'\"c\"d",
    b"set -gx A ''",
    b"set -gx A (echo one)\nset -gx B \"$(echo 'two 2')\"",
    b"set -gx A {b} a^b a%b",
    b"set -gx A=b",
    b"set -gx A-B c",
    b"set -e A; set -q B; set -S C; set -n",
    b"set -gx A b; set -e A",
    b"time set -gx A b",
    b"set \"-gx\" 'A' b",
    b'"set" -gx A b',
    b"set -gx 'A' (set -gx B c; echo d)",
    b"command set -gx A b",
    b"echo set -gx A b",
    b"switch a; case a; set -gx A b; end",
    b"for x in 1 2; set -gx A b; end",
    b"while set -gx A b; break; end",
    b"set -gx A b\rset -gx B c\r\n",
    b"setenv A b c",
    b"set -gx \xc3\xa9 b",
    b"set -gx 1A b",
    b"set -gxu A b",
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
    b"set l = (p \"q r\" \\\n s)",
    b"set m=1 n=\"2 2\" o=(x y) p=z",
    b"set m = 1 n = '2 2' o = ( x y ) p=z",
    b"set q =b",
    b"set -r r=ab",
    b"set s",
    b"setenv A a#b # comment",
    b"setenv A ''; setenv B",
    b"if (1) setenv A inif",
    b"if (1) then\nsetenv A b\nelse\nsetenv B c\nendif",
    b"if ( 1 ) set a = ( b c )",
    b"setenv A b;setenv B c&&setenv C d||setenv D e",
    b"setenv A b c",
    b"setenv A=b",
    b"setenv A.B c",
    b"setenv A b>/dev/null",
    b"setenv A b >& /dev/null",
    b"( setenv A b ) ; setenv B c",
    b"setenv A `echo b`\nset c=`echo 'd e'`x",
    b'setenv A "`echo b`"',
    b"alias x 'setenv A b'",
    b"cat > /dev/null << EOF\nsetenv A b\nEOF\nsetenv B c",
    b"cat > /dev/null << 'E F'\nsetenv A b\nE F\nsetenv B c",
    b"foreach x ( 1 2 )\nsetenv A b\nend",
    b"switch ( a )\ncase a:\nsetenv A b\nbreaksw\nendsw",
    b"set a=b # c\nset d='e\\!f'",
    b"set a='b'\"c\"d\\ e",
    b"echo setenv A b",
    b"# setenv A b\\\nsetenv B c",
    b"@ a = 3",
    b"set a = b|cat",
    b"set a[1]=b",
    b"set l=(a b); set l[2]=c",
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
    found = {name: value for name, value in _found(format_, script).items() if name.replace("é", "e").isalnum()}
    names = sorted({*found, *"ABC"} | set("klmnopqrsad" if format_ is CSH else ()))
    given_by_shell = _run(format_, script, names, tmp_path)
    assert {n: v for n, v in found.items() if n in names} == {n: v for n, v in given_by_shell.items() if v}

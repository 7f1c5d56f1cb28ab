"""Which program wants a key: the client behind the helper, and of an interpreter the script that it runs.

Of a command line only names of existing files are taken, for the rest of it may hold secrets. A program that runs as
the same user can pretend to be another: this tells programs apart that mean no harm, and mistakes.
"""

from __future__ import annotations

import os
import re
import stat

#: stands for keywatch itself, which looks whether a move works
OWN = "keywatch"
UNKNOWN = "(unknown)"
_INTERPRETERS = re.compile(
    r"(python|pypy|ruby|perl|node|nodejs|bun|deno|php|java|lua|tclsh|Rscript|pwsh|bash|sh|dash|zsh|ksh|fish|busybox)[\d.]*"
)
_SHELLS = re.compile(r"(bash|sh|dash|zsh|ksh|busybox)[\d.]*")
#: what follows is code, and no file
_CODE = frozenset({b"-c", b"-e", b"-E", b"-r", b"--eval", b"-p", b"-"})
_MODULE = re.compile(r"[A-Za-z_][\w.]{0,99}", re.ASCII)
#: arguments that are looked at, bytes of a command line, and steps up to the client
_MOST, _MOST_BYTES, _STEPS = 20, 64 << 10, 5


def program_of(pid: int) -> str:
    """The program that process `pid` asks for: its executable's path, with the script of an interpreter after a blank.

    `OWN` where keywatch itself wants to know, `UNKNOWN` where the system does not tell.
    """
    for _ in range(_STEPS):
        exe, words = _executable(pid), _words(pid)
        part = _part_of_keywatch(exe, words)
        if part == OWN:
            return OWN
        above = parent_of(pid)
        if part == "helper" or (_is(_SHELLS, exe) and words[1:2] == [b"-c"] and above > 1):
            pid = above
            continue
        if not exe:
            return UNKNOWN
        script = _script(pid, exe, words)
        # botocore, as a move asks it whether a profile works
        if not script and _part_of_keywatch(_executable(above), _words(above)) == OWN:
            return OWN
        return f"{exe} {script}".strip()
    return UNKNOWN


def by(program: str) -> dict[str, str]:
    """What the record of a read says more where keywatch looks at its own work: that is no use."""
    return {"by": OWN} if program == OWN else {}


def parent_of(pid: int) -> int:
    """The process that started another; 0 where that is not told."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read(4096).rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _part_of_keywatch(exe: str, words: list[bytes]) -> str:
    """`helper` for what asks for another program, `OWN` for another command of keywatch, else nothing."""
    if not os.path.basename(exe).startswith("python"):
        return ""
    for at, word in enumerate(words[1:_MOST], 1):
        if word == b"-c":
            code = words[at + 1] if len(words) > at + 1 else b""
            name, rest = code, words[at + 2 :]
            helper, own = b"keywatch.serve.credential" in name, b"keywatch.cli.main" in name
        elif word == b"-m":
            name, rest = words[at + 1] if len(words) > at + 1 else b"", words[at + 2 :]
            helper, own = name == b"keywatch.serve.credential", name == b"keywatch"
        elif word.startswith(b"-"):
            continue
        else:
            name, rest = os.path.basename(word), words[at + 1 :]
            helper, own = name == b"keywatch-credential", name == b"keywatch"
        if helper or (own and rest[:1] in ([b"exec"], [b"env"])):
            return "helper"
        return OWN if own else ""
    return ""


def _script(pid: int, exe: str, words: list[bytes]) -> str:
    """The script that an interpreter runs: the first argument that is a file's name, or the module of `-m`."""
    if not _is(_INTERPRETERS, exe):
        return ""
    try:
        folder = os.fsencode(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        folder = b""
    for at, word in enumerate(words[1:_MOST], 1):
        if word in _CODE:
            return ""
        if word == b"-m":
            name = words[at + 1].decode("ascii", "replace") if len(words) > at + 1 else ""
            return f"-m {name}" if _MODULE.fullmatch(name) else ""
        if word.startswith(b"-") or (not word.startswith(b"/") and not folder):
            continue
        path = os.path.normpath(os.path.join(folder, word))
        # as the process itself sees it, where this one may look there
        if _is_file(b"/proc/%d/root" % pid + path) or _is_file(path):
            return os.fsdecode(path)
    return ""


def _is_file(path: bytes) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _is(pattern: re.Pattern[str], exe: str) -> bool:
    return pattern.fullmatch(os.path.basename(exe)) is not None


def _executable(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return ""


def _words(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read(_MOST_BYTES).split(b"\0")[:-1]
    except OSError:
        return []

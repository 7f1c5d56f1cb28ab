"""The file of conf.d that names to whom an agent gives an entry: its text, and adding users to it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from keywatch.config import CONF_D
from keywatch.model import Span
from keywatch.paths import SYSTEM_CONFIG

#: where the system agent's policies are, one file an entry
POLICIES = f"{SYSTEM_CONFIG}/{CONF_D}"
#: the files of the system's entries that `AWS_SHARED_CREDENTIALS_FILE` points to
SYSTEM_FOLDER = f"{SYSTEM_CONFIG}/aws"
_WHOM = {
    True: "To whom the system agent gives this entry, besides root.",
    False: "To whom the agent gives this entry.",
}
_UIDS = re.compile(rb"^uids = \[([0-9, ]*)\]$", re.MULTILINE)


def grant_text(entry: str, uids: Iterable[int], executables: Sequence[str] = (), *, system: bool) -> str:
    """A file that gives an entry to these users and programs; `system`: it is the system agent's."""
    lines = [f"# {_WHOM[system]} Change it at will: the agent reads it again by itself.", f'[entries."{entry}"]']
    if named := sorted(set(uids)):
        lines.append(f"uids = [{', '.join(map(str, named))}]")
    if executables:
        lines.append(f"executables = [{', '.join(map(quoted, executables))}]")
    return "\n".join(lines) + "\n"


def widen(text: bytes, uids: Iterable[int]) -> tuple[Span, bytes] | None:
    """What is to stand where so that these users may have it too; None where there is no line to add them to."""
    found = _UIDS.search(text)
    if found is None:
        return None
    named = {*uids, *(int(each) for each in found[1].split(b",") if each.strip())}
    return Span(*found.span()), b"uids = [" + ", ".join(map(str, sorted(named))).encode() + b"]"


def quoted(text: str) -> str:
    """A basic string of TOML: what could fool a terminal stands escaped in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'

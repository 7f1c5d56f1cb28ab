"""The file of conf.d that names to whom an agent gives an entry: its text. Pure; policyfile.py edits such files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keywatch.config import CONF_D
from keywatch.paths import SYSTEM_CONFIG
from keywatch.policyfile import section_of, toml_text

#: where the system agent's policies are, one file an entry
POLICIES = f"{SYSTEM_CONFIG}/{CONF_D}"
#: the files of the system's entries that `AWS_SHARED_CREDENTIALS_FILE` points to
SYSTEM_FOLDER = f"{SYSTEM_CONFIG}/aws"
_WHOM = {
    True: "To whom the system agent gives this entry, besides root.",
    False: "To whom the agent gives this entry.",
}


def grant_text(entry: str, uids: Iterable[int], executables: Sequence[str] = (), *, system: bool) -> str:
    """A file that gives an entry to these users and programs; `system`: it is the system agent's."""
    lines = [f"# {_WHOM[system]} Change it at will: the agent reads it again by itself.", section_of(entry)]
    if named := sorted(set(uids)):
        lines.append(f"uids = [{', '.join(map(str, named))}]")
    if executables:
        lines.append(f"executables = [{', '.join(map(toml_text, executables))}]")
    return "\n".join(lines) + "\n"

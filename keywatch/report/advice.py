"""What to do next, by the names that a judgement gives: one sentence each. Only steps that exist today are advised."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence

from keywatch.report.escape import show, show_path

#: name → the sentence, and the command or names to add where the files can be named; in order of urgency
ADVICE: dict[str, tuple[str, str]] = {
    "rotate": ("Rotate it once it is moved, for others may have it", "keywatch key rotate ENTRY"),
    "revoke": ("Revoke it where it was issued, others may have it, and issue a new one", ""),
    "wait": ("If others may have it, revoke its role's active sessions in IAM; else it runs out by itself", ""),
    "chmod": ("Close the file to others", "chmod 600 {files}"),
    "untrack": (
        "Take the file out of the repository, and of its history with git filter-repo",
        "git rm --cached {files}",
    ),
    "gitignore": ("Name the file in .gitignore before it is added", "{files}"),
    "unsync": ("Move it out of the synchronised folder, and delete the cloud's copies with their old versions", ""),
    "separate": ("Make one key for each use, so that one can be revoked without breaking the others", ""),
    "role": ("Give this machine a role instead of a key: SDKs and the AWS CLI find it by themselves", ""),
    "short-lived": ("Use temporary credentials instead", "aws configure sso"),
    "store": ("Keep it in a password manager or keyring, and let its program ask there", ""),
    "look-near": ("Look for its secret near by, under another name or in another file", ""),
    "delete": ("Delete it: it serves nothing any more", ""),
    "leave": ("Nothing to do", ""),
}
#: more files than these are not named in one sentence
_MAX_NAMED = 3
_PLAIN = re.compile(r"~?[A-Za-z0-9_@%+:,./-]+")


def in_order(names: Iterable[str]) -> list[str]:
    """The names once each, most urgent first; those that are not known last."""
    known = list(ADVICE)
    return sorted(dict.fromkeys(names), key=lambda name: known.index(name) if name in ADVICE else len(known))


def say(name: str, paths: Sequence[str], home: str) -> str:
    """The sentence of that name for these paths; a name that is not known (a newer sweep's) is shown as it is."""
    sentence, command = ADVICE.get(name, (show(name), ""))
    if "{files}" in command:
        words = [word for path in paths if (word := shell_word(path, home))]
        if not words or len(words) < len(paths) or len(words) > _MAX_NAMED:
            return sentence
        command = command.replace("{files}", " ".join(words))
    return f"{sentence}: {command}" if command else sentence


def shell_word(path: str, home: str) -> str:
    """`path` as one word of a shell command, or nothing where it holds what is not safe to copy."""
    shown = show_path(path, home)
    if _PLAIN.fullmatch(shown):
        return shown
    return shlex.quote(path) if show(path) == path else ""

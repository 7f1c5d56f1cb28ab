"""Writing a person's own ignore file, `ignore` in the configuration folder: one entry more, or one less.

The file stays the person's: comments, order and entries written by hand are kept as they stand. Holds ids and
fingerprints only, which say nothing of a secret without the installation's key.
"""

from __future__ import annotations

import datetime
import os
import re

from keywatch.atomic import locked, open_folder, read, replace
from keywatch.errors import UsageError
from keywatch.paths import private_dir
from keywatch.request import IgnoreEntry
from keywatch.suppress import MAX_IGNORE_BYTES, parse_ignore

NAME = "ignore"
_MAX_REASON = 200
_LINE_ENDS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


def add_ignore(config_home: str, entry: str, reason: str, until: datetime.date | None = None) -> str:
    """Have `entry` (`finding:ID`, `fingerprint:HEX`) left out of reports from now on; the line as it was written.

    An entry that stands there already is replaced. `UsageError` for a reason that is empty or too long.
    """
    reason = _LINE_ENDS.sub(" ", reason).strip()
    if not reason or len(reason) > _MAX_REASON:
        raise UsageError(f"say in 1 to {_MAX_REASON} characters why it may stay: it is shown with keywatch ignores")
    line = entry + (f" until={until}" if until else "") + f" reason={reason}"
    _rewrite(config_home, entry, line)
    return line


def drop_ignore(config_home: str, entry: str) -> bool:
    """Report again what `entry` left out; False when no such line stood there."""
    return _rewrite(config_home, entry, "")


def read_own(config_home: str) -> tuple[IgnoreEntry, ...]:
    """The entries of the person's own ignore file."""
    if not os.path.isdir(config_home):
        return ()
    with open_folder(config_home) as folder:
        content = read(folder, NAME, limit=MAX_IGNORE_BYTES)
    return parse_ignore(content or b"", os.path.join(config_home, NAME), "/", os.path.expanduser("~"))


def _rewrite(config_home: str, entry: str, line: str) -> bool:
    """Take the lines of `entry` out, add `line`; whether any was taken out."""
    with open_folder(private_dir(config_home)) as folder, locked(folder, NAME):
        content = read(folder, NAME, limit=MAX_IGNORE_BYTES) or b""
        parse_ignore(content, folder.name(NAME), "/")  # never adds to what can't be read
        lines = content.splitlines(keepends=True)
        wanted = os.fsencode(entry)
        kept = [each for each in lines if each.split(None, 1)[:1] != [wanted]]
        if line:
            if kept and not kept[-1].endswith((b"\n", b"\r")):
                kept[-1] += b"\n"
            kept.append(os.fsencode(line) + b"\n")
        if kept != lines:
            replace(folder, NAME, b"".join(kept))
    return any(each.split(None, 1)[:1] == [wanted] for each in lines)

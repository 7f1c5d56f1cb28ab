"""Which `keywatch key create` gives a program a key of its own, by what it does with AWS. Pure; kept as data."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

_KEPT = "--allow s3:read --allow s3:list --allow s3:write --allow s3:delete --bucket BUCKET"
_FILES = f"{_KEPT} --prefix PATH"
_WHOLE = f"{_KEPT} --whole-bucket"
#: a consumer of places/rows.py → the service's name, and what it needs; BUCKET and PATH are the person's to fill in
NEEDS: dict[str, tuple[str, str]] = {
    "rclone": ("rclone", _FILES),
    "s3cmd": ("s3cmd", _FILES),
    "boto and gsutil": ("boto", _FILES),
    "duplicity": ("duplicity", _FILES),
    "MinIO client": ("mc", _WHOLE),
    "restic": ("restic", _WHOLE),
    "s3fs": ("s3fs", _WHOLE),
}
_OTHERS = "keywatch key create SERVICE --allow TEMPLATE --dry-run"


def creations(consumers: Sequence[str]) -> tuple[str, ...]:
    """Commands for the programs that share a key; for those of which nothing is known how to look for a template."""
    known = [NEEDS[each] for each in dict.fromkeys(consumers) if each in NEEDS]
    found = [f"keywatch key create {shlex.quote(name)} {needs} --dry-run" for name, needs in known]
    others = len(known) < len(set(consumers)) or not known
    return (*found, *(("keywatch key templates", _OTHERS) if others else ()))

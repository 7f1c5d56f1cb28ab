"""What is asked of a sweep, as frozen values: the command line makes it, the sweep answers it.

Nothing here reads a file. Standard input's bytes are kept out of every printed form.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Literal

from keywatch.config import Config
from keywatch.model import SweepResult


@dataclass(frozen=True, slots=True)
class IgnoreEntry:
    """One line of an ignore file.

    `what` says what `value` is matched with: the path below `base` (a glob, as in .gitignore), a finding's id, a
    part's fingerprint or a rule's id. A `negated` glob takes back what an earlier one ignored. From the day after
    `until` the entry no longer counts. `source` and `line` say where it stands.
    """

    what: Literal["path", "finding", "fingerprint", "rule"]
    value: str
    base: str = "/"
    negated: bool = False
    folders_only: bool = False
    until: datetime.date | None = None
    reason: str = ""
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an earlier sweep reported: (identity, place) and (fingerprint, place); a place is path and steps inside."""

    identities: frozenset[tuple[str, str]] = frozenset()
    fingerprints: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class SweepRequest:
    """One sweep. Without `paths`, `home`, `processes` and `stdin`: the well-known places of this user.

    `paths` are as the person gave them; `stdin` is what standard input held, None when it was not asked for. `jobs` 0
    means one per processor; `max_size` is in bytes. `rules_files`, `jobs` and `max_size` already hold what the
    configuration says where the command line says nothing.
    """

    paths: tuple[str, ...] = ()
    home: bool = False
    processes: bool = False
    stdin: bytes | None = field(default=None, repr=False)
    use_cache: bool = True
    rules_files: tuple[str, ...] = ()
    ignore: tuple[IgnoreEntry, ...] = ()
    baseline: Baseline | None = None
    jobs: int = 0
    max_size: int = Config().sweep.max_file_size
    config: Config = field(default_factory=Config)


class Interrupted(KeyboardInterrupt):
    """Control-C during a sweep: `result` is what was found until then."""

    def __init__(self, result: SweepResult) -> None:
        super().__init__()
        self.result = result

"""Ends what was cut short with keys at AWS, for `keywatch recover`. One function a kind of job, in `KINDS`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any

from keywatch.aws.jobs import Job, Jobs
from keywatch.paths import Homes

_Recover = Callable[[argparse.Namespace, Homes, Sequence[Job]], list[dict[str, Any]]]


def recover_keys(options: argparse.Namespace, homes: Homes) -> list[dict[str, Any]]:
    """Each job that was cut short: for machines, with `kind`, `entry`, `words` in which it ended, and `ended`."""
    if not os.path.exists(os.path.join(homes.state, "state.db")):
        return []
    told = []
    for kind, recover in KINDS.items():
        with Jobs(homes.state) as jobs:
            left = jobs.all(kind)
        if left:
            told += recover(options, homes, left)
    return told


def _rotations(options: argparse.Namespace, homes: Homes, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    from keywatch.aws.rotation_states import CUT_SHORT
    from keywatch.cli.key_bench import open_bench
    from keywatch.cli.key_rotate import recover
    from keywatch.cli.rotation_text import job_json

    told: list[dict[str, Any]] = []
    left = [job for job in jobs if job.state in CUT_SHORT]
    for vault in dict.fromkeys(job.vault for job in left):
        with open_bench(options, homes, vault) as bench:
            ended = recover(bench, [job for job in left if job.vault == vault])
        told += [{**job_json(each.job), "words": each.words, "ended": each.ended} for each in ended]
    return told


KINDS: dict[str, _Recover] = {"rotation": _rotations}

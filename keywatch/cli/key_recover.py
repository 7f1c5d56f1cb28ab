"""Ends what was begun with keys at AWS and cut short: for `keywatch recover`, and before the next call of its kind."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from keywatch.aws.jobs import Ended, Jobs, one_at_a_time
from keywatch.errors import KeywatchError
from keywatch.paths import has_state
from keywatch.vault.opening import open_vault

if TYPE_CHECKING:
    from keywatch.paths import Homes
    from keywatch.vault.file import Unlock


def recover_keys(options: argparse.Namespace, homes: Homes) -> list[Ended]:
    """End every job that was cut short; what became of each."""
    if not has_state(homes.state):
        return []
    with Jobs(homes.state) as jobs:
        if not jobs.all():  # boto3 is not loaded for nothing
            return []
    return [*_recover_creations(options, homes), *_recover_rotations(options, homes)]


def _recover_creations(options: argparse.Namespace, homes: Homes) -> list[Ended]:
    from keywatch.cli.vault import remembering, unlock_for

    with one_at_a_time(homes.state), Jobs(homes.state) as jobs:
        return recover_creations(jobs, options, homes, remembering(unlock_for(options)))


def recover_creations(jobs: Jobs, options: argparse.Namespace, homes: Homes, unlock: Unlock) -> list[Ended]:
    """End creations within the lock. A signer that is named now goes before the one that had begun it."""
    from keywatch.aws.creation import ENDS, KIND, Ground, recover
    from keywatch.cli.key_signer import signer_of

    ended = []
    for job in jobs.all(KIND):
        if job.state in ENDS:
            continue
        entry, profile = getattr(options, "signer", ""), getattr(options, "profile", "")
        named = {"entry": entry, "profile": profile} if entry or profile else job.facts["signer"]
        try:
            ground = Ground(
                signer_of(named, homes, partial(open_vault, "", homes, unlock=unlock, interactive=True)),
                open_vault(job.vault, homes, unlock=unlock),
                jobs,
                homes.state,
            )
            caller = ground.aws.caller()
            if caller.account != job.facts["account"]:
                account = job.facts["account"]
                ended.append(
                    Ended(job, f"waits for who can sign in account {account}, not {caller.account}", ended=False)
                )
                continue
            ended.append(recover(job, ground))
        except KeywatchError as error:
            ended.append(Ended(job, f"could not be ended yet: {error}", ended=False))
    return ended


def _recover_rotations(options: argparse.Namespace, homes: Homes) -> list[Ended]:
    from keywatch.aws.rotation_states import CUT_SHORT, KIND
    from keywatch.cli.key_bench import open_bench
    from keywatch.cli.key_rotate import recover

    with Jobs(homes.state) as jobs:
        left = [job for job in jobs.all(KIND) if job.state in CUT_SHORT]
    ended: list[Ended] = []
    for vault in dict.fromkeys(job.vault for job in left):
        with open_bench(options, homes, vault) as bench:
            ended += recover(bench, [job for job in left if job.vault == vault])
    return ended

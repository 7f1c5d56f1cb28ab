"""Keys of the vault that are past their age, and rotated ones whose end is due, as offers. Started once a day.

A process of its own. Age is what the vault's metadata tells in the clear: no vault is unlocked, no network asked,
and no key read. The daemon has this module, too: what only the process needs is imported there.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from keywatch.offers.store import OPEN, Offers, OfferState
from keywatch.paths import Homes, has_state

if TYPE_CHECKING:
    from keywatch.aws.jobs import Job
    from keywatch.vault.base import Entry

#: what the identity of such an offer begins with; a finding's is hexadecimal
PREFIX = "age:"
#: and one for a rotation's next step
DUE = "due:"
#: the offer's severity, as of findings: it waits
_SEVERITY = 2
_DAY = 86400.0


def identity_of(entry: Entry) -> str:
    """The offer for an entry's present key: a rotated one is another."""
    return f"{PREFIX}{entry.created}:{entry.name}"


def entry_of(identity: str) -> str:
    """The entry that an offer is about; empty where it is about a finding."""
    if identity.startswith(DUE):
        return identity.split(":", 3)[3]
    return identity.removeprefix(PREFIX)[21:] if identity.startswith(PREFIX) else ""


def days_of(identity: str, now: float) -> int:
    """How many days old the key of such an offer is."""
    with suppress(ValueError):
        made = datetime.fromisoformat(identity.removeprefix(PREFIX)[:20]).timestamp()
        return max(0, int((now - made) // _DAY))
    return 0


def step_of(identity: str) -> str:
    """`deactivate` or `delete` where an offer is about an old key's end, else empty."""
    return identity.split(":", 3)[1] if identity.startswith(DUE) else ""


def past_age(entry: Entry, limit: float, now: float) -> bool:
    """Whether an entry's key is a long-lived AWS key of more than `limit` seconds; 0: never."""
    if not limit or not entry.masked.startswith("AKIA") or entry.kind == "temporary":
        return False
    try:
        return now - datetime.fromisoformat(entry.created).timestamp() > limit
    except ValueError:
        return False


def offer_old(offers: Offers, entries: Sequence[Entry], limit: float, now: float, busy: Sequence[str] = ()) -> None:
    """Make the offers for these entries, and end those whose key is no longer there or no longer old.

    `busy` are the names that belong to rotations: their keys are on their way out.
    """
    skip = {name.casefold() for name in busy}
    old = {
        identity_of(each): each for each in entries if past_age(each, limit, now) and each.name.casefold() not in skip
    }
    _offer(offers, PREFIX, {identity: each.masked for identity, each in old.items()}, now)


def offer_due(offers: Offers, jobs: Sequence[Job], now: float) -> None:
    """Make the offers for rotations whose old key may be ended by now, and end the others."""
    from keywatch.aws.retirement import known_step
    from keywatch.aws.rotation_states import masked

    due = {}
    for job in jobs:
        step = known_step(job)
        if step.step and step.when <= now:
            due[f"{DUE}{step.step}:{job.id}:{job.entry}"] = masked(job, "outgoing")
    _offer(offers, DUE, due, now)


def _offer(offers: Offers, prefix: str, wanted: Mapping[str, str], now: float) -> None:
    """Have the offers of one kind be these: masked ids by identity."""
    for identity, key in wanted.items():
        offers.appeared(identity, "AWS access key", key, _SEVERITY, now)
    for offer in offers.all():
        if offer.identity.startswith(prefix) and offer.identity not in wanted and offer.state in OPEN:
            offers.turn(offer.identity, OfferState.SUPERSEDED, now)


def settle(state_dir: str, entries: Sequence[str]) -> None:
    """These entries were rotated, or their old keys ended: their offers are done."""
    names = {name.casefold() for name in entries}
    if not has_state(state_dir):
        return
    with Offers(state_dir) as offers:
        for offer in offers.open():
            if entry_of(offer.identity).casefold() in names:
                offers.turn(offer.identity, OfferState.DONE, time.time())


def may_be_old(homes: Homes) -> bool:
    """Whether there is a vault at all to look at, told without opening one."""
    return os.path.exists(homes.vault) or os.path.exists(os.path.join(homes.state, "keyring.json"))


def main() -> None:
    """The process."""
    from keywatch.hardening import harden

    harden()
    from keywatch.config import FILE_NAME, read_config
    from keywatch.errors import KeywatchError
    from keywatch.paths import user_homes
    from keywatch.report.escape import show
    from keywatch.vault.opening import open_vault

    homes = user_homes()
    try:
        limit = read_config(os.path.join(homes.config, FILE_NAME)).keys.max_age
        entries = open_vault("", homes).list_entries() if may_be_old(homes) else []
        with Offers(homes.state) as offers:
            jobs = _rotations(homes)
            busy = [str(job.facts.get(name)) for job in jobs for name in ("old", "next")]
            offer_old(offers, entries, limit, time.time(), busy)
            offer_due(offers, jobs, time.time())
    except KeywatchError as error:
        sys.stderr.write(f"keywatch: the ages of keys are not known: {show(str(error))}\n")
        sys.exit(error.exit_code)


def _rotations(homes: Homes) -> list[Job]:
    from keywatch.aws.jobs import Jobs
    from keywatch.aws.rotation_states import WAITING, rotations

    with Jobs(homes.state) as jobs:
        return rotations(jobs, WAITING)


if __name__ == "__main__":
    main()

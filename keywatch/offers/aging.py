"""Keys of the vault that are past their age, as offers to rotate them. A process of its own, started once a day.

Age is what the vault's metadata tells in the clear: no vault is unlocked, no network asked, and no key is read.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from keywatch.offers.store import OPEN, Offers, OfferState
from keywatch.paths import Homes
from keywatch.vault.base import Entry

#: what the identity of such an offer begins with; a finding's is hexadecimal
PREFIX = "age:"
#: the offer's severity, as of findings: it waits
_SEVERITY = 2
_DAY = 86400.0


def identity_of(entry: Entry) -> str:
    """The offer for an entry's present key: a rotated one is another."""
    return f"{PREFIX}{entry.created}:{entry.name}"


def entry_of(identity: str) -> str:
    """The entry that an offer is about; empty where it is about a finding."""
    return identity.removeprefix(PREFIX)[21:] if identity.startswith(PREFIX) else ""


def days_of(identity: str, now: float) -> int:
    """How many days old the key of such an offer is."""
    with suppress(ValueError):
        made = datetime.fromisoformat(identity.removeprefix(PREFIX)[:20]).timestamp()
        return max(0, int((now - made) // _DAY))
    return 0


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
    for identity, entry in old.items():
        offers.appeared(identity, "AWS access key", entry.masked, _SEVERITY, now)
    for offer in offers.all():
        if offer.identity.startswith(PREFIX) and offer.identity not in old and offer.state in OPEN:
            offers.turn(offer.identity, OfferState.SUPERSEDED, now)


def settle(state_dir: str, entries: Sequence[str]) -> None:
    """These entries were rotated: their offers are done."""
    names = {name.casefold() for name in entries}
    if not os.path.exists(os.path.join(state_dir, "state.db")):
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
            offer_old(offers, entries, limit, time.time(), _in_rotation(homes))
    except KeywatchError as error:
        sys.stderr.write(f"keywatch: the ages of keys are not known: {show(str(error))}\n")
        sys.exit(error.exit_code)


def _in_rotation(homes: Homes) -> list[str]:
    from keywatch.aws.jobs import Jobs

    with Jobs(homes.state) as jobs:
        return [str(job.facts.get(name)) for job in jobs.all("rotation") for name in ("old", "next")]


if __name__ == "__main__":
    main()

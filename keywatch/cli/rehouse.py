"""`keywatch move ENTRY --to VAULT`: an entry that places use goes into another vault, and its places with it.

Each place is undone and moved again, by the same code as ever: at every instant the key is in the place or in a vault.
For that moment it stands in the place in plaintext. Failing on the way, the places go back to the old vault.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from keywatch.aws.jobs import Job
from keywatch.aws.rotation_states import names_of
from keywatch.cli.move_text import Page
from keywatch.cli.workbench import find_all, make_planner, open_workshop, vault_named
from keywatch.errors import KeywatchError, MoveError, UsageError
from keywatch.model import Finding
from keywatch.move.apply import apply_plan
from keywatch.move.deposit import take_out
from keywatch.move.journal import Journal, Move, MoveState
from keywatch.move.plan import Wish
from keywatch.move.undo import undo_move
from keywatch.paths import Homes, has_state, own_homes
from keywatch.report.base import plural
from keywatch.report.escape import show
from keywatch.vault.base import is_own

#: states of moves that are over: their places have their keys again
_BACK = (MoveState.UNDONE, MoveState.ROLLED_BACK)


def moves_using(homes: Homes, entry: str, vault: str | None = None) -> list[Move]:
    """The moves, newest first, whose places rely on an entry; of one vault (as `vault_named` has it), or of any."""
    used = [
        move
        for move in reversed(_moves(homes))
        if move.state not in _BACK and entry.casefold() in (move.entry.casefold(), move.extra.casefold())
    ]
    return [move for move in used if vault is None or move.vault == vault]


def moves_using_vault(homes: Homes, vault: str) -> list[str]:
    """The places that rely on a vault, as `vault_named` has it."""
    moves = [move for move in _moves(homes) if move.state not in _BACK]
    return list(dict.fromkeys(place for move in moves if move.vault == vault and move.entry for place in move.places))


def vaults_of_moves(homes: Homes) -> set[str]:
    """The vault files, other than the usual one, that keys were ever moved to."""
    return {move.vault for move in _moves(homes) if os.path.isabs(move.vault)}


def _moves(homes: Homes) -> list[Move]:
    """Every move, the oldest first; none where nothing was ever remembered."""
    if not has_state(homes.state):
        return []
    with Journal(homes.state) as journal:
        return journal.all()


def check_unused(homes: Homes, entry: str, vault: str, what: str, *, force: bool) -> None:
    """`UsageError` where places rely on an entry that is to be changed, unless `force`."""
    if (busy := rotation_of(homes, entry)) and not force:
        raise UsageError(
            f"entry '{entry}' belongs to a rotation that is not at its end: keywatch key retire {busy.entry} ends it "
            "first; --force does it all the same"
        )
    used = moves_using(homes, entry, vault)
    if used and not force and is_own(entry):
        raise UsageError(
            f"entry '{entry}' is what the undo of move {used[0].id} needs: keywatch undo {used[0].id} does that first; "
            "--force does it all the same"
        )
    if used and not force:
        places = list(dict.fromkeys(place for move in used for place in move.places))
        raise UsageError(
            f"entry '{entry}' is used by {', '.join(map(show, places[:5]))}, which would stop working once it is "
            f"{what}: keywatch undo {used[0].id} puts the key back there first; --force does it all the same"
        )


def spent_extras(homes: Homes, entry: str, vault: str) -> list[str]:
    """What the undos of an entry's moves needed, where they were done: no more of use to anybody."""
    moves = [each for each in _moves(homes) if each.vault == vault and each.entry.casefold() == entry.casefold()]
    return [each.extra for each in moves if each.extra and each.state in _BACK]


def rotation_of(homes: Homes, entry: str) -> Job | None:
    """The rotation that has not come to its end and needs this entry."""
    from keywatch.cli.rotation_text import pending_rotations

    wanted = entry.casefold()
    return next((job for job in pending_rotations(homes) if wanted in names_of(job)), None)


def named_entries(words: Sequence[str], homes: Homes) -> list[str]:
    """The words, where each is an entry that a move put into a vault and no path. Empty otherwise."""
    if not words or any(os.path.lexists(word) or "/" in word for word in words):
        return []
    return list(words) if all(moves_using(homes, word) for word in words) else []


def run_rehouse(options: argparse.Namespace, entries: Sequence[str]) -> int:
    """Bring entries into another vault; the exit status."""
    from keywatch.cli.move import confirm

    if not options.to:
        raise UsageError(f"say where to: keywatch move {entries[0]} --to keyring, or --to vault")
    if options.entry or options.way or options.json:
        raise UsageError("an entry keeps its name and its ways when it goes into another vault, and no JSON is told")
    homes = own_homes()
    target = vault_named(options.to, homes)
    page = Page(sys.stdout, color=False)
    for entry in entries:
        used = moves_using(homes, entry)
        source = used[0].vault
        if is_own(entry):
            raise UsageError(
                f"'{entry}' is one of keywatch's own entries, and goes with the key's: keywatch move {used[0].entry} "
                f"--to {options.to}"
            )
        if busy := rotation_of(homes, entry):
            raise MoveError(f"entry '{entry}' is in a rotation: keywatch key retire {busy.entry} ends it first")
        if any(move.vault != source or move.state is not MoveState.DONE for move in used):
            raise MoveError(f"entry '{entry}': its moves are not all of one vault, or not ended: keywatch undo --list")
        if source == target:
            page.rows("", [f"{entry} is there already"])
            continue
        places = list(dict.fromkeys(place for move in used for place in move.places))
        page.rows("", [f"{show(entry)} goes into another vault, with {plural(len(places), 'place')}:"])
        page.paths("", places)
        page.rows("mind", ["the key stands there in plaintext for the moment between the undo and the new move"])
        if options.dry_run:
            continue
        if not (options.yes or confirm("Go on?")):
            page.rows("", ["nothing was changed"])
            return 1
        _bring(options, homes, entry, used, source, target)
        page.paths("moved", places)
    return 0


def _bring(
    options: argparse.Namespace, homes: Homes, entry: str, used: Sequence[Move], source: str, target: str
) -> None:
    with open_workshop(options, homes, target) as there:
        there.vault.list_entries()  # one that can't be reached is told before anything is undone
    with open_workshop(options, homes, source) as workshop:
        key = next((e.masked for e in workshop.vault.list_entries() if e.name.casefold() == entry.casefold()), "")
        for move in used:
            undo_move(move, workshop)
    findings = find_all([place for move in used for place in move.places], homes)
    groups = [_of_move(move, findings, key) for move in reversed(used)]
    try:
        _move_again(options, homes, entry, target, groups)
    except KeywatchError as error:
        try:
            _move_again(options, homes, entry, source, groups)
        except KeywatchError as second:
            raise MoveError(
                f"{error}\nand it could not be moved back: {second}\nthe key is in plaintext again in "
                f"{', '.join(show(place) for move in used for place in move.places)}: keywatch move"
            ) from None
        raise MoveError(f"{error}\nthe places use the old vault as before") from None
    with open_workshop(options, homes, source) as workshop:
        for move in used:
            take_out(workshop.vault, move.entry, move.extra)


def _of_move(move: Move, findings: Sequence[Finding], key: str) -> list[Finding]:
    """What an undo put back: the findings of the move, or the new key's where it was rotated since."""
    same = [each for each in findings if each.id in move.findings]
    places = [each for each in findings if each.place.path in move.places]
    return same or [each for each in places if key and each.parts[0].masked == key]


def _move_again(
    options: argparse.Namespace, homes: Homes, entry: str, vault: str, groups: Sequence[Sequence[Finding]]
) -> None:
    with open_workshop(options, homes, vault) as workshop:
        for findings in groups:
            still = [each for each in findings if each.place.path not in _moved_now(homes, entry, vault)]
            if not still:
                continue
            planner = make_planner(Wish("", entry, vault), homes, workshop, still)
            plan = planner.plan(still)
            if plan.unmoved or not plan.changes:
                raise MoveError("; ".join(each.why for each in plan.unmoved) or "nothing was found to move")
            apply_plan(plan, workshop)


def _moved_now(homes: Homes, entry: str, vault: str) -> set[str]:
    """Places that were moved to this vault already."""
    return {place for move in moves_using(homes, entry, vault) for place in move.places}

"""Carrying out a plan: journal, vault, files, verification, wiping; in this order, and all or nothing.

Killed anywhere, recover.py ends it. Failing anywhere, it is taken back here and the error says so.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from keywatch.errors import KeywatchError, MoveError, PlaceRefusedError
from keywatch.model import Secret, Span
from keywatch.move.base import Account, Change, How, Plan
from keywatch.move.deposit import UNDO, put_and_read_back, take_out
from keywatch.move.draft import find_cuts
from keywatch.move.journal import Journal, Move, MoveState, Step, StepState, one_at_a_time
from keywatch.move.locate import check_writable
from keywatch.move.rewrite import Mode, choose_mode
from keywatch.move.steps import Fields, Ground, do_step, finish_step, take_back
from keywatch.move.template import Hunk, Names, Template, cut, make_hunks, split_lines
from keywatch.move.trouble import say, told
from keywatch.move.verify import verify
from keywatch.vault.base import Vault, timestamp

#: called with each thing that is being done, in words
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What carrying out needs: the vault, the journal with its key, the folder of its lock, and for whom it works."""

    vault: Vault
    ground: Ground
    state_dir: str
    account: Account

    @property
    def journal(self) -> Journal:
        """The journal."""
        return self.ground.journal


@dataclass(frozen=True, slots=True)
class Outcome:
    """A move that was made. `words` say what a person should know: copies that may live on, services to restart."""

    move: Move
    words: tuple[str, ...] = ()


def apply_plan(plan: Plan, workshop: Workshop, tell: Tell = lambda _: None) -> Outcome:
    """Carry out a plan. `MoveError` when that can't be done: then all stands as before, and the error says so."""
    if not plan.changes:
        raise MoveError("; ".join(each.why for each in plan.unmoved) or "there is nothing to change")
    with one_at_a_time(workshop.state_dir), told("keywatch recover ends what was begun"):
        with told("nothing was changed"):
            for change in plan.changes:
                if change.how is How.REWRITE:
                    check_writable(change.path, workshop.account.uid)
            move, fields, extra = _intend(plan, workshop)
        workshop.journal.begin(move)
        tell(f"putting the key into {workshop.vault.title} as '{plan.entry}'")
        try:
            put_and_read_back(workshop.vault, replace(plan, extra=extra), move.extra)
        except KeywatchError:
            if move.deposited:
                take_out(workshop.vault, move.entry, move.extra)
            workshop.journal.forget(move.id)
            raise
        workshop.journal.set_state(move.id, MoveState.STORED)
        return carry_on(move, plan, workshop, fields, tell)


def carry_on(move: Move, plan: Plan, workshop: Workshop, fields: Fields, tell: Tell) -> Outcome:
    """Rewrite the places of a stored move, verify, wipe. Everything is taken back when one of them fails."""
    steps = list(move.steps)
    try:
        for index, step in enumerate(steps):
            tell(f"rewriting {step.path}")
            steps[index] = do_step(workshop.ground, move, step, fields)
        run_reloads(move.reloads)
        tell("verifying as the consumers would")
        verify(plan.checks, plan.payload.fields, move.uid, plan.changes)
    except (KeywatchError, OSError) as error:
        why = say(error) if isinstance(error, OSError) else str(error)
        back_out(move, workshop, fields, why)
        kind = type(error) if isinstance(error, PlaceRefusedError) else MoveError
        raise kind(f"{why}\neverything was put back as it was") from None
    with told("the key was moved, but its old text may lie beside: keywatch recover removes it"):
        return finish(replace(move, steps=tuple(steps)), workshop)


def finish(move: Move, workshop: Workshop) -> Outcome:
    """Wipe what was displaced and end the move."""
    words = []
    for step in move.steps:
        _, clean = finish_step(workshop.ground, move, step)
        if not clean:
            words.append(f"{step.path}: the old text has another name on this disk and was not overwritten")
    workshop.journal.set_state(move.id, MoveState.DONE)
    return Outcome(replace(move, state=MoveState.DONE), tuple(words))


def back_out(move: Move, workshop: Workshop, fields: Fields, why: str) -> None:
    """Take a move back, the last step first. `MoveError` names the files that can't be, and where the key is."""
    workshop.journal.set_state(move.id, MoveState.BACKING, why)
    current = workshop.journal.get(move.id)
    left, whole = [], True
    for step in reversed(current.steps):
        try:
            whole &= take_back(workshop.ground, move, step, fields)
        except (KeywatchError, OSError) as error:
            left.append(say(error) if isinstance(error, OSError) else str(error))
    if left:
        raise MoveError(
            f"{why}\nand it could not all be put back; the key is in the vault as '{move.entry}':\n" + "\n".join(left)
        )
    run_reloads(move.reloads)
    if move.deposited and whole:  # where somebody's edit stands instead of the old text, the vault keeps the key
        take_out(workshop.vault, move.entry, move.extra)
    workshop.journal.set_state(move.id, MoveState.ROLLED_BACK, why)


def run_reloads(reloads: tuple[tuple[str, ...], ...]) -> None:
    """Have programs read their changed files again; where such a program is not there, nothing reads them."""
    for argv in reloads:
        try:
            subprocess.run(argv, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired):
            continue


# -- from a plan to what the journal keeps -----------------------------------------------------------------------------


def _intend(plan: Plan, workshop: Workshop) -> tuple[Move, Fields, Mapping[str, Secret]]:
    """The move as the journal keeps it, the values its templates name, and those of them that only an undo needs."""
    ident = secrets.token_hex(4)
    names = Names({**plan.payload.fields, **plan.extra})
    steps = tuple(
        _step(number, change, ident, names, workshop) for number, change in enumerate(plan.changes)
    )  # fmt: skip
    extra = {**plan.extra, **names.extra}
    move = Move(
        id=ident,
        made=timestamp(),
        state=MoveState.INTENDED,
        entry=plan.entry,
        vault=plan.vault,
        extra=f"{UNDO}{ident}" if extra else "",
        deposited=not plan.known,
        uid=workshop.account.uid,
        gid=workshop.account.gid,
        findings=tuple(finding.id for finding in plan.findings),
        places=tuple(dict.fromkeys(finding.place.path for finding in plan.findings)),
        title=plan.findings[0].title,
        masked=plan.findings[0].parts[0].masked,
        reloads=tuple(step.argv for step in plan.reloads),
        steps=steps,
    )
    return move, {**plan.payload.fields, **extra}, extra


def _step(number: int, change: Change, move: str, names: Names, workshop: Workshop) -> Step:
    digest = workshop.ground.digest
    lines = split_lines(change.new)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    base = Step(
        number=number,
        path=change.path,
        how=change.how,
        mode=Mode.IN_PLACE,
        temp=f".{os.path.basename(change.path)[:200]}.keywatch-{move}-{number}",
        old="",
        new=digest(change.new),
        lines=tuple(digest(line)[:16] for line in lines),
        offsets=tuple(offsets[:-1]),
        permissions=change.mode,
        owner=change.owner,
        state=StepState.PENDING,
    )
    if change.old is None:
        whole = Template((change.new,) if change.new else ())
        hunk = Hunk(0, len(change.new), Template(()))
        return replace(base, edits=((Span(0, 0), whole),), hunks=(hunk,))
    known = tuple({each.value for each in change.cuts})
    edits = tuple((span, cut(new, Span(0, len(new)), find_cuts(new, known), names)) for span, new in change.edits)
    hunks = make_hunks(change.old, change.edits, change.cuts, names)
    mode, times = Mode.IN_PLACE, (0, 0)
    if change.how is How.REWRITE:
        mode = choose_mode(change.path, workshop.account.uid)
        info = os.stat(change.path, follow_symlinks=False)
        times = (info.st_atime_ns, info.st_mtime_ns)
    return replace(base, old=digest(change.old), edits=edits, hunks=tuple(hunks), mode=mode, times=times)

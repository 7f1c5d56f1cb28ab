"""Ending what was cut short: a move whose key is in the vault is finished, one that is not is forgotten.

Runs before each new move and by `keywatch recover`. Finishing needs no vault: the new texts hold no secret. Only taking
back does, and says so when the vault is locked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from keywatch.errors import ConcurrentEditError, KeywatchError, MoveError
from keywatch.move import rewrite
from keywatch.move.apply import Workshop, back_out, finish, run_reloads
from keywatch.move.base import How
from keywatch.move.deposit import fields_of, take_out
from keywatch.move.journal import Move, MoveState, StepState, one_at_a_time
from keywatch.move.rewrite import Mode, Rewrite
from keywatch.move.steps import Fields, resume_step
from keywatch.move.trouble import say
from keywatch.move.undo import carry_undo, restore


@dataclass(frozen=True, slots=True)
class Recovered:
    """A move that was cut short, and what became of it, in words. `ended` False: it waits for what the words say."""

    move: Move
    words: str
    ended: bool = True


def recover_all(workshop: Workshop) -> list[Recovered]:
    """End every move of the journal that was cut short."""
    if not workshop.journal.unfinished():
        return []
    with one_at_a_time(workshop.state_dir):
        return [recover_one(move, workshop) for move in workshop.journal.unfinished()]


def recover_one(move: Move, workshop: Workshop) -> Recovered:
    """End one move. Never raises for what can be tried again later: then the move stays unfinished."""
    try:
        if move.state is MoveState.INTENDED:
            return _forget(move, workshop)
        if move.state is MoveState.STORED:
            return _finish(move, workshop)
        if move.state is MoveState.BACKING:
            back_out(move, workshop, _fields(move, workshop), move.said)
            return Recovered(move, "taken back: everything is as it was before it")
        return _undo(move, workshop)
    except (KeywatchError, OSError) as error:
        why = say(error) if isinstance(error, OSError) else str(error)
        return Recovered(move, f"could not be ended yet: {why}", ended=False)


def _forget(move: Move, workshop: Workshop) -> Recovered:
    """Nothing was rewritten; the vault may hold the key already, which is still in its place."""
    if move.deposited:
        take_out(workshop.vault, move.entry, move.extra)
    workshop.journal.forget(move.id)
    return Recovered(move, "had not begun: nothing was changed")


def _finish(move: Move, workshop: Workshop) -> Recovered:
    steps = list(move.steps)
    # a text that names fields needs the vault: those of other keys in the same line, kept for the undo
    needs = any(isinstance(piece, str) for step in steps for _, text in step.edits for piece in text.pieces)
    fields: Fields = _fields(move, workshop) if needs else {}
    try:
        for index, step in enumerate(steps):
            steps[index] = resume_step(workshop.ground, move, step, fields)
    except ConcurrentEditError as error:
        back_out(move, workshop, _fields(move, workshop), str(error))
        return Recovered(move, f"taken back: {error}")
    run_reloads(move.reloads)
    finish(replace(move, steps=tuple(steps)), workshop)
    return Recovered(move, "finished")


def _undo(move: Move, workshop: Workshop) -> Recovered:
    """Go on with an undo. Beside a file lies its moved text, or the old one that is yet to be put in place."""
    fields = _fields(move, workshop)
    digest = workshop.ground.digest
    wanted = []
    for step in reversed(move.steps):
        if step.state is StepState.BACK:
            continue
        if step.how is How.REWRITE and step.undo != ("", ""):
            target = Rewrite(step.path, step.temp, *step.undo, move.uid)
            current, beside = rewrite.read_named(target), rewrite.read_named(target, beside=True)
            now = digest(current) if current is not None else ""
            half = step.mode is Mode.IN_PLACE and now not in step.undo
            if half and beside is not None and digest(beside) == step.undo[1]:
                rewrite.overwrite(target, digest, beside, again=True)  # half written, in place
                now = step.undo[1]
            rewrite.wipe(target, scrub=True)
            if now == step.undo[1]:
                workshop.journal.set_step(move.id, step.number, StepState.BACK)
                continue
        wanted.append(restore(move, step, workshop, fields))
    carry_undo(move, wanted, workshop, lambda _: None)
    return Recovered(move, "undone")


def _fields(move: Move, workshop: Workshop) -> Fields:
    try:
        return fields_of(workshop.vault, move.entry, move.extra)
    except KeywatchError as error:
        raise MoveError(
            f"{error}\nthe move can't be ended without its key: open the vault, then keywatch recover"
        ) from None

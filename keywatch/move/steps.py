"""One file of a move: doing it, taking it back, and telling from what lies there how far it got.

Every function leaves the file with either its old or its new text, and says by the journal which before the next one
begins. Nothing here decides whether a move goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from keywatch.errors import ConcurrentEditError, MoveError, PlaceRefusedError
from keywatch.formats.base import splice
from keywatch.model import Secret
from keywatch.move import rewrite, spool
from keywatch.move.base import How
from keywatch.move.journal import Journal, Move, Step, StepState
from keywatch.move.locate import open_spot
from keywatch.move.rewrite import Mode, Rewrite
from keywatch.move.template import undo_exactly

Fields = Mapping[str, Secret]


@dataclass(frozen=True, slots=True)
class Ground:
    """What all steps of a move stand on: the journal, and the installation's key for digests."""

    journal: Journal
    key: bytes

    def digest(self, content: bytes) -> str:
        """A keyed digest of a text: two texts can be compared by it, and nothing can be learnt from it."""
        return hmac.new(self.key, b"text\0" + content, hashlib.sha256).hexdigest()


def target_of(move: Move, step: Step) -> Rewrite:
    """The step as the rewriting knows it."""
    return Rewrite(step.path, step.temp, step.old, step.new, move.uid)


def do_step(ground: Ground, move: Move, step: Step, fields: Fields) -> Step:
    """Put the new text in place; the old file is kept beside until `finish_step`. Raises with the old text in place."""
    if step.how is How.CREATE:
        content = b"".join(template.fill(fields) for _, template in step.edits)
        folders = 0o755 if step.permissions & 0o004 else 0o700
        rewrite.create(step.path, step.temp, content, step.permissions, (move.uid, move.gid), folders)
        return _note(ground, move, step, StepState.CHANGED)
    current = read_current(step, move)
    if current is None or ground.digest(current) != step.old:
        raise ConcurrentEditError(f"{step.path}: was changed since the plan was made: look at it, and try again")
    content = splice(current, [(span, template.fill(fields)) for span, template in step.edits])
    if ground.digest(content) != step.new:
        raise MoveError(f"{step.path}: the new text is not the planned one: nothing was changed")
    if step.how is How.CRONTAB:
        spool.write(step.owner, content)
        return _note(ground, move, step, StepState.CHANGED)
    target = target_of(move, step)
    rewrite.write_beside(target, content)
    if step.mode is Mode.EXCHANGE:
        try:
            rewrite.swap(target, ground.digest)
        except OSError as error:
            # after any other error it is not known which text lies beside: `take_back` looks before it removes one
            if rewrite.can_exchange(error):
                raise
            step = replace(step, mode=Mode.IN_PLACE)
        else:
            return _note(ground, move, step, StepState.CHANGED)
    step = replace(step, state=StepState.BEGUN)
    ground.journal.set_facts(move.id, step)
    rewrite.overwrite(target, ground.digest, content)
    return _note(ground, move, step, StepState.CHANGED)


def resume_step(ground: Ground, move: Move, step: Step, fields: Fields) -> Step:
    """Go on with a step that was cut short anywhere. `ConcurrentEditError` where somebody edited the file meanwhile."""
    if step.state in (StepState.DONE, StepState.CHANGED):
        return step
    current = read_current(step, move)
    now = ground.digest(current) if current is not None else ""
    if step.how is How.CREATE:
        if now == step.new:
            return _note(ground, move, step, StepState.CHANGED)
        return do_step(ground, move, step, fields)
    if step.how is How.CRONTAB:
        return _note(ground, move, step, StepState.CHANGED) if now == step.new else do_step(ground, move, step, fields)
    target = target_of(move, step)
    beside = rewrite.read_named(target, beside=True)
    lies = ground.digest(beside) if beside is not None else ""
    if step.state is StepState.BEGUN and step.mode is Mode.IN_PLACE and now != step.new:
        if beside is None or lies != step.new:
            raise MoveError(f"{target.temp}, the new text beside {step.path}, is gone: put the key back by hand")
        rewrite.overwrite(target, ground.digest, beside, again=True)
        return _note(ground, move, step, StepState.CHANGED)
    if lies == step.old or now == step.new:  # exchanged; the second: and wiped, or in place and whole
        if beside is not None and lies not in (step.old, step.new):
            rewrite.swap_back(target, ground.digest)
            raise ConcurrentEditError(f"{step.path}: was edited while the move was being made: that edit stands")
        return _note(ground, move, step, StepState.CHANGED)
    if beside is not None:
        if lies != step.new and now != step.old:
            raise ConcurrentEditError(f"{step.path}: was edited while the move was being made: that edit stands")
        rewrite.wipe(target, scrub=False)
    return do_step(ground, move, step, fields)


def finish_step(ground: Ground, move: Move, step: Step) -> tuple[Step, bool]:
    """Wipe the old text that lies beside; the flag is False when a copy of it may live on."""
    clean = True
    if step.how is How.REWRITE:
        clean = rewrite.wipe(target_of(move, step), scrub=step.mode is Mode.EXCHANGE)
    return _note(ground, move, step, StepState.DONE), clean


def take_back(ground: Ground, move: Move, step: Step, fields: Fields) -> bool:
    """Put the old text in place of a step that was done, begun or never reached, before anything was wiped.

    True when the old text stands there; False when somebody's edit does, which is left alone.
    """
    current = read_current(step, move)
    now = ground.digest(current) if current is not None else ""
    if step.how is How.CREATE:
        if now == step.new:
            rewrite.remove(step.path, move.uid)
    elif step.how is How.CRONTAB:
        if now == step.new and current is not None:
            spool.write(step.owner, undo_exactly(current, step.hunks, fields))
    else:
        _take_back_file(ground, move, step, fields)
        current = read_current(step, move)
        restore_times(step, move)
    _note(ground, move, step, StepState.BACK)
    return step.how is not How.REWRITE or (current is not None and ground.digest(current) == step.old)


def _take_back_file(ground: Ground, move: Move, step: Step, fields: Fields) -> None:
    target = target_of(move, step)
    current, beside = rewrite.read_named(target), rewrite.read_named(target, beside=True)
    now = ground.digest(current) if current is not None else ""
    lies = ground.digest(beside) if beside is not None else ""
    if step.mode is Mode.EXCHANGE and lies == step.old:
        if now == step.new:
            rewrite.swap_back(target, ground.digest)
            return
        if now != step.old:
            raise ConcurrentEditError(
                f"{step.path}: was edited after its key was moved: that edit stands, the key is in the vault"
            )
    elif now == step.new and current is not None and step.mode is Mode.EXCHANGE:
        # nothing lies beside any more: the old text is made again
        back = Rewrite(step.path, step.temp, step.new, step.old, move.uid)
        rewrite.write_beside(back, undo_exactly(current, step.hunks, fields))
        rewrite.swap(back, ground.digest)
    elif step.mode is Mode.IN_PLACE and now != step.old and step.state in (StepState.BEGUN, StepState.CHANGED):
        if lies != step.new or beside is None:
            raise MoveError(f"{step.path}: the text to go back from is gone: the key is in the vault")
        rewrite.overwrite(target, ground.digest, undo_exactly(beside, step.hunks, fields), again=True)
    if beside is not None:
        rewrite.wipe(target, scrub=lies == step.old)


def read_current(step: Step, move: Move) -> bytes | None:
    """What stands at the place now; None where there is nothing."""
    if step.how is How.CRONTAB:
        return spool.read(step.owner)
    return rewrite.read_named(target_of(move, step))


def restore_times(step: Step, move: Move) -> None:
    """Give the file its old access and change time again; only a nicety, so never an error."""
    if step.times == (0, 0) or step.how is not How.REWRITE:
        return
    with contextlib.suppress(OSError, PlaceRefusedError), open_spot(step.path, move.uid) as spot:
        os.utime(spot.name, ns=step.times, dir_fd=spot.folder, follow_symlinks=False)


def _note(ground: Ground, move: Move, step: Step, state: StepState) -> Step:
    step = replace(step, state=state)
    ground.journal.set_facts(move.id, step)
    return step

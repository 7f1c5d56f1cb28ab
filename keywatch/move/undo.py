"""Taking a finished move back: the exact old bytes, the secrets filled in from the vault.

Every text is made before the first file is touched: a conflict in one of them changes nothing. The entry stays in the
vault until the person removes it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from keywatch.errors import ConcurrentEditError, KeywatchError, MoveError
from keywatch.move import rewrite, spool
from keywatch.move.apply import Tell, Workshop, run_reloads
from keywatch.move.base import How
from keywatch.move.deposit import fields_of, take_out
from keywatch.move.journal import Move, MoveState, Step, StepState, one_at_a_time
from keywatch.move.locate import check_writable
from keywatch.move.rewrite import Mode, Rewrite, choose_mode
from keywatch.move.steps import Fields, read_current, restore_times
from keywatch.move.template import undo_by_merge, undo_exactly
from keywatch.move.trouble import say, told


@dataclass(frozen=True, slots=True)
class Restored:
    """What a file will be after the undo: None where it is removed. `exact` when no merge was needed."""

    step: Step
    current: bytes | None
    content: bytes | None
    exact: bool


def undo_move(move: Move, workshop: Workshop, tell: Tell = lambda _: None, *, remove_entry: bool = False) -> list[str]:
    """Put back what the move replaced. Returns what a person should know. An error changes nothing, or says what."""
    if move.state is not MoveState.DONE:
        raise MoveError(f"move {move.id} is {move.state}: only a finished move can be undone")
    fields = fields_of(workshop.vault, move.entry, move.extra)
    with one_at_a_time(workshop.state_dir), told("keywatch recover ends what was begun"):
        move = workshop.journal.get(move.id)
        wanted = [restore(move, step, workshop, fields) for step in reversed(move.steps)]
        workshop.journal.set_state(move.id, MoveState.UNDOING)
        words = carry_undo(move, wanted, workshop, tell)
    others = [each for each in workshop.journal.all() if each.state is MoveState.DONE and each.entry == move.entry]
    used = [each.id for each in others if each.vault == move.vault]
    if remove_entry and not used:
        take_out(workshop.vault, move.entry, move.extra)
    elif remove_entry:
        words.append(f"the entry '{move.entry}' stays in the vault: move {used[0]} needs it")
    elif move.entry:
        words.append(f"the entry '{move.entry}' stays in the vault: keywatch vault rm {move.entry} removes it")
    return words


def restore(move: Move, step: Step, workshop: Workshop, fields: Fields) -> Restored:
    """The old text of one file. `UndoConflictError` where the same lines were edited, `MoveError` if it is gone."""
    current = read_current(step, move)
    digest = workshop.ground.digest
    if current is None:
        if step.how is How.CREATE:
            return Restored(step, None, None, exact=True)
        raise MoveError(f"{step.path}: is gone: nothing was changed; the key is in the vault as '{move.entry}'")
    if digest(current) == step.new:
        if step.how is How.CREATE:
            return Restored(step, current, None, exact=True)
        content = undo_exactly(current, step.hunks, fields)
        if digest(content) != step.old:
            raise MoveError(f"{step.path}: the vault's entry is not what was moved from there: nothing was changed")
        return Restored(step, current, content, exact=True)
    if digest(current) == step.old:
        return Restored(step, current, current, exact=True)
    if step.how is How.REWRITE:
        check_writable(step.path, move.uid)
    merged = undo_by_merge(
        current, step.lines, step.offsets, step.hunks, fields, lambda line: digest(line)[:16], step.path
    )
    return Restored(step, current, merged if merged or step.how is not How.CREATE else None, exact=False)


def carry_undo(move: Move, wanted: list[Restored], workshop: Workshop, tell: Tell) -> list[str]:
    """Write every restored text. A file that is edited meanwhile stops it, and what was put back is moved again."""
    done: list[tuple[Restored, Rewrite | None]] = []
    words = []
    try:
        for each in wanted:
            tell(f"putting back {each.step.path}")
            done.append((each, _put_back(move, each, workshop)))
            if not each.exact:
                words.append(f"{each.step.path}: was edited since: merged, look at it")
    except (KeywatchError, OSError) as error:
        why = say(error) if isinstance(error, OSError) else str(error)
        for each in reversed(wanted):
            _move_again(move, each, workshop)
        workshop.journal.set_state(move.id, MoveState.DONE, why)
        raise MoveError(f"{why}\nthe undo was taken back: everything is as it was before it") from None
    for each, target in done:
        if target is not None:
            rewrite.wipe(target, scrub=False)
        if each.exact:
            restore_times(each.step, move)
        workshop.journal.set_step(move.id, each.step.number, StepState.BACK)
    run_reloads(move.reloads)
    workshop.journal.set_state(move.id, MoveState.UNDONE)
    return words


def _put_back(move: Move, each: Restored, workshop: Workshop) -> Rewrite | None:
    """Write one text; the moved one is kept beside until all are done, where that can be."""
    step, digest = each.step, workshop.ground.digest
    if each.content == each.current:
        return None
    if each.content is None:
        rewrite.remove(step.path, move.uid)
        return None
    if step.how is How.CRONTAB:
        spool.write(step.owner, each.content)
        return None
    ends = (digest(each.current or b""), digest(each.content))
    mode = choose_mode(step.path, move.uid)
    workshop.journal.set_facts(move.id, replace(step, undo=ends, mode=mode, state=StepState.BEGUN))
    target = Rewrite(step.path, step.temp, *ends, move.uid)
    rewrite.write_beside(target, each.content)
    if mode is Mode.EXCHANGE:
        try:
            rewrite.swap(target, digest)
        except ConcurrentEditError:
            with contextlib.suppress(OSError):
                rewrite.wipe(target, scrub=True)
            raise
        except OSError as error:
            if rewrite.can_exchange(error):
                rewrite.wipe(target, scrub=True)
                raise
            workshop.journal.set_facts(move.id, replace(step, undo=ends, mode=Mode.IN_PLACE, state=StepState.BEGUN))
        else:
            return target
    rewrite.overwrite(target, digest, each.content)
    rewrite.wipe(target, scrub=True)
    return None


def _move_again(move: Move, each: Restored, workshop: Workshop) -> None:
    """The moved text back in place, wherever the undo of this file stopped. What fails is left for a recovery."""
    step, digest = each.step, workshop.ground.digest
    if each.content != each.current and each.current is not None:
        if each.content is None:
            owner = (move.uid, move.gid)
            if read_current(step, move) is None:
                rewrite.create(step.path, step.temp, each.current, step.permissions, owner, 0o700)
        elif step.how is How.CRONTAB:
            spool.write(step.owner, each.current)
        else:
            ends = (digest(each.current), digest(each.content))
            target = Rewrite(step.path, step.temp, *ends, move.uid)
            beside = rewrite.read_named(target, beside=True)
            now = digest(rewrite.read_named(target) or b"")
            if now == ends[1] and beside is not None and digest(beside) == ends[0]:
                rewrite.swap_back(target, digest)
            elif now != ends[0] and choose_mode(step.path, move.uid) is Mode.IN_PLACE:
                rewrite.overwrite(target, digest, each.current, again=True)
            rewrite.wipe(target, scrub=True)
    workshop.journal.set_facts(move.id, replace(step, undo=("", ""), state=StepState.DONE))

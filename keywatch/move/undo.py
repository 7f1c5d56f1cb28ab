"""Taking a finished move back: the exact old bytes, the secrets filled in from the vault.

Every text is made before the first file is touched: a conflict in one of them changes nothing. The entry stays in the
vault until the person removes it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from keywatch.errors import ConcurrentEditError, KeywatchError, MoveError
from keywatch.model import mask_key_id
from keywatch.move import rewrite, spool
from keywatch.move.apply import Tell, Workshop, run_reloads
from keywatch.move.base import How
from keywatch.move.deposit import fields_of, take_out
from keywatch.move.journal import Move, MoveState, Step, StepState, one_at_a_time
from keywatch.move.locate import check_writable
from keywatch.move.redaction import WORD
from keywatch.move.rewrite import Mode, Rewrite, choose_mode
from keywatch.move.steps import Fields, read_current, restore_times
from keywatch.move.template import Digest, split_lines, undo_by_merge, undo_exactly
from keywatch.move.trouble import say, told


@dataclass(frozen=True, slots=True)
class Restored:
    """What a file will be after the undo: None where it is removed. `exact` when it is what it was before the move.

    `said` is what a person should know of it.
    """

    step: Step
    current: bytes | None
    content: bytes | None
    exact: bool
    said: str = ""


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
            if not is_rotated(move, fields):
                raise MoveError(f"{step.path}: the vault's entry is not what was moved from there: nothing was changed")
            return _with_new_key(move, step, current, content, digest)
        return Restored(step, current, content, exact=True)
    if digest(current) == step.old:
        return Restored(step, current, current, exact=True)
    if step.how is How.REWRITE:
        check_writable(step.path, move.uid)
    rotated = is_rotated(move, fields) and _names_fields(step)
    if rotated and _is_record(step, current, digest):
        return _redacted(step, current)
    merged = undo_by_merge(
        current, step.lines, step.offsets, step.hunks, fields, lambda line: digest(line)[:16], step.path
    )
    said = f"{step.path}: was edited since: merged, look at it"
    if rotated:
        said += f"; it has the new key of '{move.entry}'"
    return Restored(step, current, merged if merged or step.how is not How.CREATE else None, exact=False, said=said)


def is_rotated(move: Move, fields: Fields) -> bool:
    """Whether the entry gives another key than the one that was moved."""
    key_id = fields.get("access_key_id")
    return key_id is not None and bool(move.masked) and mask_key_id(key_id.expose()) != move.masked


def _with_new_key(move: Move, step: Step, current: bytes, content: bytes, digest: Digest) -> Restored:
    """A file whose key was rotated since: it gets the new one, but a record of the old one stays redacted."""
    if _is_record(step, current, digest):
        return _redacted(step, current)
    if move.extra:
        raise MoveError(
            f"{step.path}: its old text names the key in a way that can't be made of the new one, for it was rotated "
            f"since: nothing was changed; keywatch key retire {move.entry} --back gives the old one again"
        )
    said = f"{step.path}: has the new key of '{move.entry}': it was rotated since the move"
    return Restored(step, current, content, exact=False, said=said)


def _is_record(step: Step, current: bytes, digest: Digest) -> bool:
    """Whether markers alone stand where the key was: nothing reads it there."""
    marked = {digest(line)[:16] for line in split_lines(current) if WORD in line}
    hunks = [hunk for hunk in step.hunks if any(isinstance(piece, str) for piece in hunk.old.pieces)]
    where = list(zip(step.offsets, step.lines, strict=False))
    return bool(hunks) and all(
        any(hunk.start <= offset < hunk.end and line in marked for offset, line in where) for hunk in hunks
    )


def _redacted(step: Step, current: bytes) -> Restored:
    said = f"{step.path}: stays redacted: what stood there was rotated since"
    return Restored(step, current, current, exact=False, said=said)


def _names_fields(step: Step) -> bool:
    return any(isinstance(piece, str) for hunk in step.hunks for piece in hunk.old.pieces)


def carry_undo(move: Move, wanted: list[Restored], workshop: Workshop, tell: Tell) -> list[str]:
    """Write every restored text. A file that is edited meanwhile stops it, and what was put back is moved again."""
    done: list[tuple[Restored, Rewrite | None]] = []
    words = []
    try:
        for each in wanted:
            tell(f"putting back {each.step.path}")
            done.append((each, _put_back(move, each, workshop)))
            if each.said:
                words.append(each.said)
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

"""`keywatch move`, `undo` and `recover`: shows the plan, asks, has it carried out, and says what to do next."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from itertools import groupby

from keywatch.cli.ask import ask_line, can_ask
from keywatch.cli.move_text import Page, colored, move_json, plan_json
from keywatch.cli.rehouse import named_entries, run_rehouse
from keywatch.cli.workbench import find_all, in_order, make_planner, open_workshop, vault_named
from keywatch.errors import MoveError, UsageError
from keywatch.move.apply import Workshop, apply_plan
from keywatch.move.base import Plan
from keywatch.move.journal import Journal, MoveState
from keywatch.move.plan import Wish
from keywatch.move.recover import Recovered, recover_all
from keywatch.move.select import select
from keywatch.move.undo import undo_move
from keywatch.paths import Homes, own_homes
from keywatch.report.escape import show
from keywatch.wire.protocol import MOVER

DONE, LEFT = 0, 1


def run_move(options: argparse.Namespace) -> int:
    """Move keys; the exit status."""
    if _by_mover(options):
        return _have_moved(options, options.command)
    if bool(options.words) == options.all:
        raise UsageError("say what to move: a finding's id, a path, or --all")
    if options.json and not (options.yes or options.dry_run):
        raise UsageError("--json asks nothing: add --yes or --dry-run")
    homes = own_homes()
    if options.command == "move" and (entries := named_entries(options.words, homes)):
        return run_rehouse(options, entries)
    return _move(options, homes)


def _move(options: argparse.Namespace, homes: Homes) -> int:
    vault_name = vault_named(options.to, homes)
    findings = find_all(options.words, homes)
    if within := getattr(options, "within", None):  # the mover's own limits
        findings = [finding for finding in findings if within(finding.place.path)]
    wanted = in_order(findings if options.all else select(options.words, findings))
    page = Page(sys.stdout, color=colored(sys.stdout))
    if not wanted:
        if options.json:
            _print_json([])
        else:
            page.rows("", ["nothing to move: no key was found there"])
        return DONE
    with open_workshop(options, homes, vault_name) as workshop:
        _recover_first(workshop)
        planner = make_planner(Wish(options.way, options.entry, vault_name), homes, workshop, findings)
        status, told = DONE, []
        for _, group in groupby(wanted, key=lambda finding: finding.identity):
            plan = planner.plan(list(group))
            if plan.unmoved:
                status = LEFT
            outcome = None
            if not options.json:
                page.plan(plan, workshop.vault.title)
            if plan.changes and not options.dry_run:
                if not (options.yes or _agree(plan)):
                    page.rows("", ["nothing was changed"])
                    status = LEFT
                    continue
                outcome = apply_plan(plan, workshop, _teller(options))
                if not options.json:
                    page.outcome(outcome)
            done = move_json(outcome.move) if outcome is not None else None
            told.append({**plan_json(plan, workshop.vault.title), "move": done})
        if options.json:
            _print_json(told)
    return status


def run_undo(options: argparse.Namespace) -> int:
    """Undo a move, or list them; the exit status."""
    if _by_mover(options):
        return _have_moved(options, "undo")
    homes = own_homes()
    page = Page(sys.stdout, color=colored(sys.stdout))
    with Journal(homes.state) as journal:
        moves = journal.all()
        if options.list:
            _print_json([move_json(move) for move in moves]) if options.json else page.moves(moves)
            return DONE
        if options.move:
            move = journal.get(options.move)
        else:
            done = [move for move in moves if move.state is MoveState.DONE]
            if not done:
                raise MoveError("there is no move to undo: keywatch undo --list")
            move = done[-1]
    if options.json and not options.yes:
        raise UsageError("--json asks nothing: add --yes")
    if not options.yes:
        page.moves([move])
        if not confirm("Put the key back into these files, in plaintext?"):
            page.rows("", ["nothing was changed"])
            return LEFT
    with open_workshop(options, homes, move.vault) as workshop:
        _recover_first(workshop)
        words = undo_move(move, workshop, _teller(options), remove_entry=options.remove_entry)
        if options.json:
            _print_json({**move_json(workshop.journal.get(move.id)), "words": words})
        else:
            page.rows("mind", words)
            page.paths("undone", move.places)
    return DONE


def run_recover(options: argparse.Namespace) -> int:
    """End every move, and every job with keys at AWS, that was cut short; the exit status."""
    from keywatch.cli.key_recover import recover_keys

    homes = own_homes()
    mover = getattr(options, "within", None) is not None  # which reaches no network, and has no key of AWS's
    keys = [] if mover else recover_keys(options, homes)
    if _by_mover(options):
        for key in keys:
            sys.stderr.write(f"keywatch: {key.job.kind} of key '{key.job.entry}': {show(key.words)}\n")
        return max(_have_moved(options, "recover"), DONE if all(k.ended for k in keys) else MoveError.exit_code)
    with Journal(homes.state) as journal:
        vaults = list(dict.fromkeys(move.vault for move in journal.unfinished()))
    ended: list[Recovered] = []
    for vault in vaults:
        with open_workshop(options, homes, vault) as workshop:
            ended += recover_all(workshop)
    if options.json:
        moves = [{**move_json(each.move), "words": each.words, "ended": each.ended} for each in ended]
        jobs = [
            {"id": each.job.id, "kind": each.job.kind, "entry": each.job.entry, "state": each.job.state,
             "words": each.words, "ended": each.ended}
            for each in keys
        ]  # fmt: skip
        _print_json([*moves, *jobs])
    else:
        lines = [f"move {each.move.id} ({', '.join(each.move.places)}): {each.words}" for each in ended]
        lines += [f"{each.job.kind} of key '{each.job.entry}': {each.words}" for each in keys]
        Page(sys.stdout, color=colored(sys.stdout)).rows("", lines or ["nothing was cut short"])
    return DONE if all([each.ended for each in ended] + [each.ended for each in keys]) else MoveError.exit_code


def _by_mover(options: argparse.Namespace) -> bool:
    """Whether this is for the system's mover: it was said, or root means places of the system."""
    if getattr(options, "within", None) is not None:  # this is the mover
        return False
    if options.system:
        return True
    from keywatch.cli.mover import within

    paths = [os.path.abspath(word) for word in getattr(options, "words", []) if os.path.lexists(word)]
    return own_homes().system and os.path.exists(MOVER) and all(map(within, paths)) and not getattr(options, "to", "")


def _have_moved(options: argparse.Namespace, command: str) -> int:
    from keywatch.cli.mover import move_by_mover

    return move_by_mover(options, command)


def _recover_first(workshop: Workshop) -> None:
    for each in recover_all(workshop):
        sys.stderr.write(f"keywatch: move {each.move.id}, which was cut short: {each.words}\n")


def _teller(options: argparse.Namespace) -> Callable[[str], None]:
    if options.json or not sys.stderr.isatty():
        return lambda _: None

    def tell(what: str) -> None:
        sys.stderr.write(f"  {show(what)} …\n")

    return tell


def _agree(plan: Plan) -> bool:
    several = f" in {len(plan.changes)} files" if len(plan.changes) > 1 else ""
    return confirm(f"Make this change{several}?")


def confirm(question: str) -> bool:
    """Whether a person says yes."""
    if not can_ask():
        raise UsageError("there is no terminal to ask on: look at it with --dry-run, then add --yes")
    return ask_line(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _print_json(value: object) -> None:
    json.dump(value, sys.stdout, indent=1, ensure_ascii=True)
    sys.stdout.write("\n")

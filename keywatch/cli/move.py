"""`keywatch move`, `undo` and `recover`: shows the plan, asks, has it carried out, and says what to do next."""

from __future__ import annotations

import argparse
import json
import os
import pwd
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import groupby

from keywatch.cli.ask import ask_line, can_ask
from keywatch.cli.inputs import read_ignores
from keywatch.cli.move_text import Page, move_json, plan_json
from keywatch.cli.vault import unlock_for
from keywatch.config import FILE_NAME, read_config
from keywatch.errors import MoveError, UsageError
from keywatch.model import Finding
from keywatch.move.apply import Workshop, apply_plan
from keywatch.move.base import Account, Plan
from keywatch.move.draft import Programs, check_programs
from keywatch.move.find import Finder
from keywatch.move.journal import Journal, MoveState
from keywatch.move.locate import read_place
from keywatch.move.plan import Planner, Wish
from keywatch.move.recover import Recovered, recover_all
from keywatch.move.select import select, split_line
from keywatch.move.steps import Ground
from keywatch.move.undo import undo_move
from keywatch.paths import Homes, installation_key, user_homes
from keywatch.report.escape import show
from keywatch.request import SweepRequest
from keywatch.vault.opening import KEYRING, open_vault

DONE, LEFT = 0, 1


def run_move(options: argparse.Namespace) -> int:
    """Move keys; the exit status."""
    if bool(options.words) == options.all:
        raise UsageError("say what to move: a finding's id, a path, or --all")
    if options.json and not (options.yes or options.dry_run):
        raise UsageError("--json asks nothing: add --yes or --dry-run")
    homes = user_homes()
    vault_name = _vault_named(options.to, homes)
    findings = _findings(options.words, homes)
    wanted = _in_order(findings if options.all else select(options.words, findings))
    page = Page(sys.stdout, color=_is_terminal())
    if not wanted:
        if options.json:
            _print_json([])
        else:
            page.rows("", ["nothing to move: no key was found there"])
        return DONE
    with _workshop(options, homes, vault_name) as workshop:
        _recover_first(workshop)
        planner = _planner(options, homes, workshop, vault_name, findings)
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
    homes = user_homes()
    page = Page(sys.stdout, color=_is_terminal())
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
        if not _confirm("Put the key back into these files, in plaintext?"):
            page.rows("", ["nothing was changed"])
            return LEFT
    with _workshop(options, homes, move.vault) as workshop:
        _recover_first(workshop)
        words = undo_move(move, workshop, _teller(options), remove_entry=options.remove_entry)
        if options.json:
            _print_json({**move_json(workshop.journal.get(move.id)), "words": words})
        else:
            page.rows("mind", words)
            page.paths("undone", move.places)
    return DONE


def run_recover(options: argparse.Namespace) -> int:
    """End every move that was cut short; the exit status."""
    homes = user_homes()
    with Journal(homes.state) as journal:
        vaults = list(dict.fromkeys(move.vault for move in journal.unfinished()))
    ended: list[Recovered] = []
    for vault in vaults:
        with _workshop(options, homes, vault) as workshop:
            ended += recover_all(workshop)
    if options.json:
        _print_json([{**move_json(each.move), "words": each.words, "ended": each.ended} for each in ended])
    else:
        lines = [f"move {each.move.id} ({', '.join(each.move.places)}): {each.words}" for each in ended]
        Page(sys.stdout, color=_is_terminal()).rows("", lines or ["no move was cut short"])
    return DONE if all(each.ended for each in ended) else MoveError.exit_code


# -- what the commands stand on ----------------------------------------------------------------------------------------


def own_account() -> Account:
    """The account that runs this."""
    uid = os.geteuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return Account(uid, os.getegid(), name, os.path.expanduser("~"), system=uid == 0)


def find_programs(vault: tuple[str, ...] = ()) -> Programs:
    """The two programs as replacements will call them. `UsageError` where they are not installed."""
    beside = os.path.dirname(os.path.abspath(sys.argv[0]))
    found = []
    for name in ("keywatch-credential", "keywatch"):
        path = os.path.join(beside, name)
        path = path if os.access(path, os.X_OK) and os.path.isfile(path) else shutil.which(name) or ""
        if not path:
            raise UsageError(f"{name} is not installed beside keywatch: install keywatch with pip or a package")
        found.append(os.path.abspath(path))
    return check_programs(Programs(found[0], found[1], vault))


@contextmanager
def _workshop(options: argparse.Namespace, homes: Homes, vault_name: str) -> Iterator[Workshop]:
    vault = open_vault(vault_name, homes, unlock=unlock_for(options), interactive=can_ask())
    with Journal(homes.state) as journal:
        yield Workshop(vault, Ground(journal, installation_key(homes.state)), homes.state, own_account())


def _vault_named(to: str, homes: Homes) -> str:
    """How `open_vault` and the replacements name the vault: empty for the one that is meant when none is named."""
    usual_is_file = os.path.lexists(homes.vault)
    if to == KEYRING:
        return KEYRING if usual_is_file else ""
    if to == "vault" or (to and os.path.abspath(to) == homes.vault):
        if not usual_is_file:
            raise UsageError("there is no vault file yet: keywatch vault init makes one")
        return ""
    return os.path.abspath(to) if to else ""


def _planner(
    options: argparse.Namespace, homes: Homes, workshop: Workshop, vault_name: str, others: Sequence[Finding]
) -> Planner:
    from keywatch.sweep.ruleset import load_rules

    key = installation_key(homes.state)
    rules, _ = load_rules(read_config(os.path.join(homes.config, FILE_NAME)).sweep.rules)
    account = workshop.account
    return Planner(
        finder=Finder(key, rules, rules.engine(homes.cache, key).scan),
        read=partial(read_place, owner=account.uid),
        account=account,
        programs=find_programs(("--vault", vault_name) if vault_name else ()),
        vault=workshop.vault,
        wish=Wish(options.way, options.entry, vault_name),
        now=time.time(),
        others=others,
    )


def find_wanted(words: Sequence[str], homes: Homes) -> list[Finding]:
    """The findings that a person means by `words`: ids, paths, PATH:LINE. `UsageError` for a word that means none."""
    return select(words, _findings(words, homes))


def _findings(words: Sequence[str], homes: Homes) -> list[Finding]:
    """All findings of the well-known places, and of the paths among the words."""
    from keywatch.sweep import sweep

    config = read_config(os.path.join(homes.config, FILE_NAME))
    paths = tuple(dict.fromkeys(os.path.abspath(p) for p, _ in map(split_line, words) if os.path.lexists(p)))
    ignore, _ = read_ignores([], [*paths, os.path.expanduser("~"), os.getcwd()], homes.config)
    request = SweepRequest(ignore=tuple(ignore), config=config, rules_files=config.sweep.rules)
    findings = {finding.id: finding for finding in sweep(request).findings}
    if paths:
        findings.update((finding.id, finding) for finding in sweep(replace(request, paths=paths)).findings)
    return list(findings.values())


def _in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Those of one credential together."""
    return sorted(findings, key=lambda finding: finding.identity)


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
    return _confirm(f"Make this change{several}?")


def _confirm(question: str) -> bool:
    if not can_ask():
        raise UsageError("there is no terminal to ask on: look at it with --dry-run, then add --yes")
    return ask_line(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb") and not os.environ.get("NO_COLOR")


def _print_json(value: object) -> None:
    json.dump(value, sys.stdout, indent=1, ensure_ascii=True)
    sys.stdout.write("\n")

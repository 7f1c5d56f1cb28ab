"""`keywatch key rotate`: shows the plan, asks, has it carried out, and says what comes next."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from keywatch.aws.jobs import Ended, Job, one_at_a_time
from keywatch.aws.rotation import Bench, start, twins_of
from keywatch.aws.rotation_plan import MOST, SELF, advised, check_entry, drop, dropped, intent, look
from keywatch.aws.rotation_recover import cut_short_of, lost, recover_rotations
from keywatch.aws.rotation_states import State, masked, rotations
from keywatch.cli.key_bench import named_signer, open_bench, signer_facts, vault_of
from keywatch.cli.key_uses import find_uses
from keywatch.cli.move import confirm
from keywatch.cli.move_text import Page, colored
from keywatch.cli.rotation_plan_text import Plan, no_room, plan_json, show_plan
from keywatch.errors import AwsError, KeywatchError, RotationError, UsageError
from keywatch.offers.aging import settle
from keywatch.paths import Homes, own_homes
from keywatch.report.escape import show
from keywatch.serve.reads import note_read
from keywatch.vault.base import check_name

DONE, LEFT = 0, 1


def run_rotate(options: argparse.Namespace) -> int:
    """Rotate one key; the exit status."""
    check_name(options.entry)
    if options.json and not (options.yes or options.dry_run):
        raise UsageError("--json asks nothing: add --yes or --dry-run")
    homes = own_homes()
    page = Page(sys.stdout, color=colored(sys.stdout))
    with open_bench(options, homes, vault_of(options.vault, homes)) as bench:
        recover_first(bench, cut_short_of(bench, options.entry))
        plan = _plan(bench, options, homes)
        if not options.json:
            show_plan(page, plan)
        job = None
        if not options.dry_run:
            if not options.yes and not confirm(f"Rotate the key of '{options.entry}'?"):
                page.rows("", ["nothing was changed"])
                return LEFT
            job = _rotate(bench, plan, options, homes)
            settle(homes.state, [plan.entry, *plan.also])
        if options.json:
            print_json(plan_json(plan, job))
        elif job is not None:
            page.rows("rotated", [f"{masked(job, 'outgoing')} → {masked(job, 'incoming')}"])
            page.rows(
                "next", [f"keywatch key retire {job.entry}, tomorrow or later: it looks whether the old key is used"]
            )
            page.rows("back", [f"keywatch key retire {job.entry} --back"])
    return DONE


def _plan(bench: Bench, options: argparse.Namespace, homes: Homes) -> Plan:
    vault = bench.vault
    note_read(homes.state, "rotate", options.entry)
    payload = vault.get(options.entry)
    entry = next((e.name for e in vault.list_entries() if e.name.casefold() == options.entry.casefold()), options.entry)
    check_entry(vault, entry, payload, rotations(bench.jobs))
    signer = named_signer(vault, homes, options)
    subject = look(entry, payload, signer)
    going = None
    if len(subject.others) + 1 >= MOST:
        if not options.drop:
            raise RotationError(no_room(subject, entry))
        going = dropped(subject, options.drop)
    elif options.drop:
        raise UsageError(f"--drop {options.drop}: there is room for a second key, so none has to go")
    also = tuple(twins_of(vault, entry, payload))
    uses = find_uses(payload, [entry, *also], options.vault, homes)
    who = "the key itself"
    if options.profile or options.signer:
        who = f"profile {options.profile}" if options.profile else f"entry {options.signer}"
    return Plan(entry, vault.title, subject, uses, also, who, going)


def _rotate(bench: Bench, plan: Plan, options: argparse.Namespace, homes: Homes) -> Job:
    """Look once more, now that the person has agreed: what was seen may have changed meanwhile."""
    with one_at_a_time(homes.state):
        payload = bench.vault.get(plan.entry)
        check_entry(bench.vault, plan.entry, payload, rotations(bench.jobs))
        signer = named_signer(bench.vault, homes, options)
        subject = look(plan.entry, payload, signer)
        if subject.key.id != plan.subject.key.id:
            raise RotationError(f"entry '{plan.entry}' was given another key meanwhile: nothing was changed")
        if plan.dropped is not None:
            wanted = intent(plan.entry, "", subject, plan.also, signer_facts(options))
            drop(bench, wanted, dropped(subject, plan.dropped.key.id))
            subject = look(plan.entry, payload, signer)
        if len(subject.others) + 1 >= MOST:
            raise RotationError(no_room(subject, plan.entry))
        vault = vault_of(options.vault, homes)
        wanted = intent(plan.entry, vault, subject, plan.also, signer_facts(options))
        try:
            return start(bench, wanted, lost)
        except AwsError as error:
            raise advised(_with_rest(error, bench, plan.entry)) from None
        except KeywatchError as error:
            raise RotationError(f"{error}{_rest(bench, plan.entry)}") from None


def _with_rest(error: AwsError, bench: Bench, entry: str) -> AwsError:
    rest = _rest(bench, entry)
    return AwsError(error.operation, error.code, rest.strip()) if rest else error


def _rest(bench: Bench, entry: str) -> str:
    """What is left of a rotation that failed, and how it is ended."""
    if not (left := cut_short_of(bench, entry)) or left[-1].state in (State.INTENDED, State.BACKING):
        return ""
    return f"\nno key is lost, and '{entry}' gives a live one: keywatch recover goes on"


def recover_first(bench: Bench, jobs: Sequence[Job]) -> None:
    """End rotations of the same entry that were cut short. `RotationError` where one can't be."""
    for each in recover(bench, jobs):
        if not each.ended:
            raise RotationError(f"an earlier rotation of '{each.job.entry}' {each.words}\n{SELF}")
        sys.stderr.write(f"keywatch: an earlier rotation of {show(each.job.entry)}: {show(each.words)}\n")


def recover(bench: Bench, jobs: Sequence[Job]) -> list[Ended]:
    """End rotations under the lock."""
    if not jobs:
        return []
    with one_at_a_time(bench.state_dir):
        return recover_rotations(bench, jobs)


def print_json(value: object) -> None:
    """JSON on standard output."""
    json.dump(value, sys.stdout, indent=1)
    sys.stdout.write("\n")

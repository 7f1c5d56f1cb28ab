"""`keywatch key retire`: ends the old keys of rotations when their time has come, or takes one into use again."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from typing import Any

from keywatch.aws.jobs import Job, Jobs, one_at_a_time
from keywatch.aws.retirement import Due, Retired, give_back, next_step, retire
from keywatch.aws.rotation import Bench
from keywatch.aws.rotation_plan import advised
from keywatch.aws.rotation_states import CUT_SHORT, WAITING, State, masked, rotations
from keywatch.cli.key_bench import open_bench, signer_facts
from keywatch.cli.key_rotate import DONE, LEFT, print_json, recover_first
from keywatch.cli.move import confirm
from keywatch.cli.move_text import Page, colored
from keywatch.cli.rotation_text import SCHEMA, describe_use, job_json, show_retired
from keywatch.errors import AwsError, KeywatchError, RotationError, UsageError
from keywatch.offers.aging import settle
from keywatch.paths import Homes, own_homes
from keywatch.report.escape import show


def run_retire(options: argparse.Namespace) -> int:
    """Take what steps are due; the exit status."""
    if (options.back or options.now) and not options.entry:
        raise UsageError("say of which entry: keywatch key retire ENTRY --back, or --now")
    if options.json and (options.back or options.now) and not options.yes:
        raise UsageError("--json asks nothing: add --yes")
    homes = own_homes()
    page = Page(sys.stdout, color=colored(sys.stdout))
    wanted = _wanted(options, homes)
    if not wanted:
        if options.json:
            print_json({"schema": SCHEMA, "retired": [], "failed": []})
        else:
            page.rows("", ["no rotated key waits to be retired"])
        return DONE
    told: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    status = DONE
    with ExitStack() as stack:
        benches: dict[str, Bench] = {}  # a vault is opened once, whatever rotations it has
        for job in wanted:
            try:
                if job.vault not in benches:
                    benches[job.vault] = stack.enter_context(open_bench(options, homes, job.vault))
                done = _one(benches[job.vault], job, options, page)
            except KeywatchError as error:
                shown = advised(error) if isinstance(error, AwsError) else error
                if len(wanted) == 1 and not options.json:
                    raise shown from None
                sys.stderr.write(f"keywatch: {show(job.entry)}: {show(str(shown))}\n")
                failed.append({"entry": job.entry, "error": str(shown)})
                status = shown.exit_code
                continue
            if done is None:
                page.rows("", ["nothing was changed"])
                return LEFT
            if done.did:
                settle(homes.state, [job.entry])
            told.append({**job_json(done.job, done.due), "did": list(done.did), "words": list(done.words)})
            if not options.json:
                show_retired(page, done)
    if options.json:
        print_json({"schema": SCHEMA, "retired": told, "failed": failed})
    return status


def _wanted(options: argparse.Namespace, homes: Homes) -> list[Job]:
    """The rotations meant: those that wait or were cut short. `RotationError` for an entry that has none."""
    with Jobs(homes.state) as jobs:
        found = rotations(jobs, WAITING | CUT_SHORT)
    if not options.entry:
        return found
    name = options.entry.casefold()
    found = [job for job in found if name == job.entry.casefold()]
    if not found:
        raise RotationError(
            f"no rotation of '{options.entry}' waits for anything: keywatch key list shows those that do"
        )
    return found


def _one(bench: Bench, job: Job, options: argparse.Namespace, page: Page) -> Retired | None:
    """What came of one rotation; None where the person said no."""
    if job.state in CUT_SHORT:
        recover_first(bench, [job])
        job = next(each for each in rotations(bench.jobs) if each.id == job.id)
        if job.state not in WAITING:
            return Retired(job, ("the rotation that was cut short is ended",), Due(""))
    with one_at_a_time(bench.state_dir):
        job = _remember(bench, job, options)
    if not _agreed(bench, job, options, page):
        return None
    with one_at_a_time(bench.state_dir):
        job = next(each for each in rotations(bench.jobs) if each.id == job.id)  # as it is after the person has thought
        if job.state not in WAITING:
            return Retired(job, ("it was ended meanwhile",), Due(""))
        if not options.back:
            return retire(bench, job, at_once=options.now)
        job = give_back(bench, job)
        return Retired(job, (f"entry '{job.entry}' gives {masked(job, 'incoming')} again",), next_step(job))


def _agreed(bench: Bench, job: Job, options: argparse.Namespace, page: Page) -> bool:
    """Whether the person wants what can't wait: told who used the old key last."""
    if options.yes or not (options.back or (options.now and job.state == State.SWITCHED)):
        return True
    old = masked(job, "outgoing")
    if options.back:
        return confirm(f"Give the old key {old} again in '{job.entry}'?")
    with one_at_a_time(bench.state_dir):
        looked = retire(bench, job, lambda: 0.0)  # at a time at which nothing is due
    page.rows("mind", [f"old key {old}: {describe_use(looked.use)}"])
    page.rows("", ["what still uses it fails from then on; --back gives it again"])
    return looked.job.state != State.SWITCHED or confirm("Deactivate it now?")


def _remember(bench: Bench, job: Job, options: argparse.Namespace) -> Job:
    """Keep the times and the signer that were given for the next time."""
    given: dict[str, Any] = {"after": options.after, "delete_after": options.delete_after}
    given = {name: value for name, value in given.items() if value is not None}
    given |= {name: value for name, value in signer_facts(options).items() if value}
    return bench.jobs.advance(job, job.state, **given) if given else job

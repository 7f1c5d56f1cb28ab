"""`keywatch key create`: shows user, policy and who may have the key, asks, has it made, and says how to use it."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from keywatch.aws.client import Aws, Caller
from keywatch.aws.creation import (
    KIND,
    Ground,
    Made,
    create,
    replace_policy,
)
from keywatch.aws.grant_files import check_files
from keywatch.aws.jobs import Jobs, one_at_a_time
from keywatch.aws.users import find_user, keys_of
from keywatch.cli.key_create_plan import PLACEHOLDER, Plan, draw_up, in_account
from keywatch.cli.key_create_text import created_json, show_made, show_plan
from keywatch.cli.key_recover import recover_creations
from keywatch.cli.key_signer import open_signer
from keywatch.cli.move import confirm
from keywatch.cli.move_text import Page, colored
from keywatch.cli.vault import remembering, unlock_for
from keywatch.cli.workbench import find_programs
from keywatch.detect.account import CANARY_ACCOUNTS
from keywatch.errors import UsageError
from keywatch.paths import Homes, own_homes
from keywatch.report.escape import show
from keywatch.vault.base import Vault
from keywatch.vault.opening import open_vault

if TYPE_CHECKING:
    from keywatch.vault.file import Unlock

DONE, LEFT = 0, 1


def run_create(options: argparse.Namespace) -> int:
    """Make a key, or show what would be made; the exit status."""
    homes = own_homes()
    plan = draw_up(options, homes)
    if options.terraform or options.cloudformation:
        sys.stdout.write(_code(plan, terraform=options.terraform))
        return DONE
    if options.json and not (options.yes or options.dry_run):
        raise UsageError("--json asks nothing: add --yes or --dry-run")
    page = Page(sys.stdout, color=colored(sys.stdout))
    if options.dry_run:
        _tell_plan(page, plan, options)
        return DONE
    unlock = remembering(unlock_for(options))
    with one_at_a_time(homes.state), Jobs(homes.state) as jobs:
        ended = recover_creations(jobs, options, homes, unlock)
        for each in ended:
            sys.stderr.write(f"keywatch: key job {each.job.id}, which was cut short: {show(each.words)}\n")
        if ended:  # what was taken back, files among it, was looked at before
            plan = draw_up(options, homes)
        return _create(options, plan, page, jobs, homes, unlock)


def _create(
    options: argparse.Namespace, plan: Plan, page: Page, jobs: Jobs, homes: Homes, unlock: Unlock
) -> int:  # fmt: skip
    """Ask AWS and the person, and make it."""
    vault = open_vault(plan.wish.vault, homes, unlock=unlock, interactive=True)
    if not options.replace_policy:
        _check_vault(vault, plan.wish.entry)
    aws, signer = open_signer(options, homes, unlock)
    caller = _check_signer(aws, plan.wish.account)
    plan = in_account(plan, options, caller.account, caller.arn.split(":")[1])
    plan = replace(plan, wish=replace(plan.wish, signer=signer, made_by=caller.arn, files=check_files(plan.wish.files)))
    _check_single(jobs, vault, plan, options)
    _check_user(aws, plan, options)
    if not options.json:
        show_plan(page, plan, vault.title, caller)
    if not (options.yes or confirm(_question(options))):
        page.rows("", ["nothing was made"])
        return LEFT
    made, ground = None, Ground(aws, vault, jobs, homes.state, _teller(options))
    if options.replace_policy:
        replace_policy(plan.wish, ground)
    else:
        made = create(plan.wish, ground)
    _tell_made(page, plan, vault, made, options)
    return DONE


def _question(options: argparse.Namespace) -> str:
    if options.replace_policy:
        return "Replace its policy by this one?"
    return "Make this key?" if options.existing_user else "Make this user and its key?"


def _code(plan: Plan, *, terraform: bool) -> str:
    from keywatch.aws.code.cloudformation import cloudformation
    from keywatch.aws.code.terraform import terraform as in_terraform

    coded = plan.coded()
    return in_terraform(coded) if terraform else cloudformation(coded)


def _check_vault(vault: Vault, entry: str) -> None:
    """Before anything is made: an entry of that name must not be there, and what is put must be read back."""
    if any(each.name.casefold() == entry.casefold() for each in vault.list_entries()):
        raise UsageError(
            f"{vault.title}: there is an entry '{entry}' already: one key for each service: name another SERVICE, or "
            "another --entry"
        )
    opens = getattr(vault, "check_opens", None)
    if opens is not None:
        opens()


def _check_signer(aws: Aws, account: str) -> Caller:
    caller = aws.caller()
    if caller.account in CANARY_ACCOUNTS:
        raise UsageError(f"account {caller.account} is a canary's: nothing is made there")
    if account not in (caller.account, PLACEHOLDER):
        raise UsageError(f"{caller.arn} is of account {caller.account}, not {account}: sign with --profile or --as")
    return caller


def _check_single(jobs: Jobs, vault: Vault, plan: Plan, options: argparse.Namespace) -> None:
    """A service has one key on a host: a second one would be forgotten."""
    wish = plan.wish
    if options.replace_policy:
        return
    there = {each.name for each in vault.list_entries()}
    for job in jobs.all(KIND):
        same = all(job.facts.get(name) == getattr(wish, name) for name in ("service", "host", "account"))
        if same and job.state == "done" and job.vault == wish.vault and job.entry in there:
            raise UsageError(
                f"{wish.service} on {wish.host} has a key already: entry '{job.entry}', IAM user {job.facts['user']}: "
                "--replace-policy changes what it may do; keywatch key rotate makes it anew; another service needs "
                "another name"
            )


def _check_user(aws: Aws, plan: Plan, options: argparse.Namespace) -> None:
    """Whether a user of that name is there, and whose it is."""
    user = plan.wish.user
    if options.existing_user:
        if keys := keys_of(aws, user):
            several = f"{len(keys)} access keys" if len(keys) > 1 else "an access key"
            raise UsageError(
                f"IAM user {user} has {several} already: one key for each service: rotate that one "
                "(keywatch key rotate ENTRY), or delete it first"
            )
        return
    tags = find_user(aws, user)
    ours = tags is not None and tags.get("made-by") == "keywatch"
    if options.replace_policy:
        if not ours:
            raise UsageError(f"there is no IAM user {user} of keywatch's: keywatch key create without --replace-policy")
        return
    if ours and tags is not None:
        raise UsageError(
            f"keywatch made IAM user {user} already, for {tags.get('keywatch-service', '?')} on "
            f"{tags.get('keywatch-host', '?')}: --replace-policy gives it this policy, --existing-user {user} makes a "
            "key for it where it has none; another SERVICE or --host makes another user"
        )
    if tags is not None:
        raise UsageError(f"there is an IAM user {user}, which keywatch did not make: use another SERVICE or --host")


def _tell_plan(page: Page, plan: Plan, options: argparse.Namespace) -> None:
    if options.json:
        _print_json(created_json(plan, None, []))
        return
    show_plan(page, plan, plan.wish.vault or "the usual vault", None)
    page.rows("", ["nothing was made, and nobody was asked"])


def _tell_made(page: Page, plan: Plan, vault: Vault, made: Made | None, options: argparse.Namespace) -> None:
    programs = find_programs(("--vault", plan.wish.vault) if plan.wish.vault else ())
    if options.json:
        _print_json(created_json(plan, made, plan.commands(programs) if made else []))
    else:
        show_made(page, plan, vault.title, made, programs)


def _teller(options: argparse.Namespace) -> Any:
    def tell(what: str) -> None:
        if not options.json and sys.stderr.isatty():
            sys.stderr.write(f"  {show(what)} …\n")

    return tell


def _print_json(value: object) -> None:
    json.dump(value, sys.stdout, indent=1)
    sys.stdout.write("\n")

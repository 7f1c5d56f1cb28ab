"""What the commands that move keys stand on: whose account it is, the vault and journal, findings, a planner."""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from keywatch.cli.ask import can_ask
from keywatch.cli.inputs import read_ignores
from keywatch.cli.vault import unlock_for
from keywatch.config import FILE_NAME, read_config
from keywatch.errors import UsageError
from keywatch.model import Finding
from keywatch.move.apply import Workshop
from keywatch.move.base import Account
from keywatch.move.draft import Programs, check_programs
from keywatch.move.find import Finder
from keywatch.move.journal import Journal
from keywatch.move.locate import read_place
from keywatch.move.plan import Planner, Wish
from keywatch.move.select import select, split_line
from keywatch.move.steps import Ground
from keywatch.paths import Homes, installation_key
from keywatch.request import SweepRequest
from keywatch.vault.opening import KEYRING, SYSTEM, open_vault


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
def open_workshop(options: argparse.Namespace, homes: Homes, vault_name: str) -> Iterator[Workshop]:
    """The vault, opened as far as it opens without a question, and the journal; closed when the block ends."""
    vault = open_vault(vault_name, homes, unlock=unlock_for(options), interactive=can_ask())
    with Journal(homes.state) as journal:
        yield Workshop(vault, Ground(journal, installation_key(homes.state)), homes.state, own_account())


def vault_named(to: str, homes: Homes) -> str:
    """How `open_vault` and the replacements name the vault: empty for the one that is meant when none is named."""
    if to == SYSTEM or (homes.system and to in ("", "vault")):
        return SYSTEM  # by name, for those who read the places have vaults of their own
    usual_is_file = os.path.lexists(homes.vault)
    if to == KEYRING:
        return KEYRING if usual_is_file else ""
    if to == "vault" or (to and os.path.abspath(to) == homes.vault):
        if not usual_is_file:
            raise UsageError("there is no vault file yet: keywatch vault init makes one")
        return ""
    return os.path.abspath(to) if to else ""


def make_planner(wish: Wish, homes: Homes, workshop: Workshop, others: Sequence[Finding]) -> Planner:
    """What makes plans for this workshop. `others` are all findings, to say where else a key lies."""
    from keywatch.sweep.ruleset import load_rules

    key = installation_key(homes.state)
    rules, _ = load_rules(read_config(os.path.join(homes.config, FILE_NAME)).sweep.rules)
    account = workshop.account
    return Planner(
        finder=Finder(key, rules, rules.engine(homes.cache, key).scan),
        read=partial(read_place, owner=account.uid),
        account=account,
        programs=find_programs(("--vault", wish.vault) if wish.vault else ()),
        vault=workshop.vault,
        wish=wish,
        now=time.time(),
        others=others,
    )


def find_wanted(words: Sequence[str], homes: Homes) -> list[Finding]:
    """The findings that a person means by `words`: ids, paths, PATH:LINE. `UsageError` for a word that means none."""
    return select(words, find_all(words, homes))


def find_all(words: Sequence[str], homes: Homes) -> list[Finding]:
    """All findings of the well-known places, and of the paths among the words."""
    from keywatch.sweep.flow import sweep

    config = read_config(os.path.join(homes.config, FILE_NAME))
    paths = tuple(dict.fromkeys(os.path.abspath(p) for p, _ in map(split_line, words) if os.path.lexists(p)))
    ignore, _ = read_ignores([], [*paths, os.path.expanduser("~"), os.getcwd()], homes.config)
    request = SweepRequest(ignore=tuple(ignore), config=config, rules_files=config.sweep.rules)
    findings = {finding.id: finding for finding in sweep(request).findings}
    if paths:
        findings.update((finding.id, finding) for finding in sweep(replace(request, paths=paths)).findings)
    return list(findings.values())


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Those of one credential together, the credentials in the order of their first places."""
    first: dict[str, tuple[str, int]] = {}
    for each in findings:
        at = (each.place.path, each.parts[0].line)
        first[each.identity] = min(at, first.get(each.identity, at))
    return sorted(findings, key=lambda each: (first[each.identity], each.identity, each.place.path, each.parts[0].line))

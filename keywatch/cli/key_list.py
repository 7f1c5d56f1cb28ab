"""`keywatch key list`: every AWS key that is known, by credential; with `--online` what AWS itself says of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from keywatch.cli.key_consumers import known_consumers
from keywatch.cli.rotation_text import describe, job_json, pending_rotations
from keywatch.cli.workbench import find_all, in_order
from keywatch.config import FILE_NAME, read_config
from keywatch.detect.account import account_of
from keywatch.errors import KeywatchError
from keywatch.model import Finding
from keywatch.offers.aging import past_age
from keywatch.paths import Homes, own_homes
from keywatch.report.base import masked, plural
from keywatch.report.escape import show, show_path
from keywatch.serve.reads import last_reads, note_read
from keywatch.vault.base import Entry, Vault, is_own
from keywatch.vault.opening import open_vault

SCHEMA = "keywatch.keys/1"
_AWS_RULES = frozenset({"aws-access-key"})


def run_list(options: argparse.Namespace) -> int:
    """Print the list; 0, also where there is no key."""
    homes = own_homes()
    vault: Vault | None = None
    try:
        vault = open_vault("", homes, interactive=sys.stderr.isatty())
        entries = [entry for entry in vault.list_entries() if entry.masked and not is_own(entry.name)]
    except KeywatchError as error:  # keys in files can be told without
        sys.stderr.write(f"keywatch: {show(str(error))}\n")
        entries = []
    findings = in_order([each for each in find_all([], homes) if each.rule in _AWS_RULES])
    keys = [_key(entry, findings, homes) for entry in entries]
    _mark_old(keys, entries, homes)
    try:
        programs = known_consumers(homes)
    except KeywatchError as error:
        sys.stderr.write(f"keywatch: {show(str(error))}\n")
        programs = {}
    for key in keys:
        key["consumers"] = len(programs.get(key["entry"].casefold(), ()))
    known = {key["masked"] for key in keys}
    keys += [_key(None, group, homes) for group in _groups(findings) if masked(group[0]) not in known]
    if options.online and vault is not None:
        sys.stderr.write("keywatch: asking AWS with each key of the vault; AWS logs these calls as that key's\n")
        _ask(vault, keys, homes)
    rotations = pending_rotations(homes)
    if options.json:
        told = {"keys": keys, "rotations": [job_json(job) for job in rotations]}
        json.dump({"schema": SCHEMA, "online": options.online, **told}, sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        _print(keys, online=options.online)
        for job in rotations:
            sys.stdout.write(f"rotation of {show(job.entry)}\n  {show(describe(job))}\n")
    return 0


def _groups(findings: Sequence[Finding]) -> Iterable[list[Finding]]:
    return [list(group) for _, group in groupby(findings, key=lambda finding: finding.identity)]


def _key(entry: Entry | None, findings: Sequence[Finding], homes: Homes) -> dict[str, Any]:
    """What can be told of a key offline. `age_at_least` is since when its entry or its oldest file is there."""
    name = entry.masked if entry else masked(findings[0])
    places = [each for each in findings if masked(each) == name]
    times = [entry.created] if entry else []
    for each in places:
        try:
            times.append(_iso(os.stat(each.place.path).st_mtime))
        except OSError:
            continue
    reads = last_reads(homes.data if homes.system else homes.state)
    account = next((each.account for each in places if each.account), None)
    return {
        "masked": name, "entry": entry.name if entry else "", "kind": entry.kind if entry else places[0].kind,
        "account": account or "", "user": "", "state": "not asked", "since": min(filter(None, times), default=""),
        "used": (reads.get(entry.name.casefold(), "") or entry.last_used) if entry else "",
        "consumers": 0,
        "places": sorted({each.place.path for each in places}),
    }  # fmt: skip


def _mark_old(keys: list[dict[str, Any]], entries: Sequence[Entry], homes: Homes) -> None:
    """Which keys are past the age that the configuration allows."""
    limit = read_config(os.path.join(homes.config, FILE_NAME)).keys.max_age
    for key, entry in zip(keys, entries, strict=True):
        key["past_age"] = past_age(entry, limit, time.time())


def _ask(vault: Vault, keys: list[dict[str, Any]], homes: Homes) -> None:
    """Add what AWS says; of keys in files alone it says nothing, for they are not read for this."""
    from keywatch.aws.inquiry import inquire

    for key in keys:
        if not key["entry"]:
            key["why"] = "it is in no vault: keywatch move puts it there"
            continue
        note_read(homes.state, "online", key["entry"])
        payload = vault.get(key["entry"])
        answer = asdict(inquire(payload))
        key["account"] = answer.pop("account") or key["account"] or account_of(
            payload.fields["access_key_id"].expose()
        ) or ""  # fmt: skip
        key |= {"aws": answer, "state": answer["state"], "user": answer["user"]}


def _iso(moment: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _print(keys: list[dict[str, Any]], *, online: bool) -> None:
    if not keys:
        sys.stdout.write("no AWS key is known\n")
        return
    home = os.path.expanduser("~")
    for key in keys:
        aws = key.get("aws", {})
        head = [show(key["masked"]), show(key["kind"])]
        head += [f"account {show(key['account'])}"] if key["account"] else []
        head += [show(key["user"])] if key["user"] else []
        sys.stdout.write("  ".join(head) + "\n")
        rows = [("entry", show(key["entry"]) or "none: it is in no vault")]
        places = ", ".join(show_path(path, home) for path in key["places"][:3])
        rows.append(("places", f"{plural(len(key['places']), 'place')} in plaintext{': ' + places if places else ''}"))
        created = aws.get("created") or ""
        rows.append(("made", show(created)) if created else ("since", f"{show(key['since']) or 'unknown'} at least"))
        if key.get("past_age"):
            rows.append(("old", f"past its age ([keys] max_age): keywatch key rotate {show(key['entry'])}"))
        used = aws.get("used") or key["used"]
        rows.append(("used", (show(used) or "never, as far as is known") + _by(aws)))
        if key["consumers"]:
            told = "" if key["consumers"] == 1 else f": keywatch key consumers {show(key['entry'])}"
            rows.append(("by", plural(key["consumers"], "program") + told))
        if online:
            why = key.get("why") or aws.get("why", "")
            rows.append(("state", show(key["state"]) + (f" ({show(why)})" if why else "")))
            if aws.get("others"):
                rows.append(("", f"its user has {plural(aws['others'], 'other key')}; two is the most that IAM allows"))
            rows += [("", f"not told: {show(each)}") for each in aws.get("denied", ())]
        for label, text in rows:
            sys.stdout.write(f"  {label:>6}  {text}\n")


def _by(aws: dict[str, Any]) -> str:
    return f" by {show(aws['service'])}" if aws.get("service") else ""

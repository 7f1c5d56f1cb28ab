"""`keywatch vault list`: a person's entries; keywatch's own are counted, or shown with `--all`. Opens nothing."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from keywatch.paths import Homes
from keywatch.report.escape import show, show_path
from keywatch.serve.reads import last_reads
from keywatch.vault.base import Entry, is_own
from keywatch.vault.opening import open_vault


def list_entries(options: argparse.Namespace, homes: Homes) -> None:
    """Print them: to programs all, told apart."""
    vault = open_vault(options.vault, homes, interactive=True)
    reads = last_reads(homes.data if homes.system else homes.state)
    entries = [replace(e, last_used=reads.get(e.name.casefold(), e.last_used)) for e in vault.list_entries()]
    if options.json:
        plain = [
            {name: getattr(entry, name) for name in Entry.__slots__} | {"internal": is_own(entry.name)}
            for entry in entries
        ]
        sys.stdout.write(json.dumps({"schema": "keywatch.entries/1", "vault": vault.title, "entries": plain}) + "\n")
        return
    shown = [entry for entry in entries if options.all or not is_own(entry.name)]
    if shown:
        _print_table(shown)
    else:
        empty = "holds no key of yours" if entries else "is empty"
        sys.stdout.write(f"{show(vault.title)} {empty}: keywatch vault add ENTRY puts a key in\n")
    if hidden := len(entries) - len(shown):
        sys.stdout.write(f"and {hidden} of keywatch's own: --all shows {'it' if hidden == 1 else 'them'}\n")


def _print_table(entries: Sequence[Entry]) -> None:
    home = os.path.expanduser("~")
    rows: list[tuple[str, ...]] = [("ENTRY", "KEY", "FROM", "READ BY", "LAST USED")]
    for each in entries:
        source = ", ".join(show_path(path, home) for path in each.source.split(", "))
        rest = (each.consumer, each.last_used or "never")
        rows.append((show(each.name), show(each.masked or each.kind), source or "-", *(show(t) or "-" for t in rest)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        sys.stdout.write("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() + "\n")

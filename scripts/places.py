"""Prints docs/places.md from the catalogue: python scripts/places.py > docs/places.md"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from keywatch.formats.registry import find
from keywatch.places.base import Row
from keywatch.places.rows import LEFTOVERS, ROWS

HEAD = """\
# Places

Where `keywatch --sweep` looks without a PATH: the catalogue, made from `keywatch/places/rows.py` by
`scripts/places.py`.
A step of a pattern may be a shell glob; `**` stands for up to three folders. *Read as* is the
[format](usage.md) whose rules tell names from values; what is not of its format is read as plain text.

Besides these: `.env*`, `.envrc`, compose, Terraform and serverless files that a bounded walk of the home finds (folders
of packages and caches are left out, and the report says so), and what `AWS_SHARED_CREDENTIALS_FILE`, `AWS_CONFIG_FILE`,
`KUBECONFIG`, `ZDOTDIR`, the `XDG_*` folders and their like point to. `--processes` adds the environments of running
processes, `--home` all of the home.
"""


def main() -> None:
    """Print the document."""
    print(HEAD)
    print("## In a home\n")
    _table(row for row in ROWS if row.scope == "home")
    print("\n## Of the system\n")
    print("Swept by root, and by anybody else as far as they may be read.\n")
    _table(row for row in ROWS if row.scope == "system")
    print("\n## Leftovers\n")
    print("Copies that editors and package tools leave beside any of these are swept too, as what they are copies of:")
    print(", ".join(f"`{before}NAME{after}`" for before, after in LEFTOVERS) + ".")


def _table(rows: Iterable[Row]) -> None:
    print("| what reads it | read as | patterns |\n|---|---|---|")
    for (consumer, format_name), group in groupby(rows, key=lambda row: (row.consumer, row.format)):
        patterns = " ".join(f"`{row.pattern}`" for row in group)
        print(f"| {consumer} | {find(format_name).title} | {patterns} |")


if __name__ == "__main__":
    main()

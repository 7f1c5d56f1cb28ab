"""Prints docs/events.md from the catalogue: python scripts/events.py > docs/events.md"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from keywatch.events import EVENTS, FIELDS

HEAD = """\
# Events

What keywatch tells machines, made from `keywatch/events.py` by `scripts/events.py`. Names and meanings stay; more may
come. No value is a secret. [The fleet](fleet.md) says how to collect them.

In the journal each event has `SYSLOG_IDENTIFIER=keywatch`, `PRIORITY`, `MESSAGE`, `KEYWATCH_EVENT` and its fields
as `KEYWATCH_<FIELD>`; with `--log json` a line has `time`, `level`, `event`, `message` and the fields by name; over
OTLP a log record has the event name `keywatch.<event>` and attributes `keywatch.<field>`. Those told as *audit* are in
the [audit log](audit.md) of the account or service; the system's agent sends its own to the journal, too.

| event | told | means | fields |
|---|---|---|---|
"""
FOOT = """
## Fields

| field | is | means |
|---|---|---|
"""


def main() -> None:
    """Print the page."""
    out = sys.stdout.write
    out(HEAD)
    for name, (where, meaning, fields) in EVENTS.items():
        out(f"| `{name}` | {where} | {meaning} | {', '.join(f'`{each}`' for each in fields)} |\n")
    out(FOOT)
    for name, (kind, meaning) in FIELDS.items():
        out(f"| `{name}` | {kind} | {meaning} |\n")


if __name__ == "__main__":
    main()

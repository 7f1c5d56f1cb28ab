"""Reports made up for tests of the page: one machine with something of everything, and several machines."""

from __future__ import annotations

import io
from dataclasses import replace

from madeup import DAY, NOW, full_result

from keywatch.model import SweepResult
from keywatch.report.html import write
from keywatch.report.machines import MachineReport, MovedRow
from keywatch.totals import DayTotals

#: names that would be markup, script or style if a page took them for it
HOSTILE = (
    "<script>window.hurt = 1</script>",
    '"><img src=x onerror="window.hurt = 1">',
    "</style></script><svg onload='window.hurt = 1'>",
    "{{hurt}} &lt;b&gt; javascript:hurt",
    "\u202egnp.exe \x1b[31m \udcff \x00 end",
)


def one_machine(name: str = "laptop") -> MachineReport:
    """A machine with keys of most severities, a trend, and moves."""
    trend = tuple(
        DayTotals(f"2026-0{month}-{day:02}", (1, month, 2, 5 - month // 2, month % 3), 9 + month)
        for month in range(1, 9)
        for day in (1, 15)
    )
    moved = (
        MovedRow(
            NOW - DAY, "aws-work", "/home/alice/.aws/config", "moved", "AWS access key", "AKIA…QRST", "vault.json"
        ),
        MovedRow(NOW - 9 * DAY, "backup", "/etc/cron.d/backup", "undone", "AWS access key", "AKIA…ABCD", "keyring"),
    )
    result = full_result()
    result.machine = name
    consumers = {".bashrc": "bash", ".env": "dotenv", "credentials": "AWS CLI and SDKs", ".netrc": "curl, git"}
    result.findings = [
        replace(f, place=replace(f.place, consumer=consumers.get(f.place.path.rsplit("/", 1)[-1], "")))
        for f in result.findings
    ]
    return MachineReport(name, result, trend, moved, home="/home/alice")


def hostile_machine() -> MachineReport:
    """A machine every text of which tries to be something else."""
    result = one_machine().sweep
    for number, name in enumerate(HOSTILE):
        finding = result.findings[number]
        result.findings[number] = replace(
            finding,
            title=name,
            reasons=(name, *finding.reasons),
            advice=(name,),
            place=replace(finding.place, path=f"/tmp/{name}", via=(name,), owner=name, consumer=name, format=name),
        )
    result.notes = HOSTILE
    result.places = HOSTILE
    result.dropped = dict.fromkeys(HOSTILE, 1)
    result.skipped = [replace(result.skipped[0], path=name, why=name) for name in HOSTILE]
    moved = tuple(MovedRow(NOW, name, name, "moved", name, "…", name) for name in HOSTILE)
    return MachineReport(HOSTILE[1], replace(result, machine=HOSTILE[1]), one_machine().trend, moved)


def several() -> list[MachineReport]:
    """Three machines, one of them hostile and one clean."""
    clean = MachineReport("build-server", SweepResult(machine="build-server", swept=NOW, scope="home"))
    return [one_machine(), hostile_machine(), clean]


def page(*machines: MachineReport) -> str:
    """The page of these machines."""
    out = io.StringIO()
    write(machines, out, made=NOW)
    return out.getvalue()

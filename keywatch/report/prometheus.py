"""The counts of a status in Prometheus' text format, for node_exporter's textfile collector. No path and no key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keywatch import __version__


def render(status: Mapping[str, Any]) -> str:
    """The metrics of `keywatch status --json` (docs/fleet.md lists them)."""
    daemon = status.get("daemon") or {}
    system = status.get("system") or {}
    lines = ["# HELP keywatch_build_info The version that runs.", "# TYPE keywatch_build_info gauge",
             f'keywatch_build_info{{version="{__version__}"}} 1']  # fmt: skip

    def gauge(name: str, text: str, rows: Mapping[str, float]) -> None:
        lines.extend((f"# HELP keywatch_{name} {text}", f"# TYPE keywatch_{name} gauge"))
        lines.extend(f"keywatch_{name}{labels} {value:g}" for labels, value in rows.items())

    rows: dict[str, float] = {}
    for by, part in (("user", status.get("findings")), ("system", system.get("findings"))):
        for severity, count in ((part or {}).get("by_severity") or {}).items():
            rows[f'{{by="{by}",severity="{severity}"}}'] = count
    gauge("findings", "Keys in plaintext, by who watches and severity.", rows)
    watching = {'{by="user"}': bool(status.get("watching")), '{by="system"}': bool(system)}
    gauge("watching", "Whether somebody watches.", watching)
    swept = {'{by="user"}': daemon.get("last_sweep"), '{by="system"}': system.get("last_sweep")}
    times = {label: value for label, value in swept.items() if isinstance(value, (int, float))}
    lines += ["# HELP keywatch_last_sweep_timestamp_seconds When all places were last swept.",
              "# TYPE keywatch_last_sweep_timestamp_seconds gauge"]  # fmt: skip
    lines += [f"keywatch_last_sweep_timestamp_seconds{label} {value:.3f}" for label, value in times.items()]
    gauge("problems", "Problems that keywatch status tells.", {"": len(status.get("problems") or ())})
    moves = (status.get("moves") or {}).get("unfinished") or ()
    gauge("moves_unfinished", "Moves that were cut short.", {"": len(moves)})
    gauge("offers", "Keys that a person is to decide on.", {"": len(status.get("offers") or ())})
    return "\n".join(lines) + "\n"

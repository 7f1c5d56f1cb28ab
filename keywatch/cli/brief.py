"""`keywatch status --brief`: one line for a login shell, in no more time than Python takes to start.

Imports neither argparse nor anything of the report. Never fails a login: what goes wrong is one line or none.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from urllib.parse import quote

#: seconds that a daemon may take to say that it watches
_PATIENCE = 0.25
_LABELS = ((4, "critical"), (3, "high"), (2, "medium"), (1, "low"))


def run_brief() -> int:
    """Print the line, if there is something to say. Always 0."""
    from keywatch.paths import user_homes

    homes = user_homes()
    words = [_findings(homes.state)]
    if os.path.exists(os.path.join(homes.state, "state.db")) and not _watched(homes.runtime):
        words.append("nothing watches: keywatch watch, or keywatch install --user")
    said = "; ".join(word for word in words if word)
    if said:
        sys.stdout.write(f"keywatch: {said}\n")
    return 0


def _findings(state: str) -> str:
    path = os.path.join(state, "state.db")
    try:
        db = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=0.2)
        try:
            db.execute("PRAGMA trusted_schema=OFF")
            rows = db.execute(
                "SELECT level, count(*) FROM"
                " (SELECT max(severity) AS level FROM findings GROUP BY identity) GROUP BY level"
            ).fetchall()
        finally:
            db.close()
    except sqlite3.Error:
        return ""
    counts = {level: count for level, count in rows if isinstance(level, int)}
    told = [f"{counts[level]} {label}" for level, label in _LABELS if counts.get(level)]
    number = sum(counts.get(level, 0) for level, _label in _LABELS)
    if not number:
        return ""
    return f"{number} {'key' if number == 1 else 'keys'} in plaintext ({', '.join(told)}): keywatch status"


def _watched(runtime: str) -> bool:
    from keywatch.wire.client import ask_agent
    from keywatch.wire.protocol import GIVEN, socket_path

    answer = ask_agent(socket_path(runtime), b"watch brief", _PATIENCE)
    return answer is not None and answer[0] == GIVEN

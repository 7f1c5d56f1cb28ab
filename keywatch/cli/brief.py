"""`keywatch status --brief`: one line for a login shell, in no more time than Python takes to start.

Imports neither argparse nor anything of the report. Never fails a login: what goes wrong is one line or none.
"""

from __future__ import annotations

import os
import sqlite3
import sys

from keywatch.wire.protocol import GIVEN, SYSTEM_WATCHER, socket_path

#: seconds that a daemon may take to say that it watches
_PATIENCE = 0.25
_LABELS = ((4, "critical"), (3, "high"), (2, "medium"), (1, "low"))


def run_brief() -> int:
    """Print the line, if there is something to say. Always 0."""
    from keywatch.paths import has_state, user_homes

    homes = user_homes()
    words = []
    if counts := _findings(homes.state) or _of_system():
        words.append(_told(counts))
    known = has_state(homes.state)
    if known and not _watched(homes.runtime) and not os.path.exists(SYSTEM_WATCHER):
        words.append("nothing watches: keywatch watch, or keywatch install --user")
    said = "; ".join(words)
    if said:
        sys.stdout.write(f"keywatch: {said}\n")
    return 0


def _of_system() -> dict[int, int]:
    """What the system's watcher found in this user's files, by severity."""
    if not os.path.exists(SYSTEM_WATCHER):
        return {}
    import json

    from keywatch.wire.client import ask_agent

    answer = ask_agent(SYSTEM_WATCHER, b"watch brief", _PATIENCE)
    try:
        told = json.loads(answer[1]) if answer is not None and answer[0] == GIVEN else {}
        return {level: int(told[label]) for level, label in _LABELS if told.get(label)}
    except (ValueError, TypeError, AttributeError):
        return {}


def _findings(state: str) -> dict[int, int]:
    """How many keys the daemon remembers, by severity."""
    from keywatch.paths import STATE_NAME

    path = os.path.join(state, STATE_NAME)
    try:
        name = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        db = sqlite3.connect(f"file:{name}?mode=ro", uri=True, timeout=0.2)
        try:
            db.execute("PRAGMA trusted_schema=OFF")
            rows = db.execute(
                "SELECT level, count(*) FROM"
                " (SELECT max(severity) AS level FROM findings GROUP BY identity) GROUP BY level"
            ).fetchall()
        finally:
            db.close()
    except sqlite3.Error:
        return {}
    known = {level for level, _label in _LABELS}
    return {level: count for level, count in rows if level in known and isinstance(count, int)}


def _told(counts: dict[int, int]) -> str:
    told = [f"{counts[level]} {label}" for level, label in _LABELS if counts.get(level)]
    number = sum(counts.values())
    return f"{number} {'key' if number == 1 else 'keys'} in plaintext ({', '.join(told)}): keywatch status"


def _watched(runtime: str) -> bool:
    from keywatch.wire.client import ask_agent

    answer = ask_agent(socket_path(runtime), b"watch brief", _PATIENCE)
    return answer is not None and answer[0] == GIVEN

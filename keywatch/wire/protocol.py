"""What helper and agent say to each other: one line each way, over a Unix socket.

Requests: `credential ENTRY`, `variables ENTRY`, `unlock SECONDS IDENTITY…`, `lock`, `status`; `session ENTRY` (what may
be shown of its temporary key, as JSON) and `session ENTRY RECORD` (hold this one: base64 of JSON, as vault/session.py
makes it); to the daemon also `watch status`, `watch brief`, `watch pause SECONDS` and `watch sweep`. The system agent,
whose socket is open to everybody, knows `credential`, `variables` and `payload ENTRY`, and from root alone `entries`,
`put DEPOSIT`, `rename ENTRY NEW`, `remove ENTRY` and `forget ENTRY PROGRAM` (vault/remote.py); the system watcher knows
`watch findings` too.

The first byte of a reply is its verdict, the rest a text up to the end of the line. No text of a refusal holds anything
secret.
"""

from __future__ import annotations

GIVEN = b"+"
REFUSED = b"-"
#: a person, or AWS, is being asked: the verdict follows on a line of its own, within `PATIENCE`
ASKING = b"?"
#: no identity is held: whoever asks may try by other means
LOCKED = b"!"

#: a line longer than this is no request; root puts entries, which may be longer, and sessions have long tokens
MOST_REQUEST = 4096
MOST_SESSION = 16 << 10
MOST_DEPOSIT = 256 << 10
MOST_REPLY = 1 << 20
#: where the system's services listen (systemd/)
SYSTEM_AGENT = "/run/keywatch/agent.sock"
SYSTEM_WATCHER = "/run/keywatch/watch.sock"
MOVER = "/run/keywatch/mover.sock"

#: seconds for a person, or AWS, to answer
PATIENCE = 60.0


def socket_path(runtime: str) -> str:
    """Where the agent of this user listens, in its folder for sockets."""
    return f"{runtime}/agent.sock"

"""Asks the agent. Imported by the helper that every AWS command starts: the C module alone, no `socket`, no `json`."""

from __future__ import annotations

import _socket
import os

from keywatch.wire.protocol import ASKING, MOST_REPLY, PATIENCE, REFUSED


def ask_agent(path: str, line: bytes, timeout: float) -> tuple[bytes, bytes] | None:
    """The agent's verdict (protocol.py) and text; None where no agent of this user's answers in time."""
    asking = False
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | getattr(_socket, "SOCK_CLOEXEC", 0))
    try:
        connection.settimeout(timeout)
        connection.connect(path)
        if not _is_own(connection):
            return None
        connection.sendall(line + b"\n")
        reply, _, rest = _line(connection, b"").partition(b"\n")
        if reply == ASKING:
            asking = True
            connection.settimeout(PATIENCE)
            reply = _line(connection, rest).partition(b"\n")[0]
        if reply:
            return reply[:1], reply[1:]
    except OSError:
        pass
    finally:
        connection.close()
    # one that began to answer is not gone around
    return (REFUSED, b"the agent asked a person, or AWS, and had no answer in time") if asking else None


def _line(connection: _socket.socket, got: bytes) -> bytes:
    """What comes up to the end of a line, and perhaps more; empty where the peer goes or says too much."""
    while b"\n" not in got:
        piece = connection.recv(65536)
        got += piece
        if not piece or len(got) > MOST_REPLY:
            return b""
    return got


def _is_own(connection: _socket.socket) -> bool:
    """Whoever listens there must be this user or root: the folder should see to it, and this makes sure."""
    option = getattr(_socket, "SO_PEERCRED", None)
    if option is None:
        return True
    credentials = connection.getsockopt(_socket.SOL_SOCKET, option, 12)
    return int.from_bytes(credentials[4:8], "little" if credentials[:1] else "big") in (os.geteuid(), 0)

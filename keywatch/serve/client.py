"""Asks the agent. Imported by the helper that every AWS command starts: the C module alone, no `socket`, no `json`."""

from __future__ import annotations

import _socket
import os

from keywatch.serve.protocol import MOST_REPLY


def ask_agent(path: str, line: bytes, timeout: float) -> tuple[bytes, bytes] | None:
    """The agent's verdict (protocol.py) and text; None where no agent of this user's answers in time."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | getattr(_socket, "SOCK_CLOEXEC", 0))
    try:
        connection.settimeout(timeout)
        connection.connect(path)
        if not _is_own(connection):
            return None
        connection.sendall(line + b"\n")
        reply = b""
        while not reply.endswith(b"\n") and len(reply) <= MOST_REPLY:
            piece = connection.recv(65536)
            if not piece:
                return None
            reply += piece
        return reply[:1], reply[1:-1]
    except OSError:
        return None
    finally:
        connection.close()


def _is_own(connection: _socket.socket) -> bool:
    """Whoever listens there must be this user or root: the folder should see to it, and this makes sure."""
    option = getattr(_socket, "SO_PEERCRED", None)
    if option is None:
        return True
    credentials = connection.getsockopt(_socket.SOL_SOCKET, option, 12)
    return int.from_bytes(credentials[4:8], "little" if credentials[:1] else "big") in (os.geteuid(), 0)

"""Tells systemd how the daemon does (sd_notify(3)), by a plain datagram. Says nothing where nobody asked."""

from __future__ import annotations

import contextlib
import os
import socket


def notify(text: str) -> None:
    """Send `READY=1`, `WATCHDOG=1`, `STATUS=…` to $NOTIFY_SOCKET."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.sendto(text.encode("utf-8", "replace"), address)

"""Asks logind when the screen is locked and when the machine goes to sleep: a small process, while the vault is open.

Says `lock WHY` on standard output and waits for a line before it lets the machine sleep (a delay inhibitor holds sleep
back for a few seconds at most). org.freedesktop.login1(5). Knows nothing of the vault.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from keywatch.hardening import harden

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

_NAME = "org.freedesktop.login1"
_PATH = "/org/freedesktop/login1"
_MANAGER = "org.freedesktop.login1.Manager"
_SESSION = "org.freedesktop.login1.Session"
#: seconds for logind to answer a call
_PATIENCE = 10.0


def run() -> NoReturn:
    """The process's whole life; it ends with the daemon, or when the bus goes away."""
    harden()
    wanted = frozenset(sys.argv[1:])
    try:
        _listen(wanted)
    except ImportError:
        _say("trouble jeepney is not installed")
    except Exception as error:  # noqa: BLE001 - whatever a bus says, the daemon is told in words
        _say(f"trouble logind can't be asked: {type(error).__name__}: {error}")
    sys.exit(0)


def _listen(wanted: frozenset[str]) -> None:
    from jeepney import DBusAddress, MatchRule, message_bus, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    connection = open_dbus_connection("SYSTEM", enable_fds=True)
    manager = DBusAddress(_PATH, _NAME, _MANAGER)
    rules = []
    if "suspend" in wanted:
        rules.append(MatchRule(type="signal", sender=_NAME, interface=_MANAGER, member="PrepareForSleep", path=_PATH))
    if "screen" in wanted:
        rules.append(MatchRule(type="signal", sender=_NAME, interface=_SESSION, member="Lock"))
        changed = MatchRule(
            type="signal", sender=_NAME, interface="org.freedesktop.DBus.Properties", member="PropertiesChanged"
        )
        changed.add_arg_condition(0, _SESSION)
        rules.append(changed)
    for rule in rules:
        connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=_PATIENCE)
    own = _own_sessions(connection, new_method_call(manager, "ListSessions"))
    inhibitor = _inhibit(connection, manager) if "suspend" in wanted else None
    _say("listening")
    while True:
        message = _next(connection)
        if message is None:
            return
        member = str(message.header.fields.get(3, ""))  # 3: member, 1: path (D-Bus specification, header fields)
        path = str(message.header.fields.get(1, ""))
        if member == "PrepareForSleep":
            if message.body[0]:
                _lock("the machine goes to sleep")
                if inhibitor is not None:
                    os.close(inhibitor)
                    inhibitor = None
            elif inhibitor is None:
                inhibitor = _inhibit(connection, manager)
        elif member in ("Lock", "PropertiesChanged"):
            if path not in own:  # a session of this user's that is newer
                own |= _own_sessions(connection, new_method_call(manager, "ListSessions"))
            if path in own and (member == "Lock" or message.body[1].get("LockedHint") == ("b", True)):
                _lock("the screen was locked")


def _own_sessions(connection: DBusConnection, call: Any) -> set[str]:
    """Object paths of this user's sessions."""
    reply = connection.send_and_get_reply(call, timeout=_PATIENCE)
    if not reply.body or not isinstance(reply.body[0], list):
        return set()
    return {path for _id, uid, _user, _seat, path in reply.body[0] if uid == os.getuid()}


def _inhibit(connection: DBusConnection, manager: Any) -> int | None:
    """A descriptor that holds sleep back while it is open; None where logind gives none."""
    from jeepney import new_method_call

    words = ("sleep", "keywatch", "locks the vault before the machine sleeps", "delay")
    reply = connection.send_and_get_reply(new_method_call(manager, "Inhibit", "ssss", words), timeout=_PATIENCE)
    if not reply.body or not hasattr(reply.body[0], "to_raw_fd"):
        return None
    return int(reply.body[0].to_raw_fd())


def _next(connection: DBusConnection) -> Any:
    """The next signal; None when the daemon has gone."""
    while True:
        with contextlib.suppress(TimeoutError):
            return connection.receive(timeout=0)
        ready, _, _ = select.select([connection.sock, sys.stdin], [], [])
        if sys.stdin in ready and not os.read(sys.stdin.fileno(), 64):
            return None


def _lock(why: str) -> None:
    """Have the vault locked, and wait until it is."""
    _say(f"lock {why}")
    ready, _, _ = select.select([sys.stdin], [], [], 4.0)
    if ready:
        os.read(sys.stdin.fileno(), 64)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(line.replace("\n", " ") + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    run()

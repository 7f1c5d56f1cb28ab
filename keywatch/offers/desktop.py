"""Notifications of a freedesktop desktop over D-Bus, and whether the person wants none now. Says what it is told to.

Desktop Notifications Specification 1.2 and 1.3 (`Inhibited`); org.freedesktop.login1(5) for the screen lock. What comes
over the bus is input like any other: signals count only from the server's own connection, and only well formed.
"""

from __future__ import annotations

import contextlib
import os
import select
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from jeepney import DBusAddress, MatchRule, Properties, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.low_level import HeaderFields, Message, MessageType

_T = TypeVar("_T")
_NAME = "org.freedesktop.Notifications"
_SERVER = DBusAddress("/org/freedesktop/Notifications", _NAME, _NAME)
_OWN_SESSION = DBusAddress(
    "/org/freedesktop/login1/session/auto", "org.freedesktop.login1", "org.freedesktop.login1.Session"
)
#: seconds for the bus or the server to answer
_PATIENCE = 5.0
#: NotificationClosed: the person sent it away
DISMISSED = 2
_MOST = 400


@dataclass(frozen=True, slots=True)
class Pressed:
    """An action of a notification was chosen."""

    number: int
    action: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A notification is gone; `reason` as the specification numbers it."""

    number: int
    reason: int


class Desktop:
    """A connection to the notification server. `OSError` or `RuntimeError` where there is none."""

    def __init__(self) -> None:
        try:
            self._bus: DBusConnection = open_dbus_connection("SESSION")
        except (KeyError, ValueError) as error:
            raise RuntimeError("no session bus") from error
        # a match, so that the bus passes signals on, and a queue, so that none is lost while a reply is waited for
        rule = MatchRule(type="signal", interface=_NAME, path="/org/freedesktop/Notifications")
        self._signals: deque[Message] = deque(maxlen=1000)
        self._bus.send_and_get_reply(message_bus.AddMatch(rule), timeout=_PATIENCE)
        self._filter = self._bus.filter(rule, queue=self._signals)
        self._filter.__enter__()
        names = self._call(new_method_call(_SERVER, "GetCapabilities"))
        self._able = frozenset(name for name in _first(names, list) or () if isinstance(name, str))

    @property
    def has_actions(self) -> bool:
        """Whether the server shows buttons."""
        return "actions" in self._able

    def notify(self, summary: str, body: str, actions: Sequence[tuple[str, str]], *, urgent: bool = False) -> int:
        """Show a notification; its number. `actions` are (id, label); texts are plain, never markup."""
        flat = [word for action in actions for word in action] if self.has_actions else []
        hints = {
            "urgency": ("y", 2 if urgent else 1), "category": ("s", "device"), "desktop-entry": ("s", "keywatch"),
        }  # fmt: skip
        told = body[:_MOST]
        if "body-markup" in self._able:
            told = told.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        arguments = ("keywatch", 0, "dialog-password", summary[:_MOST], told, flat, hints, 0 if urgent else -1)
        reply = self._call(new_method_call(_SERVER, "Notify", "susssasa{sv}i", arguments))
        number = _first(reply, int)
        if number is None:
            raise RuntimeError("the notification server's answer is no number")
        return number

    def close(self, number: int) -> None:
        """Take a notification away."""
        self._call(new_method_call(_SERVER, "CloseNotification", "u", (number,)))

    def wait(self, seconds: float, other: int) -> tuple[list[Pressed | Closed], bool]:
        """What happened within so long, and whether the descriptor `other` has something to read."""
        if not self._signals:
            ready, _, _ = select.select([self._bus.sock, other], [], [], max(0.0, seconds))
            if self._bus.sock in ready:
                with contextlib.suppress(TimeoutError):
                    self._bus.recv_messages(timeout=0)
        ready, _, _ = select.select([other], [], [], 0)
        found = []
        owner = self._owner() if self._signals else ""
        while self._signals:
            if (event := _event(self._signals.popleft(), owner)) is not None:
                found.append(event)
        return found, bool(ready)

    def is_quiet(self) -> bool:
        """Whether the screen is locked, or the person wants no notifications now. What can't be told is no."""
        inhibited = self._property(self._bus, _SERVER, "Inhibited")
        return inhibited is True or self._is_locked()

    def _is_locked(self) -> bool:
        try:
            with open_dbus_connection("SYSTEM") as system:
                return self._property(system, _OWN_SESSION, "LockedHint") is True
        except (OSError, KeyError, ValueError):
            return False

    def _property(self, bus: DBusConnection, at: DBusAddress, name: str) -> object:
        try:
            reply = bus.send_and_get_reply(Properties(at).get(name), timeout=_PATIENCE)
        except (OSError, TimeoutError):
            return None
        if reply.header.message_type is not MessageType.method_return:
            return None
        variant = reply.body[0] if reply.body else None
        return variant[1] if isinstance(variant, tuple) and len(variant) == 2 else None

    def _owner(self) -> str:
        """The connection that the server's name stands for now."""
        return _first(self._call(message_bus.GetNameOwner(_NAME)), str) or ""

    def _call(self, message: Message) -> tuple[Any, ...]:
        try:
            reply = self._bus.send_and_get_reply(message, timeout=_PATIENCE)
        except TimeoutError:
            raise RuntimeError("the notification server does not answer") from None
        if reply.header.message_type is not MessageType.method_return:
            name = reply.header.fields.get(HeaderFields.error_name, "")
            raise RuntimeError(f"the notification server refuses: {str(name)[:100]}")
        return tuple(reply.body)


def _first(body: tuple[Any, ...], kind: type[_T]) -> _T | None:
    return body[0] if body and isinstance(body[0], kind) else None


def _event(message: Message, owner: str) -> Pressed | Closed | None:
    """A signal of the server's as a value; None for anything else."""
    fields = message.header.fields
    if not owner or fields.get(HeaderFields.sender) != owner or len(message.body) != 2:
        return None
    number, what = message.body
    if not isinstance(number, int):
        return None
    member = fields.get(HeaderFields.member)
    if member == "ActionInvoked" and isinstance(what, str):
        return Pressed(number, what)
    if member == "NotificationClosed" and isinstance(what, int):
        return Closed(number, what)
    return None


def has_display() -> bool:
    """Whether programs with windows can be started."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

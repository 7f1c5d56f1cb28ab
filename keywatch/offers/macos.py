"""Notifications on macOS, through the library desktop-notifier (extra `macos`). What it says is plain text.

The same as desktop.py to whoever uses it. Its way through the library is tested on Linux, against a real notification
server; macOS itself was never seen. There the program that runs Python must be signed, as python.org's builds are.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import sys
import time
from collections.abc import Sequence
from typing import Any

from keywatch.offers.desktop import DISMISSED, Closed, Pressed

#: seconds between two looks at the daemon's descriptor, for macOS' event loop has room for none
_LOOK_EVERY = 0.5


class LibraryDesktop:
    """The library's notifier and an event loop of its own. `RuntimeError` where the library is not installed."""

    has_actions = True

    def __init__(self) -> None:
        try:
            from desktop_notifier import DesktopNotifier
        except ImportError:
            raise RuntimeError("desktop-notifier is not installed: pip install 'keywatch[macos]'") from None
        if sys.platform == "darwin":  # callbacks come through Core Foundation's loop
            from rubicon.objc.eventloop import EventLoopPolicy

            asyncio.set_event_loop_policy(EventLoopPolicy())
        self._loop = asyncio.new_event_loop()
        self._notifier = DesktopNotifier(app_name="keywatch", app_icon=None)
        self._names: dict[int, str] = {}
        self._events: list[Pressed | Closed] = []

    def notify(self, summary: str, body: str, actions: Sequence[tuple[str, str]], *, urgent: bool = False) -> int:
        """Show a notification; its number. `actions` are (id, label); `default` is a click on the whole."""
        from desktop_notifier import Button, Urgency

        number = max(self._names, default=0) + 1

        def told(event: Pressed | Closed) -> Any:
            return lambda: self._events.append(event)

        buttons = [Button(label, told(Pressed(number, name))) for name, label in actions if name != "default"]
        self._names[number] = self._loop.run_until_complete(
            self._notifier.send(
                summary, body, urgency=Urgency.Critical if urgent else Urgency.Normal, buttons=buttons,
                on_clicked=told(Pressed(number, "default")), on_dismissed=told(Closed(number, DISMISSED)),
            )
        )  # fmt: skip
        return number

    def close(self, number: int) -> None:
        """Take a notification away."""
        name = self._names.pop(number, "")
        with contextlib.suppress(KeyError):  # the library forgets one that was pressed
            self._loop.run_until_complete(self._notifier.clear(name))

    def wait(self, seconds: float, other: int) -> tuple[list[Pressed | Closed], bool]:
        """What happened within so long, and whether the descriptor `other` has something to read."""
        end = time.monotonic() + max(0.0, seconds)
        while True:
            readable = bool(select.select([other], [], [], 0)[0])
            left = end - time.monotonic()
            if readable or self._events or left <= 0:
                found, self._events = self._events, []
                return found, readable
            self._loop.run_until_complete(asyncio.sleep(min(_LOOK_EVERY, left)))

    def is_quiet(self) -> bool:
        """False: macOS itself keeps notifications back while the screen is locked or a focus is on."""
        return False

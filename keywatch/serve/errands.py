"""What has to be done before a request is answered: a person is asked, AWS is asked. Others are served meanwhile.

Each in a thread of its own. Those who wait for the same thing share it. Knows nothing of sockets.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Waiter = TypeVar("Waiter")

#: persons are asked no more than so many things at once
MOST_QUESTIONS = 4
#: of all others
MOST_ERRANDS = 16


@dataclass(frozen=True, slots=True)
class Errand:
    """`run` gives why not, or nothing; it never raises. `key`: who wants the same shares it; empty: nobody does.

    `asks`: it asks a person. `grants`: what follows is asked with its consent. Not `wait`: the answer can be given now.
    """

    run: Callable[[], str]
    key: str = ""
    asks: bool = False
    grants: bool = False
    wait: bool = True


class Errands(Generic[Waiter]):
    """Errands under way. `wake` is called in their threads when one is done."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._waiting: dict[str, list[Waiter]] = {}
        self._done: deque[tuple[Errand, list[Waiter], str]] = deque()
        self._running = {True: 0, False: 0}

    def start(self, errand: Errand, waiter: Waiter | None) -> str:
        """Begin it, or join those who wait for it; why not, where there are too many."""
        waiting = self._waiting.get(errand.key) if errand.key else None
        if waiting is not None:
            waiting += [waiter] if waiter is not None else []
            return ""
        if self._running[errand.asks] >= (MOST_QUESTIONS if errand.asks else MOST_ERRANDS):
            return "too much is being asked already: answer that, or try again in a moment"
        waiting = [waiter] if waiter is not None else []
        if errand.key:
            self._waiting[errand.key] = waiting
        self._running[errand.asks] += 1

        def run() -> None:
            try:
                why = errand.run()
            except Exception as error:  # noqa: BLE001 - whoever waits must be told; its text may hold a secret
                why = f"internal error: {type(error).__name__}"
            self._done.append((errand, waiting, why))
            self._wake()

        threading.Thread(target=run, name="keywatch-errand", daemon=True).start()
        return ""

    def take(self) -> list[tuple[Errand, list[Waiter], str]]:
        """Those that are done: who waited, and why not. To be called where `start` is."""
        found = []
        while self._done:
            errand, waiting, why = self._done.popleft()
            self._waiting.pop(errand.key, None)
            self._running[errand.asks] -= 1
            found.append((errand, waiting, why))
        return found

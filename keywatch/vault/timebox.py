"""Calls that may never return, bounded in time: a keyring waits on a prompt that nobody sees, a bus stays silent.

The call runs in a daemon thread, which is abandoned when its time is up: Python's exit does not wait for it. `cancel`
then cuts its connection, so that it can't complete later behind the caller's back. Holds no secret in any message.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

from keywatch.errors import KeyringTimeoutError

Result = TypeVar("Result")


def run_boxed(
    call: Callable[[], Result], *, timeout: float, what: str, cancel: Callable[[], None] | None = None
) -> Result:
    """The call's result or its exception; `KeyringTimeoutError` after `timeout` seconds, with `what` as its subject."""
    results: list[Result] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - handed on to the caller, whatever it is
            failures.append(error)

    thread = threading.Thread(target=work, name="keywatch-keyring", daemon=True)
    thread.start()
    thread.join(timeout)
    if results:
        return results[0]
    if failures:
        raise failures[0]
    if cancel is not None:
        with contextlib.suppress(OSError):
            cancel()
    raise KeyringTimeoutError(f"{what}: no answer within {timeout:g} s: unlock it, or look whether it still runs")

"""The daemon, whole: one instance, the worker that watches, the agent that answers, and signals. The page to read.

The main thread is the agent's loop (serve/agent.py), the second one the watcher's (watcher.py). What opens files, asks
D-Bus or sweeps the home runs in processes of their own, so that this one stays small and holds no plaintext.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from keywatch.config import FILE_NAME, Config, read_config
from keywatch.errors import ConfigError, StateError
from keywatch.memory import Memory
from keywatch.paths import Homes, private_dir, user_homes
from keywatch.serve.agent import inherited_listener, serve, serve_everybody
from keywatch.serve.keeper import Keeper
from keywatch.serve.live import LivePolicies
from keywatch.serve.reads import record
from keywatch.watch.base import ConsumerAppeared, Listener
from keywatch.watch.desk import Desk
from keywatch.watch.log import ERROR, INFO, WARNING, Log
from keywatch.watch.service import notify
from keywatch.watch.watcher import Watcher, run_watcher

#: seconds between two looks of the main thread at signals and the watchdog
_EVERY = 1.0


def watch(log: Log, vault: str = "", listeners: Callable[[Memory], Iterable[Listener]] | None = None) -> int:
    """Watch until SIGTERM or SIGINT; the exit status. `StateError` where another daemon runs or nothing can be kept.

    `listeners` makes, from the open memory, those who are told of findings. One with a `tick` is also called each
    second, on the main thread, and one with a `close` at the end.
    """
    homes = user_homes()
    private_dir(homes.state)
    lock = _lock(private_dir(homes.runtime))
    try:
        config = read_config(os.path.join(homes.config, FILE_NAME))
        with Memory(homes.state) as memory:
            made = list(listeners(memory)) if listeners is not None else []
            return _run(config, homes, memory, os.path.abspath(vault or homes.vault), made, log)
    finally:
        os.close(lock)


def watch_system(log: Log) -> int:
    """Watch the system's places, as its service, until SIGTERM; the exit status. Opens no vault and notifies nobody."""
    from keywatch.watch.systemdesk import SystemDesk

    homes = user_homes()
    private_dir(homes.state)
    lock = _lock(private_dir(homes.runtime))
    try:
        listener = inherited_listener()
        config = read_config(os.path.join(homes.config, FILE_NAME))
        with Memory(homes.state) as memory:
            watcher = Watcher(config, memory, homes.state, (), log, whole=True)
            desk = SystemDesk(watcher, homes.state, log)

            def answer(stopped: Callable[[], bool]) -> None:
                serve_everybody(desk, listener, stopped, _EVERY)

            return _work(watcher, homes, log, answer, lambda: None)
    finally:
        os.close(lock)


def _lock(runtime: str) -> int:
    """Be the only daemon of this user: an open descriptor whose lock ends with it."""
    path = os.path.join(runtime, "daemon.lock")
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise StateError(f"{path}: another keywatch watches for you already: keywatch status") from None
    return fd


def _run(config: Config, homes: Homes, memory: Memory, vault: str, listeners: Sequence[Listener], log: Log) -> int:
    policies = LivePolicies(homes.config, homes.state, partial(_tell_policies, log))
    policies.load()
    keeper = Keeper(vault, homes.state, partial(record, homes.state), policies, partial(_tell_consumer, log, listeners))
    watcher = Watcher(config, memory, homes.state, listeners, log)
    desk = Desk(keeper, watcher, config.watch.lock_on, log)

    def tick() -> None:
        desk.tick()
        for each in listeners:
            if tick := getattr(each, "tick", None):
                tick()

    try:
        return _work(watcher, homes, log, lambda stopped: serve(desk, homes.runtime, stopped, _EVERY), tick)
    finally:
        desk.close()
        for each in listeners:
            if close := getattr(each, "close", None):
                close()


def _tell_policies(log: Log, trouble: str, changed: list[str]) -> None:
    """Say what became of a changed configuration."""
    if trouble:
        log(ERROR, "problem", trouble)
    for name in changed:
        log(INFO, "policy", "who may have an entry was changed", entry=name)


def _tell_consumer(log: Log, listeners: Sequence[Listener], entry: str, program: str) -> None:
    """Say that a program is new to an entry, also to the person where there is a desktop."""
    log(WARNING, "new-consumer", "a program has an entry that it had not used before", entry=entry, program=program)
    for each in listeners:
        try:
            each(ConsumerAppeared(entry, program))
        except Exception as error:  # noqa: BLE001 - a key is being given, and a listener must not stop it
            log(ERROR, "problem", f"a listener failed: {type(error).__name__}")


def _work(
    watcher: Watcher, homes: Homes, log: Log, answer: Callable[[Callable[[], bool]], None], tick: Callable[[], None]
) -> int:
    """Run the watcher in a thread and `answer` in this one, until a signal or a failure ends both."""
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: signals.append(received))
    failures: list[str] = []
    worker = threading.Thread(target=run_watcher, args=(watcher, failures.append), name="keywatch-watch", daemon=True)
    worker.start()
    notify("READY=1\nSTATUS=watching")
    log(INFO, "started", "watching", pid=os.getpid())
    proven = 0.0

    def stopped() -> bool:
        nonlocal proven
        while signals:
            if signals.pop(0) != signal.SIGHUP:
                return True
            _reload(watcher, homes, log)
        tick()
        if watcher.facts.proven > proven:  # both threads and all between them work
            proven = watcher.facts.proven
            notify(f"WATCHDOG=1\nSTATUS={_summary(watcher)}")
        return bool(failures) or not worker.is_alive()

    try:
        answer(stopped)
    finally:
        notify("STOPPING=1")
        watcher.stop()
        worker.join(20)
    for failure in failures:
        log(ERROR, "failed", failure)
    log(INFO, "stopped", "stopped")
    return 3 if failures else 0


def _reload(watcher: Watcher, homes: Homes, log: Log) -> None:
    notify("RELOADING=1")
    try:
        watcher.reload(read_config(os.path.join(homes.config, FILE_NAME)))
        log(INFO, "reloaded", "the configuration was read again")
    except ConfigError as error:
        log(ERROR, "problem", f"the old configuration stays: {error}")
    notify("READY=1")


def _summary(watcher: Watcher) -> str:
    facts = watcher.facts
    return f"watching {facts.folders} folders, {facts.files} files; {len(facts.problems)} problems"


def main() -> None:
    """For tests and service managers that start the module."""
    from keywatch.hardening import harden
    from keywatch.watch.log import open_log

    harden()
    sys.exit(watch(open_log()))


if __name__ == "__main__":
    main()

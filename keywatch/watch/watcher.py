"""The daemon's worker: hears changes, lets them settle, has them examined, remembers, and tells listeners.

One thread and one loop. It opens none of the watched files: the reader does, in a process of its own (examiner.py).
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from keywatch.config import Config
from keywatch.errors import KeywatchError, StateError
from keywatch.memory import Memory
from keywatch.places.base import Target
from keywatch.places.catalogue import describe
from keywatch.places.outline import Spot, starting_spots, system_spots
from keywatch.watch.base import FindingAppeared, FindingGone, Listener, Published
from keywatch.watch.canary import Canary
from keywatch.watch.clock import Clocks
from keywatch.watch.ears import DeafEars, Ears, Notes, open_ears
from keywatch.watch.examiner import Examiner
from keywatch.watch.ground import Ground
from keywatch.watch.homesweep import HomeSweep
from keywatch.watch.log import ERROR, INFO, NOTICE, WARNING, Log
from keywatch.watch.waiting import Waiting

#: files examined in one job of the reader
BATCH = 128
#: folders compared each second
COMPARED = 100
#: known files are looked at again so many times for each look at all folders
RECHECKS = 5
#: of a core's time, what each kind of looking may take
_POLL_SHARE = 0.0004


@dataclass(slots=True)
class Facts:
    """What `keywatch status` says of the worker. Replaced whole, read by another thread."""

    started: float = field(default_factory=time.time)
    folders: int = 0
    files: int = 0
    polled: dict[str, str] = field(default_factory=dict)
    waiting: int = 0
    last_sweep: float = 0.0
    last_home_sweep: float = 0.0
    sweeping: str = ""
    proven: float = 0.0
    paused_until: float = 0.0
    problems: dict[str, str] = field(default_factory=dict)
    reader_deaths: int = 0


class Watcher:
    """Watches for one user. `listeners` are told of each finding that appears or is gone (base.py)."""

    def __init__(
        self, config: Config, memory: Memory, state_dir: str, listeners: Iterable[Listener], log: Log, *,
        whole: bool = False,
    ) -> None:  # fmt: skip
        """`whole`: the system's watcher, of the system's places, and of all homes where the configuration wants it."""
        self._whole = whole
        self._accounts = 0
        self._config = config
        self._memory = memory
        self._listeners = list(listeners)
        self._log = log
        self._notes = Notes()
        self._ears: Ears = open_ears(self._notes)
        self._examiner = Examiner(go_on=self._meanwhile)
        self._waiting = Waiting(config.watch.quiet)
        self._clocks = Clocks()
        self._canary = Canary(state_dir)
        self._home_sweep = HomeSweep(memory, 0 if whole else config.watch.home_sweep)
        self._problems: dict[str, str] = {}
        self._stop = threading.Event()
        self._asked: str = ""
        self._reload: Config | None = None
        self._paused_until = 0.0
        self._sweep_begun = self._last_sweep = 0.0
        self._sweep_why = ""
        self._next: dict[str, float] = {}
        self._sweeping = True  # what is dirty while the ground is laid out belongs to the first sweep
        self._ground = Ground(self._ears, self._dirty, config.watch.folders)
        self.facts = Facts()

    # for other threads

    def stop(self) -> None:
        """End soon."""
        self._stop.set()
        self._notes.wake()

    def sweep(self, why: str) -> None:
        """Sweep all places soon."""
        self._asked = why
        self._notes.wake()

    def pause(self, seconds: float) -> None:
        """Examine nothing for so long; 0 ends a pause, and what changed meanwhile is swept."""
        self._paused_until = time.time() + seconds if seconds else 0.0
        self.facts = replace(self.facts, paused_until=self._paused_until)
        if not seconds:
            self.sweep("the pause ended")
        self._notes.wake()

    def reload(self, config: Config) -> None:
        """Work by another configuration."""
        self._reload = config
        self._notes.wake()

    # the loop

    def run(self) -> None:
        """Watch until stopped."""
        try:
            self._lay_out("start")
            with contextlib.ExitStack() as stack:
                poller = select.poll()
                poller.register(self._notes.fd, select.POLLIN)
                mounts = _open_mounts()
                if mounts is not None:
                    stack.callback(os.close, mounts)
                    poller.register(mounts, select.POLLPRI | select.POLLERR)
                while not self._stop.is_set():
                    self._step(poller, mounts)
        finally:
            self._examiner.stop()
            self._home_sweep.stop()
            self._canary.remove()
            self._ears.close()

    def _step(self, poller: select.poll, mounts: int | None) -> None:
        due = None if self._is_paused() else self._waiting.next_due(time.monotonic())
        timeout = min(1.0 if due is None else due, max(0.0, self._next.get("tick", 0.0) - time.monotonic()))
        for fd, _events in poller.poll(timeout * 1000 + (1 if timeout else 0)):
            if fd == mounts:
                with open(fd, "rb", closefd=False) as file:  # read from its start, it is quiet until the next change
                    file.seek(0)
                    file.read()
                self._ground.mounts_changed()
        self._hear()
        self._prove()
        self._examine()
        now = time.monotonic()
        if now >= self._next.get("tick", 0.0):
            self._next["tick"] = now + 1.0
            self._tick(now)

    def _hear(self) -> None:
        heard = self._ears.take()
        for real in heard.ended:
            self._ground.ended(real)
        for real, name in heard.names:
            self._ground.heard(real, name)
        if heard.overflow:
            self._log(WARNING, "overflow", "events were lost: all places are swept")
            self._lay_out("overflow")

    def _dirty(self, target: Target) -> None:
        """A file may hold something new."""
        if self._sweeping:
            self._waiting.sweep(target)
        else:
            self._waiting.change(target, time.monotonic())

    def _lay_out(self, why: str) -> None:
        """Watch every place anew, and sweep them all."""
        self._sweeping = True
        self._sweep_begun, self._sweep_why = time.time(), why
        try:
            spots, named = self._start()
            old = self._ground
            for real in old.posts:
                self._ears.ignore(real)
            self._ground = ground = Ground(self._ears, self._dirty, self._config.watch.folders)
            ground.name([Target(self._canary.path)])
            named += [Target(path, *describe(path)) for path in self._config.watch.also]
            ground.add(spots)
            named += [Target(path, *describe(path)) for path in self._memory.paths() if path not in ground.targets]
            ground.name(named)
            for path, target in old.targets.items():  # what went while nobody listened
                if path not in ground.targets:
                    self._dirty(target)
        finally:
            self._sweeping = False
        self._log(INFO, "sweep-begun", f"sweeping {self._waiting.to_sweep} places", why=why)
        self._tell_facts()

    def _start(self) -> tuple[list[Spot], list[Target]]:
        """Where watching begins: this user's home and the system, or the system and the homes of all."""
        depth = self._config.sweep.home_depth
        if not self._whole:
            spots, named = starting_spots(os.path.expanduser("~"), dict(os.environ), depth)
            return spots + (system_spots() if self._config.watch.system else []), named
        spots, named = system_spots(), []
        self._accounts = _accounts_changed()
        if self._config.watch.homes:
            from keywatch.places.accounts import accounts

            for account in accounts():
                spots += starting_spots(account.home, None, depth)[0]
        return spots, named

    def _is_paused(self) -> bool:
        if self._paused_until and time.time() >= self._paused_until:
            self._paused_until = 0.0
            self._asked = "the pause ended"
        return bool(self._paused_until)

    def _examine(self) -> None:
        """Have one batch examined, if one is due."""
        if self._is_paused():
            return
        targets, swept = self._waiting.take(time.monotonic(), BATCH)
        if targets:
            try:
                result = self._examiner.examine(targets, writers=not swept)
                if self._stop.is_set():
                    return
                paths = [target.path for target in targets if target.path not in result.unread]
                self._remember(paths, result.findings, result.writers)
                self._problems.pop("memory", None)
            except StateError as error:
                if "memory" not in self._problems:
                    self._log(ERROR, "problem", str(error))
                self._problems["memory"] = str(error)
                for target in targets:  # nothing is lost: they wait again
                    self._waiting.sweep(target)
                self._stop.wait(1.0)
                return
            self._tell_unread(targets, result.unread)
            self._waiting.took(targets, result.seconds, time.monotonic())
        if self._sweep_why and not self._waiting.to_sweep:
            self._last_sweep = time.time()
            self._log(INFO, "sweep-done", f"swept in {self._last_sweep - self._sweep_begun:.1f} s", why=self._sweep_why)
            self._sweep_why = ""
            self._tell_facts()

    def _remember(self, paths: list[str], findings: Iterable[object], writers: dict[str, str]) -> None:
        now = time.time()
        new, gone = self._memory.replace(paths, findings, now, writers)  # type: ignore[arg-type]  # findings
        for each in gone:
            finding = each.finding
            self._publish(FindingGone(finding.id, finding.identity, finding.place))
            self._log(INFO, "finding-gone", "a key is gone", path=finding.place.path, finding=finding.id)
            self._ground.unname(finding.place.path)
        for each in new:
            finding = each.finding
            self._publish(FindingAppeared(finding, each.first_seen, each.writer))
            self._log(
                NOTICE, "finding-appeared", f"{finding.title} in plaintext ({finding.severity.label})",
                path=finding.place.path, finding=finding.id, rule=finding.rule, writer=each.writer,
            )  # fmt: skip
            path = finding.place.path
            if path not in self._ground.targets and path not in self._ground.named:
                self._ground.name([Target(path, finding.place.format, finding.place.consumer)])

    def _publish(self, event: Published) -> None:
        for listener in self._listeners:
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 - one listener must not end the watch
                self._log(ERROR, "listener-failed", f"a listener failed: {type(error).__name__}")

    def _tell_unread(self, targets: list[Target], unread: dict[str, str]) -> None:
        for target in targets:
            self._problems.pop(f"file {target.path}", None)
        for path, why in unread.items():
            if "reader" in why or "took more" in why:
                self._problems[f"file {path}"] = f"{path}: {why}"
                self._log(WARNING, "unreadable", f"a file could not be examined: {why}", path=path)

    def _prove(self) -> None:
        """See whether the canary came through: heard, left alone for as long as any file, and taken here."""
        if self._waiting.claim(self._canary.path, time.monotonic()) and self._canary.came():
            self._problems.pop("canary", None)

    def _send_canary(self, now: float) -> bool:
        """True when the last one was lost."""
        if isinstance(self._ears, DeafEars) or "watches" in self._ground.problems:  # its folder may be a polled one
            self._ground.look_at(self._canary.path)
        return self._canary.tick(now)

    def _meanwhile(self) -> bool:
        """While the reader is at a large file: hear, and keep the canary going. False when the daemon ends."""
        self._hear()
        self._prove()
        self._send_canary(time.monotonic())
        self._tell_facts()
        return not self._stop.is_set()

    # what happens by the clock

    def _tick(self, now: float) -> None:
        config = self._config.watch
        if self._reload is not None:
            self._config, self._reload = self._reload, None
            self._waiting.quiet = self._config.watch.quiet
            self._examiner.stop()  # the next one reads rules and ignore files anew
            self._home_sweep.every = 0 if self._whole else self._config.watch.home_sweep
            self._asked = "reload"
        why = self._clocks.jumped() or self._asked
        if not why and config.sweep and self._last_sweep and time.time() - self._last_sweep > config.sweep:
            why = "interval"
        if self._whole and self._config.watch.homes and _accounts_changed() != self._accounts:
            why = why or "the accounts changed"
        if why and not self._sweep_why:
            self._asked = ""
            if isinstance(self._ears, DeafEars):
                self._ears = open_ears(self._notes)
            self._lay_out(why)
        self._ground.compare(COMPARED)
        self._poll(now)
        if self._send_canary(now):
            self._problems["canary"] = "a file written as a test was not noticed: watching anew"
            self._log(ERROR, "canary-lost", "a file written as a test was not noticed: watching anew")
            self._lay_out("the canary was lost")
        self._examiner.rest()
        for path in self._home_sweep.tick(now, paused=self._is_paused()):
            if path not in self._ground.targets:
                self._waiting.sweep(Target(path, *describe(path)))
        self._tell_facts()

    def _poll(self, now: float) -> None:
        every, ground = self._config.watch, self._ground
        self._now_and_then("folders", now, every.recheck * RECHECKS, lambda: ground.poll(everything=True))
        self._now_and_then("files", now, every.recheck, lambda: ground.look_again(linked=False))
        self._now_and_then("blind", now, every.poll, lambda: ground.poll(everything=False))
        self._now_and_then("linked", now, every.poll, lambda: ground.look_again(linked=True))

    def _now_and_then(self, what: str, now: float, every: float, do: Callable[[], None]) -> None:
        """Do it each so many seconds, less often where it takes more than its share of a core."""
        if now >= self._next.get(what, 0.0):
            begun = time.thread_time()
            do()
            self._next[what] = now + max(every, (time.thread_time() - begun) / _POLL_SHARE)

    def _tell_facts(self) -> None:
        ground = self._ground
        self.facts = Facts(
            started=self.facts.started,
            folders=len(ground.posts),
            files=len(ground.targets) + len(ground.named),
            polled=ground.blind,
            waiting=len(self._waiting),
            last_sweep=self._last_sweep,
            last_home_sweep=self._home_sweep.last,
            sweeping=self._sweep_why,
            proven=self._canary.proven,
            paused_until=self._paused_until,
            problems={**ground.problems, **self._problems},
            reader_deaths=self._examiner.deaths,
        )


def _open_mounts() -> int | None:
    """The table of mounts, which tells of changes by POLLPRI (proc_pid_mounts(5))."""
    try:
        return os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _accounts_changed() -> int:
    """When the password database was changed, in nanoseconds: a new account has a home to watch."""
    try:
        return os.stat("/etc/passwd").st_mtime_ns
    except OSError:
        return 0


#: what `threading.Thread` runs; an error that nobody foresaw ends the daemon loudly, and its service starts it again
def run_watcher(watcher: Watcher, failed: Callable[[str], None]) -> None:
    """Run until stopped; `failed` is called with what ended it otherwise."""
    try:
        watcher.run()
    except KeywatchError as error:
        failed(str(error))
    except Exception as error:
        if os.environ.get("KEYWATCH_DEBUG"):
            raise
        at = error.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        line = f"{os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}" if at is not None else "?"
        failed(f"internal error: {type(error).__name__} at {line}")

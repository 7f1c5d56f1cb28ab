"""Which programs have been given each entry, durable in the state folder: names, times and counts, and no secret.

The agent asks before it gives and notes after. A store that can't be read is not written over: whose policy relies on
it is refused, everybody else is served.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from keywatch import atomic
from keywatch.errors import FileReadError, KeywatchError, StateError
from keywatch.vault.base import timestamp

NAME = "consumers.json"
SCHEMA = "keywatch.consumers/1"
MOST_BYTES = 4 << 20
#: programs of one entry and entries that are kept; those that used it longest ago go first
MOST_PROGRAMS, MOST_ENTRIES = 200, 500
_MOST_TEXT = 1000
#: seconds after an entry's first use in which a program is no news: a person tries out what was moved
LEARNING = 3600.0
#: seconds between two writes that only count
_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class Use:
    """A program's use of an entry. Times are ISO 8601 in UTC."""

    first: str
    last: str
    count: int


@dataclass(frozen=True, slots=True)
class Used:
    """An entry's programs, and its masked access key id, by which a sweep knows the key."""

    masked: str = ""
    programs: Mapping[str, Use] = field(default_factory=dict)


class Consumers:
    """The store of one agent."""

    def __init__(self, state_dir: str) -> None:
        self._state_dir = state_dir
        self._seen: tuple[int, ...] | None = None
        self._used: dict[str, Used] = {}
        self._trouble = ""
        self._counted: dict[tuple[str, str], int] = {}
        self._written = time.monotonic()

    @property
    def trouble(self) -> str:
        """Why the store can't be read, if it can't."""
        self._look()
        return self._trouble

    def is_known(self, entry: str, program: str) -> bool:
        """Whether the program has used the entry before."""
        self._look()
        return program[:_MOST_TEXT] in self._programs(entry)

    def is_first(self, entry: str) -> bool:
        """Whether nothing has used the entry yet."""
        self._look()
        return not self._programs(entry)

    def is_learning(self, entry: str) -> bool:
        """Whether the entry's first use was a short time ago, or is yet to come."""
        self._look()
        first = min((use.first for use in self._programs(entry).values()), default="")
        return not first or first > timestamp_ago(LEARNING)

    def note(self, entry: str, program: str, masked: str = "", count: int = 1) -> None:
        """Count a use: at once durable for a new program, else with the next write. `StateError` where it can't be."""
        self._look()
        if self._trouble:
            return
        program = program[:_MOST_TEXT]
        new = program not in self._programs(entry) or self._used[entry.casefold()].masked != masked
        self._counted[entry.casefold(), program] = self._counted.get((entry.casefold(), program), 0) + count
        if new or time.monotonic() - self._written > _EVERY:
            self.write({entry.casefold(): masked})

    def write(self, masked: Mapping[str, str] | None = None) -> None:
        """Write what was counted. `StateError` where that can't be done."""
        if not self._counted:
            return
        counted, self._counted, self._written = self._counted, {}, time.monotonic()

        def change(used: dict[str, Used]) -> None:
            now = timestamp()
            for (entry, program), count in counted.items():
                before = used.get(entry, Used())
                known = before.programs.get(program)
                use = Use(known.first if known else now, now, (known.count if known else 0) + count)
                told = (masked or {}).get(entry) or before.masked
                used[entry] = Used(told, {**before.programs, program: use})

        change_store(self._state_dir, change)

    def _programs(self, entry: str) -> Mapping[str, Use]:
        return self._used.get(entry.casefold(), Used()).programs

    def _look(self) -> None:
        """Read it again where it was changed: by a person who had a program forgotten, or by this agent."""
        seen: tuple[int, ...]
        try:
            info = os.stat(os.path.join(self._state_dir, NAME))
            seen = (info.st_ino, info.st_size, info.st_mtime_ns)
        except OSError:
            seen = ()
        if seen == self._seen:
            return
        self._seen, self._trouble = seen, ""
        try:
            self._used = read_store(self._state_dir)
        except StateError as error:
            self._used, self._trouble = {}, str(error)


def timestamp_ago(seconds: float) -> str:
    """The time so many seconds ago, as metadata holds it."""
    from datetime import UTC, datetime, timedelta

    return timestamp(datetime.now(UTC) - timedelta(seconds=seconds))


def read_store(state_dir: str) -> dict[str, Used]:
    """The entries that were used, by name in lower case. `StateError` for a store that is damaged."""
    path = os.path.join(state_dir, NAME)
    try:
        if not os.path.isdir(state_dir):
            return {}
        with atomic.open_folder(state_dir) as folder:
            raw = atomic.read(folder, NAME, limit=MOST_BYTES)
        if raw is None:
            return {}
        return _parse(raw)
    except FileReadError as error:
        raise StateError(str(error)) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise StateError(f"{path}: can't be read: move it away, and programs are learned anew") from None


def _parse(raw: bytes) -> dict[str, Used]:
    content = json.loads(raw)
    if content["schema"] != SCHEMA:
        raise ValueError("another schema")
    found = {}
    for entry, told in content["entries"].items():
        programs = {str(name): Use(**use) for name, use in told["programs"].items()}
        for use in programs.values():
            if not (isinstance(use.first, str) and isinstance(use.last, str) and type(use.count) is int):
                raise TypeError("of another type")
        if not isinstance(told["masked"], str):
            raise TypeError("of another type")
        found[str(entry)] = Used(told["masked"], programs)
    return found


def forget(state_dir: str, entry: str, program: str) -> bool:
    """Have a program be new to an entry again; False where it was."""
    gone = []

    def change(used: dict[str, Used]) -> None:
        before = used.get(entry.casefold(), Used())
        left = {name: use for name, use in before.programs.items() if name != program}
        gone.append(len(left) < len(before.programs))
        used[entry.casefold()] = Used(before.masked, left)

    change_store(state_dir, change)
    return gone[0]


def carry(state_dir: str, entry: str, new: str) -> None:
    """Have an entry's programs be known under another name too; whatever had that name before is forgotten."""
    if not os.path.exists(os.path.join(state_dir, NAME)):
        return

    def change(used: dict[str, Used]) -> None:
        used.pop(new.casefold(), None)
        if (known := used.get(entry.casefold())) is not None:
            used[new.casefold()] = known

    change_store(state_dir, change)


def drop(state_dir: str, entry: str) -> None:
    """Forget all of an entry."""
    if not os.path.exists(os.path.join(state_dir, NAME)):
        return

    def change(used: dict[str, Used]) -> None:
        used.pop(entry.casefold(), None)

    change_store(state_dir, change)


def change_store(state_dir: str, change: Callable[[dict[str, Used]], None]) -> None:
    """Read the store, have `change` change it, and write it. `StateError` where that can't be done."""
    try:
        with atomic.open_folder(state_dir) as folder, atomic.locked(folder, NAME, timeout=2.0):
            used = read_store(state_dir)
            change(used)
            atomic.replace(folder, NAME, _render(used), keep_previous=False)
    except KeywatchError as error:
        raise StateError(str(error)) from None


def _render(used: Mapping[str, Used]) -> bytes:
    entries = {}
    latest = sorted(used, key=lambda entry: max((use.last for use in used[entry].programs.values()), default=""))
    for entry in latest[-MOST_ENTRIES:]:
        programs = sorted(used[entry].programs.items(), key=lambda item: item[1].last)[-MOST_PROGRAMS:]
        entries[entry] = {"masked": used[entry].masked, "programs": {name: asdict(use) for name, use in programs}}
    return json.dumps({"schema": SCHEMA, "entries": entries}, indent=1).encode() + b"\n"

"""What one process of a sweep does: walks its units, passes every content through the engine, looks closer at hits.

Everything it says goes out as messages that hold no secret: sightings, skips, counts, and the files found clean.
"""

from __future__ import annotations

import os
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from keywatch.defaults import ARCHIVE_DEPTH, MAX_FILE_SIZE
from keywatch.places.magic import is_packed
from keywatch.places.read import open_place, why_not
from keywatch.places.walk import Walk
from keywatch.sweep.units import Unit

TYPE_CHECKING = False  # every sweep waits for this module
if TYPE_CHECKING:
    from keywatch.detect.engine import Buffer
    from keywatch.model import Place
    from keywatch.places.base import Target
    from keywatch.state import FolderKey
    from keywatch.sweep.crew import Emit
    from keywatch.sweep.opening import Opening
    from keywatch.sweep.ruleset import RuleSet

#: for developers: a defect shows its traceback and ends the worker
DEBUG = bool(os.environ.get("KEYWATCH_DEBUG"))


class Tools(NamedTuple):
    """What every worker of a sweep is given. Without `rules` a worker loads keywatch's own when it needs them."""

    units: Sequence[Unit]
    key: bytes
    under: str
    cache: str | None
    rules: RuleSet | None = None
    known: Mapping[FolderKey, bytes] = {}
    remember: bool = True
    max_size: int = MAX_FILE_SIZE
    archive_depth: int = ARCHIVE_DEPTH
    excluded: Callable[[str, str], bool] | None = None
    no_entry: frozenset[int] = frozenset()
    contents: Sequence[tuple[Place, bytes]] = ()


class SweepWorker:
    """One process's part of a sweep."""

    def __init__(self, tools: Tools, emit: Emit, crashed: frozenset[str]) -> None:
        self._tools = tools
        self._emit = emit
        self._crashed = crashed
        self._scan: Callable[[Buffer], int] | None = None
        self._rules = tools.rules
        self._targets: dict[str, Target] = {}
        self._opening: Opening | None = None
        self._walk = Walk(
            scan=self.scan,
            visitor=self,
            is_packed=is_packed,
            known=tools.known,
            remember=tools.remember,
            max_size=tools.max_size,
            excluded=tools.excluded,
            no_entry=tools.no_entry,
        )

    def do(self, unit: int) -> None:
        """Sweep one unit, and report its counts and clean files."""
        work = self._tools.units[unit] if unit < len(self._tools.units) else None
        if work is None:
            self._contents()
        elif work.targets:
            self._files(work.targets)
        else:
            self._walk.tree(work.path, recursive=work.recursive)
        walk = self._walk
        dropped = self._opening.examiner.dropped if self._opening is not None else {}
        self._emit(
            {
                "counts": [walk.files, walk.size, walk.cached],
                "dropped": dict(dropped),
                "clean": [[*key, b2a_base64(records, newline=False).decode()] for key, records in walk.clean.items()],
            }
        )
        walk.files = walk.size = walk.cached = 0
        walk.clean.clear()
        dropped.clear()

    def _files(self, targets: Sequence[Target]) -> None:
        """Files by name: the well-known places, and files that were asked for."""
        self._targets = {target.path: target for target in targets}
        for target in targets:
            try:
                fd = open_place(target.path)
            except FileNotFoundError:
                if target.asked:
                    self.skip(target.path, "no such file or folder")
                continue
            except OSError as error:
                self.skip(target.path, why_not(error))
                continue
            try:
                self._walk.descriptor(fd, target.path)
            except OSError as error:
                self.skip(target.path, why_not(error))
            finally:
                os.close(fd)
        self._targets = {}

    def _contents(self) -> None:
        """Texts that are no files: standard input, environments of processes."""
        for place, data in self._tools.contents:
            self._walk.files += 1
            self._walk.size += len(data)
            self._closer().content(data, place)

    def scan(self, data: memoryview | bytes) -> int:
        """The engine's verdict; the engine is loaded when the first content asks for it."""
        if self._scan is None:
            self._scan = self._walk.scan = self._load_engine()
        return self._scan(data)

    def _load_engine(self) -> Callable[[Buffer], int]:
        """The engine alone where it is kept: most contents have nothing in them, and need no rule."""
        tools = self._tools
        if self._rules is None and tools.cache:
            from keywatch.sweep.enginefile import load_engine

            if (engine := load_engine(tools.cache, tools.key, tools.under)) is not None:
                return engine.scan
        return self._load_rules().engine(tools.cache, tools.key).scan

    def _load_rules(self) -> RuleSet:
        if self._rules is None:
            from keywatch.sweep.ruleset import RuleSet

            self._rules = RuleSet(under=self._tools.under)
        return self._rules

    def _closer(self) -> Opening:
        """What looks closer: a second sweep of what is clean never needs it, nor half of what it imports."""
        if self._opening is None:
            from keywatch.places.catalogue import describe
            from keywatch.places.unpack import Limits
            from keywatch.sweep.examine import Examiner
            from keywatch.sweep.opening import Opening
            from keywatch.sweep.sighting import to_message

            tools, emit = self._tools, self._emit
            examiner = Examiner(tools.key, self._load_rules(), lambda seen: emit({"seen": to_message(seen)}), self.skip)
            self._opening = Opening(examiner, self.scan, self.skip, Limits(depth=tools.archive_depth), describe)
        return self._opening

    def examine(self, path: str, fd: int, info: os.stat_result, mask: int) -> bool:
        """A closer look at a file; True when nothing was found and all of it could be read."""
        if path in self._crashed:
            return False
        if not mask and self._closer().is_plainly_clean(fd, info.st_size):
            return True
        self._emit({"on": path})
        from functools import partial

        from keywatch.sweep.sighting import FileFacts

        facts = FileFacts(info.st_mode, info.st_uid, info.st_gid, info.st_dev, info.st_ino, info.st_mtime)
        try:
            return self._closer().file(fd, info.st_size, mask, path, partial(self._place, path), facts)
        except (OSError, MemoryError) as error:
            self.skip(path, why_not(error) if isinstance(error, OSError) else "too large for memory")
        except Exception as error:
            if DEBUG:
                raise
            self._emit({"failed": [path, type(error).__name__]})
        return False

    def _place(self, path: str) -> Place:
        from keywatch.model import Place
        from keywatch.places.catalogue import describe

        target = self._targets.get(path)
        if target is not None and target.format:
            return Place(path, (), target.format, "", target.consumer)
        format_name, consumer = describe(path)
        return Place(path, (), format_name, "", consumer)

    def skip(self, path: str, why: str) -> None:
        """Something could not be read."""
        self._emit({"skip": [path, why]})

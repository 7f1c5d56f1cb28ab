"""A sweep, whole: where to look, read, match, detect, judge. `sweep` is the page to read; each step is one call.

Trees are cut into units and shared out to worker processes; what they see comes back without any secret. Findings are
judged at the end, when it is known at how many places each key lies.
"""

from __future__ import annotations

import datetime
import os
import time
from binascii import a2b_base64
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from keywatch.errors import StateError
from keywatch.model import Skipped, Summary, SweepResult
from keywatch.paths import Homes, installation_key, own_homes
from keywatch.places.base import Target
from keywatch.request import Interrupted, SweepRequest
from keywatch.state import FolderKey, State
from keywatch.suppress import INLINE, ran_out, suppress
from keywatch.sweep.crew import run_crew
from keywatch.sweep.looking import Asked, choose
from keywatch.sweep.stamp import stamp
from keywatch.sweep.units import plan_units, processors
from keywatch.sweep.worker import SweepWorker, Tools

if TYPE_CHECKING:
    from keywatch.sweep.ahead import Ahead
    from keywatch.sweep.crew import Emit, Message
    from keywatch.sweep.ruleset import RuleSet
    from keywatch.sweep.sighting import Places, Sighting

    #: gives, for identities of credentials, the places (path, steps inside) at which they are known to lie
    Elsewhere = Callable[[Iterable[str]], Places]

#: called now and then with what is being read, and the counts of files read and sightings so far
Progress = Callable[[str, int, int], None]


def sweep(request: SweepRequest, progress: Progress | None = None, ahead: Ahead | None = None) -> SweepResult:
    """Sweep what is asked for. What can't be read is in the result's `skipped`, never an error.

    `ahead` has begun with the trees.
    """
    result = _sweep(request, choose(request), progress, ahead=ahead)
    _remember_totals(result, own_homes().state)
    return result


@dataclass(frozen=True, slots=True)
class Kit:
    """What a sweep needs before it reads anything: who keeps it spares the next one from loading it again."""

    homes: Homes
    key: bytes
    rules: RuleSet
    notes: tuple[str, ...] = ()


def prepare(request: SweepRequest) -> Kit:
    """The installation's key and the rules that `request` names."""
    from keywatch.sweep.ruleset import load_rules

    homes = own_homes()
    rules, notes = load_rules(request.rules_files)
    return Kit(homes, installation_key(homes.state), rules, notes)


def sweep_files(
    request: SweepRequest,
    targets: Sequence[Target],
    kit: Kit,
    *,
    elsewhere: Elsewhere | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """Sweep exactly these files, whatever `request` says of paths: what the daemon does with files that changed.

    A target that is not there is no finding and no error. `elsewhere` gives the places at which credentials are
    known to lie besides: they count when a finding is judged. `request.use_cache` does not matter: every file is read.
    """
    asked = Asked(targets=list(targets))
    return _sweep(replace(request, use_cache=False, jobs=1), asked, progress, kit=kit, elsewhere=elsewhere)


def _sweep(
    request: SweepRequest,
    asked: Asked,
    progress: Progress | None,
    *,
    ahead: Ahead | None = None,
    kit: Kit | None = None,
    elsewhere: Elsewhere | None = None,
) -> SweepResult:
    begun = ahead.begun if ahead is not None else time.perf_counter()
    homes = kit.homes if kit is not None else own_homes()
    gathered = _Gathered(progress=progress)
    gathered.skipped += asked.skipped
    try:
        if request.rules_files:
            kit = kit or prepare(request)
        if ahead is not None:
            under, known = ahead.under, ahead.known
            asked.trees.clear()
        else:
            under = kit.rules.under if kit is not None else stamp()
            known = _known(homes.state, under, gathered) if request.use_cache else None
        if asked.trees or asked.targets or asked.contents:
            _read(request, _tools(request, asked, known, homes, under, kit), gathered)
        if ahead is not None:
            ahead.listen(gathered.take)
        if known is not None:
            gathered.save(homes.state, under, known)
    except KeyboardInterrupt:
        raise Interrupted(_result(request, gathered, kit, asked, begun, elsewhere)) from None
    return _result(request, gathered, kit, asked, begun, elsewhere)


def _tools(
    request: SweepRequest,
    asked: Asked,
    known: Mapping[FolderKey, bytes] | None,
    homes: Homes,
    under: str,
    kit: Kit | None,
) -> Tools:
    """What the workers are given. Without a kit they load keywatch's own rules when they need them."""
    return Tools(
        units=plan_units(asked.trees, asked.targets, _jobs(request)),
        key=kit.key if kit is not None else installation_key(homes.state),
        under=under,
        rules=kit.rules if kit is not None else None,
        cache=homes.cache,
        known=known or {},
        remember=known is not None,
        max_size=request.max_size,
        archive_depth=request.config.sweep.archive_depth,
        excluded=asked.excluded,
        no_entry=asked.no_entry,
        contents=asked.contents,
    )


def _read(request: SweepRequest, tools: Tools, gathered: _Gathered) -> None:
    """Have a crew read the units, and the contents that are no files."""

    def start(emit: Emit, crashed: frozenset[str]) -> SweepWorker:
        return SweepWorker(tools, emit, crashed)

    run_crew(len(tools.units) + bool(tools.contents), start, _jobs(request), gathered.take)


def scope_of(request: SweepRequest) -> str:
    """What is swept, by a name under which sweeps of different days compare; empty where they do not.

    Paths, standard input and a baseline make a sweep of its own kind.
    """
    if request.paths or request.stdin is not None or request.baseline is not None:
        return ""
    return ("home" if request.home else "well-known") + ("+processes" if request.processes else "")


def _remember_totals(result: SweepResult, folder: str) -> None:
    """Note how many keys there are today; where that can't be, the sweep is as good without."""
    if not result.scope:
        return
    from keywatch.totals import add_up

    try:
        with State(folder) as state:
            state.save_totals(result.scope, add_up(result.findings, local_day(result.swept)))
    except StateError as error:
        if str(error) not in result.notes:
            result.notes = (*result.notes, str(error))


def local_day(swept: float) -> str:
    """The day of that time where this machine stands, as `YYYY-MM-DD`."""
    return datetime.datetime.fromtimestamp(swept).astimezone().date().isoformat()


def _jobs(request: SweepRequest) -> int:
    """How many workers: none but this process for the few well-known places, one a processor for trees."""
    if not (request.paths or request.home):
        return 1
    return request.jobs or processors()


def _known(folder: str, under: str, gathered: _Gathered) -> dict[FolderKey, bytes] | None:
    """What is remembered as clean; None where it can't be: then the sweep reads everything."""
    try:
        with State(folder) as state:
            return state.load_clean(under)
    except StateError as error:
        gathered.notes.append(str(error))
        return None


@dataclass(slots=True)
class _Gathered:
    """What the workers' messages add up to."""

    progress: Progress | None = None
    seen: list[Sighting] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    clean: dict[FolderKey, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    allowed: int = 0
    files: int = 0
    size: int = 0
    cached: int = 0

    def take(self, message: Message) -> None:
        """One message of a worker."""
        if "seen" in message:
            from keywatch.sweep.sighting import from_message

            sighting = from_message(message["seen"])
            if sighting.allowed:
                self.allowed += 1
            else:
                self.seen.append(sighting)
        elif "skip" in message:
            self.skipped.append(Skipped(*message["skip"]))
        elif "counts" in message:
            files, size, cached = message["counts"]
            self.files, self.size, self.cached = self.files + files, self.size + size, self.cached + cached
            self.dropped.update(message["dropped"])
            for dev, ino, records in message["clean"]:
                self.clean[dev, ino] = a2b_base64(records)
        elif "failed" in message:
            path, kind = message["failed"]
            why = f"keywatch failed here ({kind}): please report this"
            self.skipped.append(Skipped(path, why, asked=True))
        elif "crashed" in message:
            path = message["crashed"] or "a worker"
            self.skipped.append(Skipped(path, f"crashed its reader (status {message['status']})", asked=True))
        elif "undone" in message:
            self.skipped.append(Skipped("part of the sweep", "given up after too many crashes", asked=True))
        if self.progress is not None:
            self.progress(message.get("on", ""), self.files, len(self.seen))

    def save(self, folder: str, under: str, known: Mapping[FolderKey, bytes]) -> None:
        """Remember what was clean; a database that can't be written only costs the next sweep time."""
        changed = {key: blob for key, blob in self.clean.items() if known.get(key) != blob}
        if not changed:
            return
        try:
            with State(folder) as state:
                state.save_clean(under, changed)
        except StateError as error:
            self.notes.append(str(error))


def _result(
    request: SweepRequest,
    gathered: _Gathered,
    kit: Kit | None,
    asked: Asked,
    begun: float,
    elsewhere: Elsewhere | None,
) -> SweepResult:
    """Everything judged, suppressed and added up."""
    findings = []
    if gathered.seen:
        kit = kit or prepare(request)
        from keywatch.sweep.judge import judge_all
        from keywatch.sweep.uses import known_uses

        known = elsewhere({sighting.identity for sighting in gathered.seen}) if elsewhere is not None else {}
        findings = judge_all(gathered.seen, kit.rules.rules, time.time(), known, known_uses(kit.homes))
    today = datetime.datetime.now().astimezone().date()
    findings, suppressed = suppress(findings, request.ignore, request.baseline, today)
    if gathered.allowed:
        suppressed[INLINE] = gathered.allowed
    return SweepResult(
        findings=findings,
        dropped=dict(sorted(gathered.dropped.items())),
        skipped=sorted(gathered.skipped, key=lambda s: (not s.asked, s.path)),
        summary=Summary(gathered.files, gathered.size, round(time.perf_counter() - begun, 4), gathered.cached),
        places=asked.places,
        notes=(*(kit.notes if kit is not None else ()), *gathered.notes, *asked.notes, *ran_out(request.ignore, today)),
        suppressed=suppressed,
        machine=os.uname().nodename,
        swept=time.time(),
        scope=scope_of(request),
    )

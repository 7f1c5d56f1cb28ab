"""Where a sweep looks: from what was asked for to trees, files by name, and contents that are no files.

Without a path: the well-known places of this user, and what this user may read of the system's; as root, those of every
account. Nothing is opened here.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from keywatch.globs import covers
from keywatch.model import Place, Skipped
from keywatch.paths import real_path
from keywatch.places.base import Target
from keywatch.places.read import why_not, why_not_regular
from keywatch.places.walk import mounted_kernel_devices
from keywatch.request import SweepRequest

#: the walk of a home for files like .env stops after so many seconds, and says so
ENV_WALK_SECONDS = 0.15


@dataclass(slots=True)
class Asked:
    """What a sweep reads. `places` says it to a person; `contents` are texts that are no files."""

    trees: list[str] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    contents: list[tuple[Place, bytes]] = field(default_factory=list)
    places: tuple[str, ...] = ()
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    excluded: Callable[[str, str], bool] | None = None
    no_entry: frozenset[int] = frozenset()


def choose(request: SweepRequest) -> Asked:
    """What `request` asks to be read."""
    asked = Asked()
    named: list[str] = []
    for path in request.paths:
        _take_path(asked, path, named)
    if request.home:
        home = os.path.expanduser("~")
        _take_path(asked, home, named)
    if request.stdin is not None:
        asked.contents.append((Place("<stdin>", (), "text", "", ""), request.stdin))
        named.append("standard input")
    if request.processes:
        _take_processes(asked)
        named.append("environments of running processes")
    if not named and not request.paths:
        _take_well_known(asked, request, named)
    asked.places = tuple(named)
    if asked.trees:
        asked.no_entry = mounted_kernel_devices()
        if request.config.sweep.skip:
            asked.excluded = _excluder(request.config.sweep.skip)
    return asked


def _take_path(asked: Asked, path: str, named: list[str]) -> None:
    """A tree or a file that the person named; the name itself may be a link."""
    full = os.path.abspath(path)
    try:
        mode = os.stat(full).st_mode
    except OSError as error:
        asked.skipped.append(Skipped(full, why_not(error), asked=True))
        return
    if stat.S_ISDIR(mode):
        if (real := real_path(full)) not in asked.trees:
            asked.trees.append(real)
    elif stat.S_ISREG(mode):
        asked.targets.append(Target(full, asked=True))
    else:
        asked.skipped.append(Skipped(full, why_not_regular(mode) or "not a file", asked=True))
        return
    named.append(full)


def _take_processes(asked: Asked) -> None:
    from keywatch.places.processes import environments

    for environment in environments():
        place = Place(environment.place, (), "environment", environment.username, environment.name)
        asked.contents.append((place, environment.content))


def _take_well_known(asked: Asked, request: SweepRequest, named: list[str]) -> None:
    from keywatch.places.accounts import accounts
    from keywatch.places.catalogue import home_targets, system_targets
    from keywatch.places.crontab import own_crontab

    root = os.geteuid() == 0
    own = os.path.expanduser("~")
    homes = [own]
    if root:
        homes += [account.home for account in accounts() if real_path(account.home) != real_path(own)]
    asked.targets += system_targets()
    if not root and (crontab := own_crontab()) is not None:
        asked.contents.append(crontab)
    for home in homes:
        asked.targets += home_targets(home, dict(os.environ) if home == own else None)
        _take_env_files(asked, request, home)
        named.append(f"well-known places of {home}")
    named.append("well-known places of the system")
    unique = {target.path: target for target in reversed(asked.targets)}
    asked.targets = sorted(unique.values(), key=lambda target: target.path)


def _take_env_files(asked: Asked, request: SweepRequest, home: str) -> None:
    from keywatch.places.envwalk import walk_env_files

    end = time.monotonic() + ENV_WALK_SECONDS
    found = walk_env_files(home, depth=request.config.sweep.home_depth, expired=lambda: time.monotonic() > end)
    asked.targets += found.targets
    asked.notes += found.notes


def _excluder(globs: tuple[str, ...]) -> Callable[[str, str], bool]:
    return lambda folder, name: any(covers(glob, f"{folder}/{name}") for glob in globs)

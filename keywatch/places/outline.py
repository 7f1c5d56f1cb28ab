"""The catalogue seen from its folders: which folders its places can appear in, and what a name in one of them would be.

What a sweep asks once for all that is there, the daemon asks for one folder or one name at a time, also for what is not
there yet. Reads names only.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from keywatch.places.base import Target
from keywatch.places.catalogue import (
    DEEP,
    MOST,
    Node,
    files_named,
    folders_named,
    matching,
    row_of,
    target_of,
    tree_of,
)
from keywatch.places.envwalk import is_heavy, is_wanted


@dataclass(frozen=True, slots=True)
class Spot:
    """A folder that places can appear in, by the name it is reached by.

    `node` is what the catalogue says of it. `level` is how many folders below a home it is searched for projects'
    files such as .env, `most` the deepest that is; -1: it is not.
    """

    path: str
    node: Node = field(repr=False)
    home: str = ""
    follow: bool = True
    depth: int = 0
    level: int = -1
    most: int = 0
    device: int = -1

    @property
    def optional(self) -> bool:
        """True when it is here for projects' files only."""
        return self.level > 0 and not (self.node.exact or self.node.wild or self.node.deep)


@dataclass(slots=True)
class Survey:
    """What stands in a folder, or would: files to read, folders to go on in, and names that are links."""

    targets: dict[str, Target] = field(default_factory=dict)
    below: list[Spot] = field(default_factory=list)
    links: set[str] = field(default_factory=set)


def starting_spots(home: str, env: Mapping[str, str] | None, depth: int) -> tuple[list[Spot], list[Target]]:
    """The folders at which the places of `home` begin, and files that variables name. `env`: the caller's own."""
    try:
        device = os.stat(home).st_dev
    except OSError:
        device = -1
    spots = [Spot(home, tree_of("home"), home, follow=env is not None, level=0, most=depth, device=device)]
    spots += [Spot(folder, node, home) for folder, node in folders_named(home, env or {})]
    return spots, list(files_named(env or {}))


def system_spots(root: str = "/") -> list[Spot]:
    """The folder at which the system's places begin."""
    return [Spot(root, tree_of("system"))]


def survey(spot: Spot) -> Survey:
    """All of one folder. Empty where it can't be listed."""
    found = Survey()
    try:
        with os.scandir(spot.path) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return found
    projects = spot.level >= 0 and not any(entry.name == "pyvenv.cfg" for entry in listed)
    taken: dict[int, int] = {}
    for entry in listed:
        link = entry.is_symlink()
        try:
            folder = entry.is_dir()
        except OSError:
            folder = False
        _take(found, spot, entry.name, folder=folder, link=link, taken=taken, projects=projects)
    return found


def survey_name(spot: Spot, name: str) -> Survey:
    """The same for one name, there or not."""
    found = Survey()
    path = _join(spot.path, name)
    try:
        link = stat.S_ISLNK(os.lstat(path).st_mode)
        folder = os.path.isdir(path)
    except OSError:
        link = folder = False
    _take(found, spot, name, folder=folder, link=link, taken={}, projects=spot.level >= 0)
    return found


def _take(
    found: Survey, spot: Spot, name: str, *, folder: bool, link: bool, taken: dict[int, int], projects: bool
) -> None:
    path = _join(spot.path, name)
    if not folder:
        for target in _files(spot, name, path, taken):
            found.targets.setdefault(path, target)
        if projects and path not in found.targets and is_wanted(name):
            found.targets[path] = Target(path)
    else:
        found.below += _folders(spot, name, path, link=link)
        if projects and not link and spot.level < spot.most and not is_heavy(name) and _device(path) == spot.device:
            found.below.append(Spot(path, Node(), spot.home, level=spot.level + 1, most=spot.most, device=spot.device))
    if link and _may_lead_to_place(spot, name, path, projects):
        found.links.add(path)


def _files(spot: Spot, name: str, path: str, taken: dict[int, int]) -> Iterator[Target]:
    for child in matching(spot.node, name):
        row = row_of(child, name, spot.node)
        if row is not None:
            taken[id(child)] = taken.get(id(child), 0) + 1
            if taken[id(child)] <= MOST:
                yield target_of(path, row)


def _may_lead_to_place(spot: Spot, name: str, path: str, projects: bool) -> bool:  # noqa: FBT001
    """Whether a link of that name matters: what it leads to may be a file, a folder or nothing, and may change."""
    if (projects and is_wanted(name)) or any(True for _ in _files(spot, name, path, {})):
        return True
    return any(True for _ in _folders(spot, name, path, link=True))


def _folders(spot: Spot, name: str, path: str, *, link: bool) -> Iterator[Spot]:
    for child in matching(spot.node, name):
        if (child.exact or child.wild or child.deep) and (spot.follow or not link):
            yield Spot(path, child, spot.home, follow=spot.follow)
    deep = spot.node.deep
    if deep is not None and spot.depth < DEEP and not link:
        node = Node(deep.rows, deep.exact, deep.wild, deep)
        yield Spot(path, node, spot.home, follow=False, depth=spot.depth + 1)


def _device(path: str) -> int:
    try:
        return os.stat(path, follow_symlinks=False).st_dev
    except OSError:
        return -2


def _join(folder: str, name: str) -> str:
    return f"/{name}" if folder == "/" else f"{folder}/{name}"

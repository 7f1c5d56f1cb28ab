"""The units of this machine as files: a unit's drop-ins, its user, and which units read a file of variables.

Reads names and the files of units' folders; asks no systemd, so it needs none that runs.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass

from keywatch.errors import CannotMoveError
from keywatch.formats.systemd import Setting, each_setting
from keywatch.places.read import OPEN_FLAGS

#: systemd.unit(5), those that hold files of persons and packages, strongest first
FOLDERS = ["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"]
_MOST = 1 << 20
_MOST_UNITS = 5_000
_UNIT = re.compile(r"(?P<folder>.*)/(?P<name>[^/]+\.service)(?P<drop>\.d/[^/]+\.conf)?")


@dataclass(frozen=True, slots=True)
class Unit:
    """A service: its name, the file that was asked about, the folder that a drop-in for it goes into, its user.

    `commands` are its Exec settings as they count today. `later_drop_ins` come after keywatch's.
    """

    name: str
    path: str
    drop_ins: str
    user: str
    of_user: bool
    commands: tuple[Setting, ...]
    later_drop_ins: tuple[str, ...]


def unit_of(path: str) -> Unit:
    """The service that a unit file or a drop-in belongs to."""
    found = _UNIT.fullmatch(path)
    if found is None:
        raise CannotMoveError(f"{path}: not a service, and its key can't be given to one", "change it by hand")
    name, folder = found["name"], found["folder"]
    of_user = re.search(r"/systemd/user\Z", folder) is not None
    # a package's own folder is not ours: what is ours for it goes where an admin's would
    home = FOLDERS[0] if folder in FOLDERS[2:] else folder
    whole = [folder] if of_user or folder not in FOLDERS else FOLDERS
    drops = sorted({each for one in whole for each in _listed(f"{one}/{name}.d", ".conf")}, key=os.path.basename)
    main = next((f"{one}/{name}" for one in whole if os.path.isfile(f"{one}/{name}")), path)
    settings = [each for one in (main, *drops) for each in each_setting(_content(one))]
    mine = "50-keywatch"
    return Unit(
        name,
        path,
        f"{home}/{name}.d",
        _user_of(settings),
        of_user,
        tuple(_commands(settings)),
        tuple(each for each in drops if os.path.basename(each) > mine and "50-keywatch-" not in each),
    )


def _user_of(settings: list[Setting]) -> str:
    user = "root"
    for each in settings:
        if each.section == "Service" and each.name == "User":
            user = each.value.decode("utf-8", "replace") or "root"
    return user


def _commands(settings: list[Setting]) -> list[Setting]:
    """The Exec settings that count: an empty one takes back those of its name before it."""
    found: list[Setting] = []
    for each in settings:
        if each.section == "Service" and re.fullmatch(r"Exec(?:Start|Stop|Reload|Condition)(?:Pre|Post)?", each.name):
            if each.value:
                found.append(each)
            else:
                found = [other for other in found if other.name != each.name]
    return sorted(found, key=lambda setting: setting.name)


def find_users(path: str) -> list[Unit]:
    """The system's services whose `EnvironmentFile=` is the file at `path`."""
    units: dict[str, Unit] = {}
    for file in _unit_files(tuple(FOLDERS)):
        content = _content(file)
        if b"EnvironmentFile" in content and any(_is(each, path) for each in each_setting(content)):
            unit = unit_of(file)
            units.setdefault(unit.name, unit)
    return list(units.values())


def _is(setting: Setting, path: str) -> bool:
    if setting.name != "EnvironmentFile":
        return False
    named = setting.value.decode("utf-8", "surrogateescape").lstrip("-")
    return named == path or os.path.realpath(named) == os.path.realpath(path)


def _unit_files(folders: tuple[str, ...]) -> tuple[str, ...]:
    """The services and their drop-ins; of a link in another folder (`enable`) only the file that it leads to."""
    found: list[str] = []
    for folder in folders:
        found += [path for path in _listed(folder, ".service") if not os.path.islink(path)]
        for drop_ins in _listed(folder, ".service.d"):
            found += _listed(drop_ins, ".conf")
    return tuple(found)


def _listed(folder: str, ending: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))[:_MOST_UNITS]
    except OSError:
        return []
    return [f"{folder}/{name}" for name in names if name.endswith(ending)]


def _content(path: str) -> bytes:
    """A unit's text; empty for what can't be read."""
    try:
        fd = os.open(path, OPEN_FLAGS)
    except OSError:
        return b""
    try:
        return os.read(fd, _MOST) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
    finally:
        os.close(fd)

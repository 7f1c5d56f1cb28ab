"""A bounded walk of a home for the files that projects keep beside their code: .env, .envrc, tfvars, compose files.

Breadth first, so that what lies near the top is found first; bounded in depth, entries and time, and never silent about
what it left out. Follows no link, leaves no file system, reads names only.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from keywatch.places.base import Target

MOST_ENTRIES = 50_000

_WANTED = (
    r"\.env(?:rc|[.\-_].*)?$|.*\.env$|.*\.tfvars(?:\.json)?$|(?:docker-)?compose.*\.ya?ml$|.*\.tfstate(?:\.backup)?$"
    r"|serverless.*\.ya?ml$|samconfig\.(?:toml|ya?ml)$|\.(?:npmrc|netrc|pypirc|s3cfg|boto|git-credentials|terraformrc|aider\.conf\.yml"
    r"|passwd-s3fs)$|credentials(?:\.csv)?$|.*accessKeys.*\.csv$|rootkey.*\.csv$|secrets?\.(?:ya?ml|json|toml|ini|env|auto\.tfvars)$"
    r"|\.dockercfg$|\.mcp\.json$|wrangler\.toml$|\.dev\.vars$|local\.settings\.json$"
)
#: trees of other people's files, large and rebuilt at will
_HEAVY = frozenset(
    (
        "node_modules", "bower_components", ".git", ".hg", ".svn", ".cache", ".npm", ".pnpm-store", ".yarn",
        ".rustup", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".gradle", ".m2",
        ".ivy2", ".nuget", ".pyenv", ".rbenv", ".nvm", ".local", ".steam", "Steam", ".wine", "Trash", ".Trash",
        "Library", "snap", ".var", "flatpak", ".vscode-server", ".vscode", ".cursor-server", ".mozilla",
        ".thunderbird", "site-packages", "dist-packages", ".terraform", "target", ".conda", "miniconda3",
        "anaconda3", ".android", ".cargo", ".ollama", ".docker", "go",
    )
)  # fmt: skip


def is_wanted(name: str) -> bool:
    """True for the name of a file that programs load keys from."""
    return re.match(_WANTED, name) is not None


def is_heavy(name: str) -> bool:
    """True for the name of a folder that is not searched."""
    return name in _HEAVY


@dataclass(slots=True)
class EnvFiles:
    """What the walk found, and sentences about what it left out."""

    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def walk_env_files(home: str, *, depth: int, expired: Callable[[], bool], most: int = MOST_ENTRIES) -> EnvFiles:
    """Files below `home` that programs load keys from. Stops when `expired` says so; the notes tell where."""
    found = EnvFiles()
    try:
        device = os.stat(home).st_dev
    except OSError:
        return found
    waiting = deque([(home, 0)])
    entries_seen = heavy = deep = 0
    while waiting:
        if expired() or entries_seen > most:
            bound = "time" if entries_seen <= most else f"{most:,} entries"
            found.notes.append(
                f"The search of {home} for .env files stopped at its bound ({bound}), with {len(waiting):,} folders "
                f"left: keywatch sweep --home reads them all"
            )
            return found
        folder, level = waiting.popleft()
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
            if level and os.stat(folder).st_dev != device:
                continue
        except OSError:
            continue
        entries_seen += len(listed)
        names = {entry.name for entry in listed}
        if "pyvenv.cfg" in names:
            heavy += 1
            continue
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                if entry.name in _HEAVY:
                    heavy += 1
                elif level >= depth:
                    deep += 1
                else:
                    waiting.append((entry.path, level + 1))
            elif is_wanted(entry.name):
                found.targets.append(Target(entry.path))
    if heavy or deep:
        folders = "folder" if heavy == 1 else "folders"
        left = [f"{heavy:,} {folders} of caches, packages and history"] if heavy else []
        left += [f"{deep:,} deeper than {depth}"] if deep else []
        found.notes.append(
            f"Not searched for .env files in {home}: {', '.join(left)}: keywatch sweep --home reads them all"
        )
    return found

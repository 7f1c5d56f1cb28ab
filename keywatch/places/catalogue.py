"""From the rows of the catalogue to files: those of a home, those of the system, and what any path is by its name.

Each folder is listed once, however many rows speak of it. Folders that are links are entered only for the caller's own
home. Reads names only; what the files hold is read elsewhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache

from keywatch.paths import real_path
from keywatch.places.base import Row, Target
from keywatch.places.rows import LEFTOVERS, ROWS

#: folders that `**` stands for, at most
DEEP = 3
#: files taken from one folder for one row: spools and transcripts may hold very many
MOST = 5_000
_WILD = re.compile(r"[*?\[]")

#: variables that say where a file is instead of its usual place, with its row's pattern
VARIABLES = {
    "AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials",
    "AWS_CONFIG_FILE": ".aws/config",
    "NETRC": ".netrc",
    "HISTFILE": ".bash_history",
    "PGPASSFILE": ".pgpass",
    "BOTO_CONFIG": ".boto",
    "RCLONE_CONFIG": ".config/rclone/rclone.conf",
    "BASH_ENV": ".bashrc",
    "ENV": ".shrc",
    "NPM_CONFIG_USERCONFIG": ".npmrc",
    "TF_CLI_CONFIG_FILE": ".terraformrc",
    "PIP_CONFIG_FILE": ".config/pip/pip.conf",
}
#: variables that name a folder, and the folder of the home that they stand for
FOLDERS = {
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_CACHE_HOME": ".cache",
    "ZDOTDIR": "",
    "DOCKER_CONFIG": ".docker",
    "CLAUDE_CONFIG_DIR": ".claude",
    "CODEX_HOME": ".codex",
    "CARGO_HOME": ".cargo",
    "GNUPGHOME": ".gnupg",
}


class Wild:
    """A step of a pattern that names many files. Most have one `*` and nothing else, and need no regular expression."""

    __slots__ = ("_after", "_before", "_pattern", "step")

    def __init__(self, step: str) -> None:
        self.step = step
        self._before, _, self._after = step.partition("*")
        self._pattern = re.compile(translate(step)) if _WILD.search(self._before + self._after) else None

    def matches(self, name: str) -> bool:
        """Whether `name` is meant; as in a shell, no `*` at the beginning means a hidden file."""
        if name.startswith(".") and self.step.startswith("*"):
            return False
        if self._pattern is not None:
            return self._pattern.match(name) is not None
        least = len(self._before) + len(self._after)
        return len(name) >= least and name.startswith(self._before) and name.endswith(self._after)


@dataclass(slots=True)
class Node:
    """One folder of the patterns' tree: rows that end here, and what comes below."""

    rows: list[Row] = field(default_factory=list)
    exact: dict[str, Node] = field(default_factory=dict)
    wild: list[tuple[Wild, Node]] = field(default_factory=list)
    deep: Node | None = None


def home_targets(home: str, env: Mapping[str, str] | None = None) -> list[Target]:
    """The files of the catalogue that are in `home`. With `env`, the caller's own, also where its variables point."""
    own = env is not None
    found = {target.path: target for target in _expand(tree_of("home"), home, home, follow=own)}
    for target in _pointed_to(home, env or {}):
        found.setdefault(target.path, target)
    return list(found.values())


def system_targets(root: str = "/") -> list[Target]:
    """The files of the catalogue's system rows below `root`."""
    return list({target.path: target for target in _expand(tree_of("system"), root, "", follow=True)}.values())


def _pointed_to(home: str, env: Mapping[str, str]) -> Iterator[Target]:
    yield from files_named(env)
    for folder, node in folders_named(home, env):
        yield from _expand(node, folder, home, follow=True)


def files_named(env: Mapping[str, str]) -> Iterator[Target]:
    """The files that variables of `env` name, whether they are there or not."""
    rows = {row.pattern: row for row in ROWS}
    for name, pattern in VARIABLES.items():
        if path := env.get(name):
            yield target_of(os.path.abspath(os.path.expanduser(path)), rows[pattern])
    for path in filter(None, env.get("KUBECONFIG", "").split(os.pathsep)):
        yield target_of(os.path.abspath(path), rows[".kube/config"])


def folders_named(home: str, env: Mapping[str, str]) -> Iterator[tuple[str, Node]]:
    """The folders that variables of `env` put in the place of folders of the home, with what rows say of them."""
    for name, usual in FOLDERS.items():
        folder = env.get(name, "")
        if os.path.isabs(folder) and real_path(folder) != real_path(os.path.join(home, usual)):
            node = tree_of("home")
            for step in filter(None, usual.split("/")):
                node = node.exact.get(step, Node())
            yield folder, node


def target_of(path: str, row: Row) -> Target:
    """The file `path` as `row` describes it."""
    return Target(path, row.format, row.consumer)


@cache
def tree_of(scope: str) -> Node:
    """The rows of `home` or `system` as a tree of folders."""
    top = Node()
    for row in ROWS:
        if row.scope != scope:
            continue
        node = top
        for step in row.pattern.strip("/").split("/"):
            node = _child(node, step)
        node.rows.append(row)
    return top


def _child(node: Node, step: str) -> Node:
    if step == "**":
        node.deep = node.deep or Node()
        return node.deep
    if not _WILD.search(step):
        return node.exact.setdefault(step, Node())
    for wild, child in node.wild:
        if wild.step == step:
            return child
    child = Node()
    node.wild.append((Wild(step), child))
    return child


def _expand(node: Node, folder: str, home: str, *, follow: bool, depth: int = 0) -> Iterator[Target]:
    """The files below `folder` that the rows of `node` and below it name."""
    try:
        with os.scandir(folder) as entries:
            listed = list(entries)
    except OSError:
        return
    taken: dict[int, int] = {}
    for entry in sorted(listed, key=lambda e: e.name):
        for child in matching(node, entry.name):
            row = row_of(child, entry.name, node)
            if row is not None and not entry.is_dir():
                taken[id(row)] = taken.get(id(row), 0) + 1
                if taken[id(row)] <= MOST:
                    yield target_of(entry.path, row)
            if (child.exact or child.wild or child.deep) and entry.is_dir(follow_symlinks=follow):
                yield from _expand(child, entry.path, home, follow=follow)
        if node.deep is not None and depth < DEEP and entry.is_dir(follow_symlinks=False):
            deeper = Node(node.deep.rows, node.deep.exact, node.deep.wild, node.deep)
            yield from _expand(deeper, entry.path, home, follow=False, depth=depth + 1)


def matching(node: Node, name: str) -> Iterator[Node]:
    """The children that speak of `name`, or of the file that `name` is a leftover of; the most telling first."""
    if (child := node.exact.get(name)) is not None:
        yield child
    else:
        leftovers = (node.exact.get(original) for original in originals_of(name))
        if (child := next((each for each in leftovers if each is not None and each.rows), None)) is not None:
            yield child
    for wild, child in node.wild:
        if wild.matches(name):
            yield child


def row_of(child: Node, name: str, node: Node) -> Row | None:
    """The row that a file `name` is of, where `child` is what `matching(node, name)` gave; a leftover has no reader."""
    if not child.rows:
        return None
    row = child.rows[0]
    return row if name in node.exact or not originals_of(name) else Row(row.pattern, row.format, "nobody (a leftover)")


_ENDS = tuple({after for _, after in LEFTOVERS})


def originals_of(name: str) -> list[str]:
    """The names of files that `name` may be an editor's or a package tool's copy of."""
    if not name.endswith(_ENDS):  # nearly every name
        return []
    return [
        name[len(before) : len(name) - len(after)]
        for before, after in LEFTOVERS
        if name.endswith(after) and name.startswith(before) and len(name) > len(before) + len(after)
    ]


_EXTENSIONS = {
    ".sh": "shell", ".bash": "shell", ".zsh": "shell", ".ksh": "shell", ".fish": "fish", ".csh": "csh",
    ".tcsh": "csh", ".json": "json", ".jsonl": "json", ".ndjson": "json", ".jsonc": "json", ".json5": "json",
    ".ipynb": "json", ".tfstate": "json", ".har": "json", ".yml": "yaml", ".yaml": "yaml", ".toml": "toml",
    ".tf": "hcl", ".tfvars": "hcl", ".hcl": "hcl", ".nomad": "hcl", ".ini": "ini", ".cfg": "ini", ".cnf": "ini",
    ".conf": "ini", ".properties": "ini", ".desktop": "ini", ".xml": "xml", ".plist": "xml", ".config": "xml",
    ".csproj": "xml", ".csv": "csv", ".tsv": "csv", ".env": "dotenv", ".service": "systemd", ".socket": "systemd",
    ".timer": "systemd", ".container": "systemd",
}  # fmt: skip
_NAMED = re.compile(r"\.env(?:rc)?(?:[.\-_].*)?$|crontab|credentials$|docker-compose.*\.ya?ml$")


@cache
def _by_last_step() -> tuple[dict[str, list[tuple[tuple[str, ...], Row]]], list[tuple[re.Pattern[str], Row]]]:
    exact: dict[str, list[tuple[tuple[str, ...], Row]]] = {}
    wild: list[tuple[re.Pattern[str], Row]] = []
    for row in ROWS:
        steps = tuple(row.pattern.strip("/").split("/"))
        if not _WILD.search(row.pattern):
            exact.setdefault(steps[-1], []).append((steps[:-1], row))
        elif steps[0].startswith(".") or (row.format != "text" and (len(steps) > 1 or not steps[0].startswith("*"))):
            source = "/".join(
                re.sub(r"^\(\?s:|\)\\Z$|\)\\z$", "", translate(step)).replace(".*", "[^/]*") for step in steps
            )
            wild.append((re.compile(rf"(?:.*/)?{source}\Z", re.DOTALL), row))
    for rows in exact.values():
        rows.sort(key=lambda item: -len(item[0]))
    return exact, wild


def describe(path: str) -> tuple[str, str]:
    """The format of any path, by its name and its folders' names, and what reads it, if the catalogue knows."""
    folder, _, name = path.rpartition("/")
    exact, wild = _by_last_step()
    for candidate in (name, *originals_of(name)):
        for parents, row in exact.get(candidate, ()):
            if not parents or folder.endswith("/".join(parents)):
                return row.format, row.consumer if candidate == name else "nobody (a leftover)"
        whole = f"{folder}/{candidate}"
        for pattern, row in wild:
            if pattern.match(whole):
                return row.format, row.consumer if candidate == name else "nobody (a leftover)"
        extension = os.path.splitext(candidate)[1].lower()
        if extension in _EXTENSIONS:
            return _EXTENSIONS[extension], ""
    return "text", ""

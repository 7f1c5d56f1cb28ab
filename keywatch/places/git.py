"""Whether git tracks a file, ignores it, or has pushed it. Never changes a repository, nor runs what it asks for.

Tracked: by reading .git/index directly (gitformat-index(5)). Pushed and ignored: by `git` itself, only in repositories
that the caller owns, and with everything switched off by which a repository's own configuration could start a program
or open a connection. What can't be told cheaply and safely is left unsaid.
"""

from __future__ import annotations

import os
import re
import stat
import time
from dataclasses import dataclass
from typing import Literal

Answer = Literal["", "untracked", "ignored", "tracked", "pushed"]

_MAX_LEVELS = 64
_MAX_INDEX = 48 << 20
_MAX_ENTRIES = 300_000
_MAX_NAMES = 32 << 20
#: seconds that one question, and all questions of one sweep, may take
_PATIENCE = 1.0
_BUDGET = 5.0

#: `-c` beats every configuration file; each of these could start a program, or slow the answer down
_SAFE = (
    "--no-pager",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "log.showSignature=false",
    "-c",
    "protocol.allow=never",
)
_SAFE_ENV = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone would fetch what is missing
    "GIT_ALLOW_PROTOCOL": "none",  # and with older gits, by no protocol
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """A working tree: its top folder, its git folder, and the one that holds its refs."""

    top: str
    git_dir: str
    common_dir: str


class Git:
    """Answers for the files of one sweep; keeps what it read of each repository."""

    def __init__(self, program: str = "git", uid: int | None = None) -> None:
        """`program` empty: `git` is never started."""
        self._program = program
        self._uid = os.geteuid() if uid is None else uid
        self._repositories: dict[str, Repository | None] = {}
        self._tracked: dict[str, frozenset[bytes] | None] = {}
        self._answers: dict[str, Answer] = {}
        self._left = _BUDGET

    def of(self, path: str) -> Answer:
        """What git has to do with `path`, an absolute path without links in its folders. Empty: nothing, or unknown."""
        if path not in self._answers:
            self._answers[path] = self._ask(path)
        return self._answers[path]

    def _ask(self, path: str) -> Answer:
        repository = self.repository(os.path.dirname(path))
        if repository is None:
            return ""
        name = path[len(repository.top.rstrip("/")) + 1 :]
        if name.split("/", 1)[0] == ".git":
            return ""  # the repository's own files are never in it
        tracked = self._names(repository)
        if tracked is None:
            return ""
        if os.fsencode(name) in tracked:
            return "pushed" if self._pushed(repository, name) else "tracked"
        # `./`: a name that begins with a colon would be read as pathspec magic, and check-ignore takes no literals
        match self._run(repository, "check-ignore", "--quiet", "--", f"./{name}"):
            case 0, _:
                return "ignored"
            case 1, _:
                return "untracked"
        return ""

    def repository(self, folder: str) -> Repository | None:
        """The repository whose working tree `folder` lies in."""
        asked: list[str] = []
        found: Repository | None = None
        for _ in range(_MAX_LEVELS):
            if folder in self._repositories:
                found = self._repositories[folder]
                break
            asked.append(folder)
            found = open_repository(folder)
            above = os.path.dirname(folder)
            if found is not None or above == folder:
                break
            folder = above
        self._repositories.update(dict.fromkeys(asked, found))
        return found

    def _names(self, repository: Repository) -> frozenset[bytes] | None:
        if repository.git_dir not in self._tracked:
            if len(self._tracked) >= 4:  # bounded memory: findings come folder by folder
                self._tracked.pop(next(iter(self._tracked)))
            index = _read(os.path.join(repository.git_dir, "index"), _MAX_INDEX)
            config = _read(os.path.join(repository.common_dir, "config"), 1 << 20) or b""
            sha256 = re.search(rb"(?i)objectformat[ \t]{0,8}=[ \t]{0,8}sha256", config)
            # a repository without an index has nothing added yet
            names = frozenset[bytes]() if index is None else tracked_names(index, 32 if sha256 else 20)
            self._tracked[repository.git_dir] = names
        return self._tracked[repository.git_dir]

    def _pushed(self, repository: Repository, name: str) -> bool:
        packed = _read(os.path.join(repository.common_dir, "packed-refs"), 16 << 20) or b""
        try:
            remotes = bool(os.listdir(os.path.join(repository.common_dir, "refs/remotes")))
        except OSError:
            remotes = False
        if not remotes and b" refs/remotes/" not in packed:
            return False
        code, out = self._run(repository, "--literal-pathspecs", "rev-list", "--remotes", "--max-count=1", "--", name)
        return code == 0 and len(out.strip()) in (40, 64)

    def _run(self, repository: Repository, *command: str) -> tuple[int, bytes]:
        """Exit status and output of one git command; -1 where it may not or could not run."""
        if not self._program or self._left <= 0 or not self._owned(repository):
            return -1, b""
        import subprocess

        env = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "XDG_CONFIG_HOME")} | _SAFE_ENV
        where = (f"--git-dir={repository.git_dir}", f"--work-tree={repository.top}")
        begun = time.monotonic()
        try:
            done = subprocess.run(
                [self._program, *_SAFE, *where, *command],
                cwd=repository.top,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_PATIENCE,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return -1, b""
        finally:
            self._left -= time.monotonic() - begun
        return done.returncode, done.stdout

    def _owned(self, repository: Repository) -> bool:
        """True when everything that configures git here is the caller's own."""
        paths = (
            repository.top,
            repository.git_dir,
            repository.common_dir,
            os.path.join(repository.common_dir, "config"),
        )
        try:
            return all(os.stat(path).st_uid == self._uid for path in paths)
        except OSError:
            return False


def open_repository(folder: str) -> Repository | None:
    """The repository whose working tree begins at `folder`; linked worktrees and submodules have a `.git` file."""
    dot_git = os.path.join(folder, ".git")
    try:
        mode = os.lstat(dot_git).st_mode
    except (OSError, ValueError):
        return None
    git_dir = dot_git
    if stat.S_ISREG(mode):
        text = _read(dot_git, 4096) or b""
        if not text.startswith(b"gitdir: "):
            return None
        git_dir = os.path.normpath(os.path.join(folder, os.fsdecode(text[8:].rstrip(b"\r\n"))))
    try:
        if not os.path.isfile(os.path.join(git_dir, "HEAD")):
            return None
    except ValueError:
        return None
    common = os.fsdecode((_read(os.path.join(git_dir, "commondir"), 4096) or b"").strip())
    common_dir = os.path.normpath(os.path.join(git_dir, common)) if common and "\0" not in common else git_dir
    return Repository(folder, git_dir, common_dir)


def tracked_names(index: bytes, hash_size: int = 20) -> frozenset[bytes] | None:
    """The names in a git index of version 2, 3 or 4; None when it is none, too large, or split over two files."""
    count = int.from_bytes(index[8:12], "big")
    version = int.from_bytes(index[4:8], "big")
    if index[:4] != b"DIRC" or version not in (2, 3, 4) or count > _MAX_ENTRIES:
        return None
    names: set[bytes] = set()
    fixed = 40 + hash_size  # times, device, inode, mode, owner, size, object; then the flags
    at, size, name = 12, 0, b""
    for _ in range(count):
        flags = int.from_bytes(index[at + fixed : at + fixed + 2], "big")
        begin = at + fixed + (4 if version >= 3 and flags & 0x4000 else 2)
        strip = 0
        if version == 4:
            strip, begin = _varint(index, begin)
        end = index.find(b"\0", begin, begin + 65536)
        if end < 0 or strip > len(name):
            return None
        name = name[: len(name) - strip] + index[begin:end] if version == 4 else index[begin:end]
        names.add(name)
        size += len(name)
        if size > _MAX_NAMES:
            return None
        # versions 2 and 3 pad with 1 to 8 NULs to a multiple of eight bytes
        at = end + 1 if version == 4 else at + ((end - at + 8) & ~7)
    if index[at : at + 4] == b"link":
        return None  # a split index: the other names stand in a shared file
    return frozenset(names)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in the offset encoding of gitformat-pack(5), and where it ends."""
    value = -1
    for at in range(at, min(at + 5, len(data))):  # noqa: B020, PLR1704 - goes on from where it was
        value = (value + 1) << 7 | data[at] & 0x7F
        if not data[at] & 0x80:
            return value, at + 1
    return 1 << 40, at


def _read(path: str, limit: int) -> bytes | None:
    """A regular file of at most `limit` bytes; None where it is not there or not so."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    with os.fdopen(fd, "rb") as file:
        try:
            info = os.fstat(fd)
            return file.read(limit) if stat.S_ISREG(info.st_mode) and info.st_size <= limit else None
        except OSError:
            return None

"""What can happen to a file, case by case: the table of what plain watchdog sees and misses, each done for real.

A case gets a folder that is watched already, does one thing, and returns the path at which the key must be seen. Those
of `HOMES` get the home and prepare it before the daemon starts; those of `MOUNTED` run in a mount namespace.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from daemonlab import Daemon, Key, wait_for
from mounting import Mounts, need

OLD = "PATH=/bin\n"


@dataclass
class Case:
    """Where a case happens. `folder`: watched, with an `.env` in it; `other`: not. `open` ends with the case."""

    daemon: Daemon
    folder: Path
    other: Path
    key: Key
    mounts: Mounts | None = None
    open: ExitStack = field(default_factory=ExitStack)

    @property
    def file(self) -> Path:
        return self.folder / ".env"

    @property
    def home(self) -> Path:
        return self.daemon.home

    @property
    def aws(self) -> Path:
        return self.home / ".aws"

    @property
    def credentials(self) -> Path:
        return self.aws / "credentials"

    def sh(self, command: str) -> None:
        done = subprocess.run(
            ["sh", "-c", command], cwd=self.folder if self.folder.exists() else self.home, env=self.daemon.env,
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def put(self, path: Path, mode: str = "w") -> Path:
        with open(path, mode) as file:
            file.write(self.key.ini if path.name == "credentials" else self.key.text)
        return path


Do = Callable[[Case], Path | bytes]
Prepare = Callable[[Case], None]
FILES: dict[str, Do] = {}
HOMES: dict[str, tuple[Prepare, Do]] = {}
MOUNTED: dict[str, tuple[Prepare, Do]] = {}


def in_folder(name: str) -> Callable[[Do], Do]:
    """A case of a file in a folder that many share one daemon for."""

    def register(do: Do) -> Do:
        FILES[name] = do
        return do

    return register


def nothing(_case: Case) -> None:
    """No preparation."""


def in_home(name: str, prepare: Prepare = nothing) -> Callable[[Do], Do]:
    """A case that needs a home of its own."""

    def register(do: Do) -> Do:
        HOMES[name] = prepare, do
        return do

    return register


def mounted(name: str, prepare: Prepare) -> Callable[[Do], Do]:
    """A case that mounts something."""

    def register(do: Do) -> Do:
        MOUNTED[name] = prepare, do
        return do

    return register


@in_folder("append (echo >>)")
def append(case: Case) -> Path:
    return case.put(case.file, "a")


@in_folder("truncate+write in place (echo >)")
def in_place(case: Case) -> Path:
    return case.put(case.file)


@in_folder("atomic replace, temp in same dir")
def replaced(case: Case) -> Path:
    case.put(case.folder / ".env.tmp1").rename(case.file)
    return case.file


@in_folder("atomic replace, temp in another dir (mv in)")
def moved_in(case: Case) -> Path:
    case.put(case.other / "x").rename(case.file)
    return case.file


@in_folder("sed -i")
def sed(case: Case) -> Path:
    case.sh(f"sed -i 's|^PATH=.*|AWS_ACCESS_KEY_ID={case.key.id}\\nAWS_SECRET_ACCESS_KEY={case.key.secret}|' .env")
    return case.file


def _vim(case: Case, more: str) -> Path:
    need("vim")
    case.put(case.other / "text")
    case.sh(f"vim -Nu NONE -es {more} -c 'read {case.other}/text' -c wq .env")
    return case.file


@in_folder("vim :wq (backupcopy=auto)")
def vim(case: Case) -> Path:
    return _vim(case, "-c 'set backupcopy=auto'")


@in_folder("vim :wq backupcopy=no (rename)")
def vim_renames(case: Case) -> Path:
    return _vim(case, "-c 'set backupcopy=no writebackup'")


@in_folder("nano save")
def nano(case: Case) -> Path:
    need("nano", "script")
    keys = case.key.text.replace("\n", "\r") + "\x13\x18"  # ^S saves, ^X leaves
    (case.other / "keys").write_text(keys)
    case.sh(
        f"(sleep .5; cat {case.other}/keys; sleep .3) | TERM=xterm script -qec 'nano --ignorercfiles .env' /dev/null"
    )
    return case.file


@in_folder("written, file kept open (no close)")
def kept_open(case: Case) -> Path:
    file = case.open.enter_context(case.file.open("a"))
    file.write(case.key.text)
    file.flush()
    return case.file


@in_folder("mmap MAP_SHARED store+msync, fd still open")
def mapped(case: Case) -> Path:
    fd = os.open(case.file, os.O_RDWR)
    case.open.callback(os.close, fd)
    view = mmap.mmap(fd, 0)
    case.open.callback(view.close)
    view[: len(case.key.text)] = case.key.text.encode()
    view.flush()
    return case.file


@in_folder("mmap store, then close fd")
def mapped_and_closed(case: Case) -> Path:
    with open(case.file, "r+b") as file, mmap.mmap(file.fileno(), 0) as view:
        view[: len(case.key.text)] = case.key.text.encode()
    return case.file


@in_folder("mmap store AFTER fd closed")
def mapped_after_close(case: Case) -> Path:
    with open(case.file, "r+b") as file:
        view = mmap.mmap(file.fileno(), 0)
    case.open.callback(view.close)
    view[: len(case.key.text)] = case.key.text.encode()
    return case.file


@in_folder("O_TMPFILE + linkat")
def tmpfile(case: Case) -> Path:
    case.file.unlink()
    fd = os.open(case.folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    os.write(fd, case.key.text.encode())
    os.link(f"/proc/self/fd/{fd}", case.file, src_dir_fd=fd, follow_symlinks=True)  # a folder's has it follow
    os.close(fd)
    return case.file


@in_folder("hard link made into watched dir")
def linked_in(case: Case) -> Path:
    os.link(case.put(case.other / "x"), case.folder / ".env.local")
    return case.folder / ".env.local"


@in_folder("write through other hard link (unwatched dir)")
def through_hard_link(case: Case) -> Path:
    os.link(case.file, case.other / "x")
    wait_for(lambda: True)
    case.put(case.other / "x", "a")
    return case.file


def _stow(case: Case) -> Path:
    target = case.other / "env_t"
    target.write_text(OLD)
    case.file.unlink()
    case.file.symlink_to(target)
    return target


@in_folder("stow: write target directly")
def stow_target(case: Case) -> Path:
    case.put(_stow(case))
    return case.file


@in_folder("stow: write via the symlink path")
def stow_link(case: Case) -> Path:
    _stow(case)
    return case.put(case.file, "a")


@in_folder("stow: same, follow_symlink=True on home")
def stow_chain(case: Case) -> Path:
    """The same over two links, the second one relative."""
    target = _stow(case)
    (case.other / "hop").symlink_to("env_t")
    case.file.unlink()
    case.file.symlink_to(case.other / "hop")
    case.put(target, "a")
    return case.file


@in_folder("stow: atomic replace of target; watching target dir too")
def stow_replaced(case: Case) -> Path:
    target = _stow(case)
    case.put(case.other / ".t").rename(target)
    return case.file


@in_folder("symlink itself re-pointed (ln -sfn)")
def re_pointed(case: Case) -> Path:
    _stow(case)
    case.put(case.other / "second")
    case.sh(f"ln -sfn {case.other}/second .env")
    return case.file


@in_folder("mkdir -p a/b; write a/b/env, recursive")
def made_below(case: Case) -> Path:
    (case.folder / "a/b").mkdir(parents=True)
    return case.put(case.folder / "a/b/.env")


@in_folder("watched dir renamed, write under NEW name")
def renamed(case: Case) -> Path:
    new = case.folder.with_name(case.folder.name + "-new")
    case.folder.rename(new)
    return case.put(new / ".env", "a")


@in_folder("renameat2(RENAME_EXCHANGE)")
def exchanged(case: Case) -> Path:
    new = case.put(case.folder / "t")
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.renameat2(-100, os.fsencode(new), -100, os.fsencode(case.file), 2) == 0
    return case.file


@in_folder("cp --reflink/copy_file_range over")
def copied(case: Case) -> Path:
    with open(case.put(case.other / "x"), "rb") as source, open(case.file, "wb") as target:
        assert os.copy_file_range(source.fileno(), target.fileno(), 1 << 20)
    return case.file


@in_folder("non-UTF-8 file name")
def not_utf8(case: Case) -> bytes:
    folder = os.fsencode(case.folder) + b"/env\xff\xfe"
    os.mkdir(folder)
    with open(folder + b"/.env", "w") as file:
        file.write(case.key.text)
    return folder + b"/.env"


@in_folder("event_filter=[Closed,Moved,Created]: append")
def two_writes(case: Case) -> Path:
    """A program that writes a key in two halves and closes once."""
    with open(case.file, "a") as file:
        half = len(case.key.text) - 20
        file.write(case.key.text[:half])
        file.flush()
        file.write(case.key.text[half:])
    return case.file

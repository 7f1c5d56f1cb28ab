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


# files


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


# folders


def make_aws(case: Case) -> None:
    case.aws.mkdir()


@in_home("dir does not exist yet: schedule()")
def made_slowly(case: Case) -> Path:
    case.aws.mkdir()
    wait_for(lambda: case.daemon.status()["folders"] > 3)
    return case.put(case.credentials)


@in_home("~/.aws created later, home watched non-recursively")
def made_at_once(case: Case) -> Path:
    case.aws.mkdir()
    return case.put(case.credentials)


def aws_elsewhere(case: Case) -> None:
    (case.other / "aws").mkdir()
    case.aws.symlink_to(case.other / "aws")


@in_home("watched path is a symlink to a dir (default)", aws_elsewhere)
def linked_folder(case: Case) -> Path:
    case.put(case.other / "aws/credentials")
    return case.credentials


@in_home("watched path is a symlink to a dir (follow_symlink=True)", aws_elsewhere)
def linked_folder_by_link(case: Case) -> Path:
    return case.put(case.credentials)


@in_home("watched path + '/' trailing, symlink to dir (default)", aws_elsewhere)
def linked_folder_re_pointed(case: Case) -> Path:
    """The folder's link leads elsewhere, and then is written to there."""
    (case.other / "new").mkdir()
    case.aws.unlink()
    case.aws.symlink_to(case.other / "new")
    case.put(case.other / "new/credentials")
    return case.credentials


def config_elsewhere(case: Case) -> None:
    target = case.other / "config"
    (case.home / ".config").rename(target)
    (target / "environment.d").mkdir()
    (case.home / ".config").symlink_to(target)


@in_home("recursive home, symlinked subdir", config_elsewhere)
def below_linked_folder(case: Case) -> Path:
    case.put(case.other / "config/environment.d/10-aws.conf")
    return case.home / ".config/environment.d/10-aws.conf"


@in_home("watched dir deleted + recreated + write", make_aws)
def recreated(case: Case) -> Path:
    case.aws.rmdir()
    case.aws.mkdir()
    return case.put(case.credentials)


@in_home("  ... and schedule() again, without unschedule", make_aws)
def recreated_often(case: Case) -> Path:
    for _ in range(20):
        case.aws.rmdir()
        case.aws.mkdir()
    return case.put(case.credentials)


@in_home("  ... unschedule() + schedule()", make_aws)
def recreated_slowly(case: Case) -> Path:
    first = Key()
    for key in (first, case.key):
        case.aws.rmdir()
        wait_for(lambda: not any(each.finding.place.path == str(case.credentials) for each in case.daemon.remembered()))
        case.aws.mkdir()
        case.credentials.write_text(key.ini)
        case.daemon.wait_for_key(case.credentials, key)
        if key is first:
            case.credentials.unlink()
    return case.credentials


@in_home("watched dir renamed away, new dir in its place, write", make_aws)
def swapped(case: Case) -> Path:
    case.aws.rename(case.home / ".aws.old")
    case.aws.mkdir()
    return case.put(case.credentials)


@in_home("200 x mkdir -p + write at once, recursive")
def two_hundred(case: Case) -> Path:
    keys = {case.home / f"work/n{number}/a/.env": Key() for number in range(200)}
    for path, key in keys.items():
        path.parent.mkdir(parents=True)
        path.write_text(key.text)
    for path, key in keys.items():
        case.daemon.wait_for_key(path, key)
    return case.put(case.home / "work/n0/a/.env")


def also_watched(case: Case) -> None:
    case.daemon.configure(also=f'["{case.other}/named"]')
    (case.other / "named").write_text(OLD)


@in_home("file watched directly, atomic replace x2", also_watched)
def replaced_twice(case: Case) -> Path:
    first = Key()
    for key in (first, case.key):
        (case.other / ".t").write_text(key.text)
        (case.other / ".t").rename(case.other / "named")
        case.daemon.wait_for_key(case.other / "named", key)
    return case.other / "named"


# mounts


def bound(case: Case) -> None:
    case.aws.mkdir()
    (case.other / "real").mkdir()


@mounted("bind mount placed over watched dir afterwards", bound)
def mounted_over(case: Case) -> Path:
    assert case.mounts is not None
    case.mounts.run("mount", "--bind", case.other / "real", case.aws)
    case.put(case.other / "real/credentials")
    return case.credentials


@mounted("write through a bind-mounted alias of the watched dir", bound)
def through_alias(case: Case) -> Path:
    assert case.mounts is not None
    case.mounts.run("mount", "--bind", case.aws, case.other / "real")
    case.mounts.run("sh", "-c", 'printf %s "$1" > "$2"', "sh", case.key.ini, case.other / "real/credentials")
    return case.credentials


def bound_over(case: Case) -> None:
    assert case.mounts is not None
    bound(case)
    case.mounts.run("mount", "--bind", case.other / "real", case.aws)


@mounted("watched dir unmounted, then write below", bound_over)
def unmounted(case: Case) -> Path:
    assert case.mounts is not None
    case.mounts.run("umount", case.aws)
    return case.put(case.credentials)


def overlaid(case: Case, *, above: bool = False) -> None:
    assert case.mounts is not None
    case.aws.mkdir()
    for name in ("lower", "layers/upper", "layers/work"):
        (case.other / name).mkdir(parents=True)
    layers = case.other / "layers"
    case.mounts.try_run("a tmpfs", ["mount", "-t", "tmpfs", "layers", layers])
    case.mounts.run("mkdir", layers / "upper", layers / "work")
    if above:
        case.mounts.run("sh", "-c", 'echo "[default]" > "$1"', "sh", layers / "upper/credentials")
    (case.other / "lower/credentials").write_text("[default]\n")
    options = f"lowerdir={case.other}/lower,upperdir={layers}/upper,workdir={layers}/work"
    case.mounts.try_run("an overlay", ["mount", "-t", "overlay", "-o", options, "overlay", case.aws])


def _write_inside(case: Case, path: Path) -> None:
    assert case.mounts is not None
    case.mounts.run("sh", "-c", 'printf %s "$1" > "$2"', "sh", case.key.ini, path)


@mounted("overlayfs: write through merged dir", overlaid)
def overlay_merged(case: Case) -> Path:
    _write_inside(case, case.credentials)
    return case.credentials


@mounted("overlayfs: file watched directly, first write (copy-up)", overlaid)
def overlay_copied_up(case: Case) -> Path:
    assert case.mounts is not None
    case.mounts.run("sh", "-c", 'printf %s "$1" >> "$2"', "sh", case.key.ini, case.credentials)
    return case.credentials


def overlaid_above(case: Case) -> None:
    overlaid(case, above=True)


@mounted("overlayfs: change made in the upper dir (other container/host)", overlaid_above)
def overlay_upper(case: Case) -> Path:
    _write_inside(case, case.other / "layers/upper/credentials")
    return case.credentials


def over_fuse(case: Case) -> None:
    assert case.mounts is not None
    need("bindfs")
    bound(case)
    case.mounts.try_run("FUSE", ["bindfs", case.other / "real", case.aws])


@mounted("FUSE (bindfs): write through the mount", over_fuse)
def fuse_through(case: Case) -> Path:
    _write_inside(case, case.credentials)
    return case.credentials


@mounted("FUSE (bindfs): change on the other side", over_fuse)
def fuse_behind(case: Case) -> Path:
    case.put(case.other / "real/credentials")
    return case.credentials

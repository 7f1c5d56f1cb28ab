"""What can be mounted over or beside a watched folder: each case runs in a mount namespace (cases.py)."""

from __future__ import annotations

from pathlib import Path

from cases import Case, mounted
from mounting import need


def bound(case: Case) -> None:
    case.aws.mkdir()
    (case.other / "real").mkdir()


def _write_inside(case: Case, path: Path) -> None:
    assert case.mounts is not None
    case.mounts.run("sh", "-c", 'printf %s "$1" > "$2"', "sh", case.key.ini, path)


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
    _write_inside(case, case.other / "real/credentials")
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

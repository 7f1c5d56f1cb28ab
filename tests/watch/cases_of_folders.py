"""What can happen to a folder of a home: each case prepares the home before the daemon starts (cases.py)."""

from __future__ import annotations

from pathlib import Path

from cases import OLD, Case, in_home
from daemonlab import Key, wait_for


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

"""How a sweep behaves: what it remembers, leaves out, refuses and survives. The real program over real files."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import Fakes
from sweeping import Station


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "tree"
    path.mkdir()
    return path


def pair(seed: int) -> str:
    fakes = Fakes(seed)
    return f"aws_access_key_id = {fakes.key_id()}\naws_secret_access_key = {fakes.secret()}\n"


def age(*paths: Path) -> None:
    """A file changed just now may change again within its time stamp: it is never remembered as clean."""
    for path in paths:
        os.utime(path, (1_700_000_000, 1_700_000_000))
    time.sleep(2.1)


def test_the_well_known_places_of_a_home_are_swept(station: Station) -> None:
    (station.home / ".aws").mkdir()
    (station.home / ".aws" / "credentials").write_text("[default]\n" + pair(1))
    (station.home / ".bashrc").write_text(f"export AWS_ACCESS_KEY_ID={Fakes(2).key_id()}\n")
    (station.home / "work").mkdir()
    (station.home / "work" / ".env").write_text("AWS_SECRET_ACCESS_KEY=" + Fakes(3).secret() + "\n")
    (station.home / "unknown.dat").write_text(pair(4))
    swept = station.sweep()
    own = {path for path in swept.where if (station.home / path[0]).exists() or path[0] in ("credentials", ".env")}
    assert own == {("credentials",), (".bashrc",), (".env",)}
    assert ("unknown.dat",) in station.sweep("--home").where


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_tree_inside_another_that_is_asked_for_too_is_swept_once(station: Station, tree: Path, jobs: str) -> None:
    for folder in (tree / "a", tree / "a/b", tree / "a-b"):
        folder.mkdir()
        (folder / "f").write_text(pair(7))
    swept = station.sweep("--jobs", jobs, tree / "a/b", tree / "a", tree / "a-b")
    assert swept.report["summary"]["files"] == 3
    assert len(swept.findings) == 3


def test_the_flag_and_the_command_say_the_same(station: Station) -> None:
    (station.home / ".bashrc").write_text(f"export AWS_ACCESS_KEY_ID={Fakes(2).key_id()}\n")
    flag, command = station.run("--sweep", "--quiet"), station.run("sweep", "--quiet")
    assert flag.stdout == command.stdout
    assert b".bashrc:1" in flag.stdout
    assert flag.returncode == command.returncode == 1


def test_where_the_environment_points_is_swept(station: Station, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("[x]\n" + pair(5))
    assert ("elsewhere",) in station.sweep(AWS_SHARED_CREDENTIALS_FILE=str(elsewhere)).where


def test_what_was_clean_is_not_read_again_and_a_change_never_missed(station: Station, tree: Path) -> None:
    files = [tree / f"{number}.txt" for number in range(20)]
    for file in files:
        file.write_text("nothing\n" * 20)
    age(*files)
    assert station.sweep(tree).report["summary"]["cached"] == 0
    assert station.sweep(tree).report["summary"]["cached"] == 20
    assert station.sweep("--no-cache", tree).report["summary"]["cached"] == 0
    # a change that keeps size and modification time shows in the change time alone
    before = files[3].stat()
    text = pair(6)
    files[3].write_text(text + "x" * (before.st_size - len(text)))
    os.utime(files[3], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert files[3].stat().st_size == before.st_size
    assert station.sweep(tree).where == {("3.txt",)}
    # another file moved onto the name
    (tree.parent / "other").write_text(pair(7))
    shutil.copystat(files[4], tree.parent / "other")
    os.replace(tree.parent / "other", files[4])
    assert station.sweep(tree).where == {("3.txt",), ("4.txt",)}


def test_other_rules_sweep_all_again(station: Station, tree: Path) -> None:
    (tree / "a.txt").write_text("token wizard-8362901475 \n")
    age(tree / "a.txt")
    station.sweep(tree)
    assert station.sweep(tree).report["summary"]["cached"] == 1
    rules = tree.parent / "rules.toml"
    rules.write_text(
        '[[rules]]\nid = "wizard"\ndescription = "Wizard"\nregex = \'wizard-([0-9]{10})\'\nkeywords = ["wizard"]\n'
    )
    swept = station.sweep("--rules", rules, tree)
    assert swept.report["summary"]["cached"] == 0
    assert [finding["rule"] for finding in swept.findings] == ["wizard"]


def test_a_comment_an_ignore_file_and_a_baseline_leave_findings_out(station: Station, tree: Path) -> None:
    for number in range(4):
        (tree / f"{number}.ini").write_text(pair(10 + number))
    first = (tree / "0.ini").read_text().splitlines()
    (tree / "0.ini").write_text("\n".join(line + "  # keywatch:allow" for line in first) + "\n")
    ignore = tree.parent / "ignore"
    ignore.write_text("1.ini\n")
    report = tree.parent / "report.json"
    swept = station.sweep("--ignore-file", ignore, tree)
    assert swept.where == {("2.ini",), ("3.ini",)}
    assert swept.report["suppressed"] == {"inline-allow": 1, "ignore-file": 1}
    report.write_text(swept.raw)
    (tree / "5.ini").write_text(pair(15))
    swept = station.sweep("--ignore-file", ignore, "--baseline", report, tree)
    assert swept.where == {("5.ini",)}
    assert swept.report["suppressed"]["baseline"] == 2


def test_special_files_are_left_alone_and_counted(station: Station, tree: Path) -> None:
    os.mkfifo(tree / "fifo")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tree / "socket"))
    (tree / "loop").symlink_to("loop")
    (tree / "outside").symlink_to("/etc")
    (tree / "up").symlink_to("..")
    (tree / "empty").touch()
    (tree / "key.ini").write_text(pair(20))
    swept = station.sweep(tree)
    server.close()
    assert swept.where == {("key.ini",)}
    assert swept.status == 1
    assert {Path(each["path"]).name for each in swept.report["skipped"]} == {"fifo", "socket"}


@pytest.mark.parametrize("name", [b"new\nline", b"esc\x1b[31mred", b"not\xffutf8", "ü\u202egnp".encode(), b"-rf", b" "])
def test_any_name_is_read_and_shown_escaped(station: Station, tree: Path, name: bytes) -> None:
    (tree / os.fsdecode(name)).write_text(pair(21))
    assert len(station.sweep(tree).findings) == 1
    shown = station.run("sweep", "--color", "always", tree).stdout
    assert b"\x1b[31mred" not in shown
    assert b"\xff" not in shown
    assert "\u202e".encode() not in shown
    assert b"new\nline" not in shown


def test_what_was_asked_for_and_is_not_there_is_status_3(station: Station, tree: Path) -> None:
    (tree / "key.ini").write_text(pair(22))
    swept = station.sweep(tree, tree / "absent")
    assert swept.status == 3
    assert [(each["path"], each["asked"]) for each in swept.report["skipped"]] == [(str(tree / "absent"), True)]
    assert swept.where == {("key.ini",)}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_may_not_be_read_is_named(station: Station, tree: Path) -> None:
    locked = tree / "locked"
    locked.mkdir(mode=0o700)
    (locked / "key").write_text(pair(23))
    (tree / "mine").write_text("nothing\n")
    for path in (tree.parent, *tree.parent.parents):
        if path.owner() == "root" and str(path).startswith("/tmp/"):
            path.chmod(0o755)
    station.home.chmod(0o755)
    # a first sweep imports everything: the other account may not be able to read the program or Python
    code = """
import os, sys
from keywatch.cli.main import main
out = os.dup(1); os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
main(["sweep", "--json", "--no-cache", sys.argv[-1]])
os.dup2(out, 1)
os.environ["HOME"] += "/theirs"
os.mkdir(os.environ["HOME"]); os.chown(os.environ["HOME"], 65534, 65534)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sys.exit(main(sys.argv[1:]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "sweep", "--json", "--no-cache", str(tree)],
        capture_output=True, text=True, check=False, cwd="/",
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(station.home), "KEYWATCH_DEBUG": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [(each["path"], each["why"], each["asked"]) for each in report["skipped"]] == [
        (str(locked), "permission denied", False)
    ]
    assert report["findings"] == []


def test_files_that_change_while_they_are_read_do_no_harm(station: Station, tree: Path) -> None:
    for number in range(300):
        (tree / f"{number}.log").write_text("line\n" * 500)
    (tree / "key.ini").write_text(pair(24))
    code = """
import os, sys, time
tree = sys.argv[1]
end = time.time() + 6
while time.time() < end:
    for n in range(300):
        path = f"{tree}/{n}.log"
        if n % 3 == 0:
            os.truncate(path, 0)
        elif n % 3 == 1:
            with open(path, "a") as file: file.write("more\\n" * 100)
        else:
            os.rename(path, path + "x"); os.rename(path + "x", path)
"""
    with subprocess.Popen([sys.executable, "-c", code, str(tree)]) as changer:
        for _ in range(3):
            assert ("key.ini",) in station.sweep("--no-cache", tree).where
        changer.kill()


def test_a_hostile_file_costs_no_more_memory_than_another(station: Station, tree: Path) -> None:
    """A bomb, a single line of 30 MB, millions of brackets, a hole of 8 GB. (The peak that getrusage tells of
    a new process itself is its starter's, hence VmHWM.)"""
    with open(tree / "bomb.gz", "wb") as file, gzip.open(file, "wb") as outer, gzip.open(outer, "wb") as inner:
        for _ in range(400):
            inner.write(bytes(1 << 20))
    (tree / "deep.json").write_text("[" * 2_000_000)
    (tree / "deep.yaml").write_text("- " * 500_000)
    with open(tree / "long.txt", "wb") as file:
        for _ in range(24):
            file.write(b"aws_secret" * (1 << 17))
    (tree / "ids.txt").write_bytes(b"aws_access_key_id: '" * 200_000)
    with open(tree / "hole", "wb") as file:
        file.truncate(8 << 30)
    (tree / "key.ini").write_text(pair(25))
    code = (
        "import resource, sys; from keywatch.cli.main import main; status = main(sys.argv[1:]); "
        "own = next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('VmHWM')); "
        "print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024, file=sys.stderr)"
    )
    root = Path(__file__).parents[2]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "HOME": str(station.home)}
    done = subprocess.run(
        [sys.executable, "-c", code, "sweep", "--quiet", "--no-cache", "--max-size", "16G", str(tree)],
        capture_output=True, text=True, check=True, env=env, timeout=300,
    )  # fmt: skip
    assert "key.ini:1" in done.stdout
    assert int(done.stderr.split()[-1]) < 150


def test_the_environment_of_a_process_is_swept(station: Station) -> None:
    fakes = Fakes(26)
    env = {"AWS_ACCESS_KEY_ID": fakes.key_id(), "AWS_SECRET_ACCESS_KEY": fakes.secret(), "PATH": os.environ["PATH"]}
    with subprocess.Popen(["sleep", "60"], env=env) as child:
        swept = station.sweep("--processes")
        child.kill()
    found = [finding for finding in swept.findings if str(child.pid) in finding["place"]["path"]]
    assert len(found) == 1
    assert len(found[0]["parts"]) == 2


def test_memory_and_caches_of_its_own_are_private_and_hold_no_secret(station: Station, tree: Path) -> None:
    text = pair(27)
    (tree / "key.ini").write_text(text)
    (tree / "clean.txt").write_text("nothing\n")
    age(tree / "clean.txt")
    for _ in range(2):
        station.sweep(tree)
    own = [path for path in station.home.rglob("*") if "keywatch" in str(path)]
    assert any(path.is_file() for path in own)
    secrets = [line.split(" = ")[1] for line in text.splitlines()]
    for path in own:
        assert path.stat().st_mode & 0o077 == 0, path
        if path.is_file():
            data = path.read_bytes()
            assert not any(secret.encode() in data for secret in secrets)

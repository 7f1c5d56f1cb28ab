"""The daemon's life: one at a time, signals, pauses, the watchdog and its canary, readers that die, hostile peers."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from daemonlab import Daemon, Key, wait_for

pytestmark = pytest.mark.e2e


def put(path: Path, key: Key) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(key.text)
    return path


def children(daemon: Daemon) -> list[psutil.Process]:
    assert daemon.process is not None
    return psutil.Process(daemon.process.pid).children(recursive=True)


@contextlib.contextmanager
def manager(path: Path) -> Iterator[socket.socket]:
    """What systemd is to a daemon: a socket that hears what it says of itself."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(path))
        heard.settimeout(30)
        yield heard


def hear(heard: socket.socket, word: bytes) -> bytes:
    while True:
        said = heard.recv(4096)
        if word in said:
            return said


def test_a_second_one_is_refused_and_the_first_goes_on(make: Callable[..., Daemon]) -> None:
    daemon = make().start()
    done = daemon.run("watch")
    assert done.returncode == 3
    assert "another keywatch watches for you already" in done.stderr
    assert "Traceback" not in done.stderr
    key = Key()
    daemon.wait_for_key(put(daemon.home / ".profile", key), key)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly(make: Callable[..., Daemon], number: int) -> None:
    daemon = make().start()
    put(daemon.home / ".profile", Key())
    daemon.wait_for_log("finding-appeared")
    left = children(daemon)
    assert left, "its reader runs"
    assert daemon.stop(number) == 0
    daemon.wait_for_log("stopped")
    assert not os.path.exists(daemon.socket)
    assert not any((daemon.state / "canary").iterdir())
    _, alive = psutil.wait_procs(left, timeout=20)
    assert not alive


def test_what_it_keeps_is_closed_to_others_and_holds_no_secret(make: Callable[..., Daemon]) -> None:
    daemon = make().start()
    key = Key()
    daemon.wait_for_key(put(daemon.home / ".profile", key), key)
    daemon.status()
    for path in [*daemon.state.rglob("*"), *(daemon.root / "run").rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
        if path.is_file():
            content = path.read_bytes()
            assert key.secret.encode() not in content, path
            assert key.id.encode() not in content, path
    assert key.secret not in (daemon.root / "log").read_text()
    assert key.id not in (daemon.root / "log").read_text()


def test_at_rest_it_has_loaded_nothing_heavy(make: Callable[..., Daemon]) -> None:
    daemon = make(watch={"notify": "true"}).start()
    key = Key()
    daemon.wait_for_key(put(daemon.home / ".profile", key), key)
    daemon.status()
    with contextlib.suppress(PermissionError):  # it is closed to its own user as well, not to root
        mapped = Path(f"/proc/{daemon.pid}/maps").read_text()
        for library in ("cryptography", "hyperscan", "hs_", "tree_sitter", "_cffi"):
            assert library not in mapped, library
    code = "import sys, keywatch.cli.watch, keywatch.watch.daemon; print(*sys.modules)"
    done = subprocess.run(
        [*daemon.command()[:1], "-c", code], env=daemon.env, capture_output=True, text=True, check=True
    )
    assert not {"cryptography", "keyring", "jeepney", "hyperscan", "psutil", "rich"} & set(done.stdout.split())


def test_a_new_configuration_is_read_and_a_wrong_one_is_not(make: Callable[..., Daemon], tmp_path: Path) -> None:
    daemon = make().start()
    assert daemon.process is not None
    first, second, key = tmp_path / "one", tmp_path / "two", Key()
    put(first, key)
    daemon.configure(also=f'["{first}"]')
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_log("reloaded")
    daemon.wait_for_key(first, key)
    (daemon.home / ".config/keywatch/keywatch.toml").write_text("[watch]\nquite = 1\n")
    daemon.process.send_signal(signal.SIGHUP)
    said = daemon.wait_for_log("problem")["message"]
    assert "'quiet'" in said
    again = Key()
    daemon.wait_for_key(put(first, again), again)
    daemon.configure(also=f'["{first}", "{second}"]')
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_key(put(second, key), key)


def test_a_wrong_configuration_at_the_start_is_an_error(make: Callable[..., Daemon]) -> None:
    daemon = make()
    (daemon.home / ".config/keywatch/keywatch.toml").write_text("[watch]\nquiet = 'soon'\n")
    done = daemon.run("watch")
    assert done.returncode == 2
    assert "[watch] quiet" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_watchdog_is_fed_by_the_canary_also_in_a_pause(make: Callable[..., Daemon], tmp_path: Path) -> None:
    with manager(tmp_path / "notify") as heard:
        daemon = make(env_more={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1500000"}).start()
        assert b"READY=1" in hear(heard, b"READY")
        hear(heard, b"WATCHDOG=1")
        assert "nothing is examined for 600 s" in daemon.run("pause", "10m").stdout
        time.sleep(0.7)  # one may have been on its way
        for _ in range(3):
            assert b"STATUS=watching" in hear(heard, b"WATCHDOG=1")
        assert not [line for line in daemon.log() if line["event"] == "canary-lost"]
        shutil.rmtree(daemon.state / "canary")
        hear(heard, b"WATCHDOG=1")
        hear(heard, b"WATCHDOG=1")
        daemon.stop()
        hear(heard, b"STOPPING=1")


def test_a_watch_that_hears_nothing_is_not_believed(make: Callable[..., Daemon], tmp_path: Path) -> None:
    """The canary's folder is swapped where the daemon does not look: what it hears there is nothing, and it notices."""
    with manager(tmp_path / "notify") as heard:
        daemon = make(
            watch={"poll": "3600", "recheck": "86400"},
            env_more={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1500000"},
        ).start()
        hear(heard, b"WATCHDOG=1")
        os.mkfifo(daemon.state / "fifo")
        os.rename(daemon.state / "fifo", daemon.state / "canary/canary")  # opening it to write fails: none is sent
        daemon.wait_for_log("canary-lost")
        assert "was not noticed" in " ".join(daemon.status()["problems"].values())
        os.unlink(daemon.state / "canary/canary")
        wait_for(lambda: not daemon.status()["problems"])


def test_nothing_is_examined_in_a_pause_and_everything_after_it(make: Callable[..., Daemon]) -> None:
    daemon = make().start()
    assert daemon.run("pause", "1h").returncode == 0
    status = daemon.status()
    assert status["paused_until"] > time.time() + 3000
    before, during = Key(), Key()
    path = put(daemon.home / ".bashrc", during)
    time.sleep(1.5)
    assert not daemon.holds(path, during)
    assert "examining again" in daemon.run("pause", "--resume").stdout
    daemon.wait_for_key(path, during)
    assert daemon.run("pause", "1s").returncode == 0
    put(path, before)
    daemon.wait_for_key(path, before)  # it ends by itself


def test_a_reader_that_is_killed_or_hangs_costs_no_finding(make: Callable[..., Daemon], tmp_path: Path) -> None:
    with manager(tmp_path / "notify") as heard:
        daemon = make(env_more={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1500000"}).start()
        path, key = daemon.home / ".bashrc", Key()
        daemon.wait_for_key(put(path, key), key)
        (reader,) = children(daemon)
        reader.kill()
        daemon.wait_for_key(put(path, again := Key()), again)
        (reader,) = children(daemon)
        reader.suspend()
        put(path, last := Key())
        time.sleep(1.0)
        heard.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while heard.recv(4096):
                pass
        heard.settimeout(30)
        hear(heard, b"WATCHDOG=1")  # the daemon is alive and hears, however long a file takes
        hear(heard, b"WATCHDOG=1")
        assert not daemon.holds(path, last)
        reader.resume()
        daemon.wait_for_key(path, last)


def test_it_stops_while_a_reader_hangs(make: Callable[..., Daemon]) -> None:
    daemon = make().start()
    path, key = daemon.home / ".bashrc", Key()
    daemon.wait_for_key(put(path, key), key)
    (reader,) = children(daemon)
    reader.suspend()
    put(path, Key())
    time.sleep(1.0)
    assert daemon.stop() == 0
    reader.wait(20)


def test_events_that_were_lost_cost_no_finding(make: Callable[..., Daemon]) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if most > 100_000:
        pytest.skip(f"the kernel's queue holds {most} events here")
    daemon = make()
    folder = daemon.home / "work"
    folder.mkdir()
    (folder / ".env").write_text("A=1\n")
    daemon.start()
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGSTOP)
    for number in range(most // 3 + 1000):  # each one is created, written and closed
        with open(folder / f"n{number}", "w") as file:
            file.write("x")
    key = Key()
    put(folder / ".env", key)
    daemon.process.send_signal(signal.SIGCONT)
    daemon.wait_for_key(folder / ".env", key)
    daemon.wait_for_log("overflow")
    daemon.wait_for_log("sweep-begun", why="overflow")


def limited(name: str, most: int) -> tuple[str, ...]:
    """What stands before a command to give it a user namespace with a limit of its own (namespaces(7))."""
    before = ("unshare", "--user", "--map-root-user", "sh", "-c", f'echo {most} > {name} && exec "$@"', "sh")
    done = subprocess.run([*before, "true"], capture_output=True, check=False)
    if done.returncode:
        assert os.environ.get("KEYWATCH_E2E") != "required", done.stderr
        pytest.skip("no user namespaces here")
    return before


@pytest.mark.parametrize(
    ("name", "most", "sysctl"),
    [
        ("max_inotify_instances", 0, "fs.inotify.max_user_instances"),
        ("max_inotify_watches", 2, "fs.inotify.max_user_watches"),
    ],
)
def test_at_the_limits_of_inotify_it_polls_and_says_so(
    make: Callable[..., Daemon], name: str, most: int, sysctl: str
) -> None:
    daemon = make(before=limited(f"/proc/sys/user/{name}", most), env_more={"WATCHDOG_USEC": "6000000"})
    daemon.start()
    key, later = Key(), Key()
    daemon.wait_for_key(put(daemon.home / ".bashrc", key), key)
    (daemon.home / ".aws").mkdir()
    (daemon.home / ".aws/credentials").write_text(later.ini)
    daemon.wait_for_key(daemon.home / ".aws/credentials", later)
    done = daemon.run("status", "--json")
    facts = json.loads(done.stdout)
    assert any(sysctl in problem for problem in facts["problems"]), facts["problems"]
    assert sum(reason["count"] for reason in facts["daemon"]["polled"].values()) > 2
    shown = daemon.run("status").stdout
    assert sysctl in shown
    assert "polled" in shown
    wait_for(lambda: daemon.status()["proven"])
    assert not [line for line in daemon.log() if line["event"] == "canary-lost"]


def ask(daemon: Daemon, line: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(daemon.socket)
        connection.sendall(line)
        reply = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                reply += piece
        return reply


def test_hostile_peers_get_nothing_and_stop_nothing(make: Callable[..., Daemon]) -> None:
    daemon = make().start()
    for words in (
        b"watch", b"watch ", b"watch status more", b"watch pause", b"watch pause -1", b"watch pause 1e9",
        b"watch pause 99999999999999999999", "watch pause ٣".encode(),
        b"watch\0status", b"watch \xff\xfe", b"WATCH STATUS",
        b"watch sweep /etc", b"watch reload", b"\x00" * 100,
    ):  # fmt: skip
        reply = ask(daemon, words + b"\n")
        assert not reply.startswith(b"+"), words
        assert b"Traceback" not in reply
    rng = random.Random(7)
    for _ in range(50):
        ask(daemon, rng.randbytes(rng.randrange(1, 200)) + b"\n")
    assert ask(daemon, b"watch status " + b"x" * 100_000 + b"\n") == b""
    silent = [socket.socket(socket.AF_UNIX) for _ in range(200)]
    for each in silent:
        each.connect(daemon.socket)
    half = socket.socket(socket.AF_UNIX)
    half.connect(daemon.socket)
    half.sendall(b"watch sta")
    key = Key()
    daemon.wait_for_key(put(daemon.home / ".bashrc", key), key)
    assert daemon.status()["paused_until"] == 0
    for each in (*silent, half):
        each.close()
    assert b'"pid"' in ask(daemon, b"watch status\n")


def test_killed_at_any_moment_it_finds_all_when_it_is_back(make: Callable[..., Daemon]) -> None:
    daemon = make()
    rng = random.Random(int.from_bytes(os.urandom(4), "little"))
    keys: dict[Path, Key] = {}
    for number in range(6):
        daemon.start(wait=False)
        end = time.monotonic() + rng.uniform(0.05, 1.2)
        while time.monotonic() < end:
            path = daemon.home / f"work/p{number}-{len(keys)}/.env"
            keys[path] = Key()
            put(path, keys[path])
            if rng.random() < 0.3 and keys:
                old = rng.choice(list(keys))
                keys[old] = Key()
                put(old, keys[old])
            time.sleep(0.01)
        assert daemon.process is not None
        daemon.process.kill()
        daemon.process.wait()
        daemon.process = None
    daemon.start(wait=False)
    for path, key in keys.items():
        daemon.wait_for_key(path, key)
    assert len(daemon.remembered()) == len(keys), "nothing is remembered that is not there"


def test_a_damaged_memory_is_an_error_that_says_what_to_do(make: Callable[..., Daemon]) -> None:
    daemon = make()
    daemon.state.mkdir(parents=True)
    (daemon.state / "state.db").write_bytes(b"no database" * 500)
    done = daemon.run("watch")
    assert done.returncode == 3
    assert "move the file away" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_went_while_nobody_watched_is_forgotten(make: Callable[..., Daemon]) -> None:
    daemon = make().start()
    key, other = Key(), Key()
    path = put(daemon.home / "work/.env", key)
    stays = put(daemon.home / ".bashrc", other)
    daemon.wait_for_key(path, key)
    daemon.wait_for_key(stays, other)
    daemon.stop()
    shutil.rmtree(path.parent)
    daemon.start()
    daemon.wait_until_gone(path, key)
    assert daemon.holds(stays, other)

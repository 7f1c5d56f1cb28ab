"""The reader and the daemon's end of it: answers, files that end or hang a reader, who wrote, the home's sweep."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemonlab import Daemon, Key, wait_for

from keywatch.errors import StateError
from keywatch.memory import Memory
from keywatch.places.base import Target
from keywatch.request import SweepRequest
from keywatch.sweep.flow import prepare
from keywatch.watch import examiner as module
from keywatch.watch import homesweep, reader, writer
from keywatch.watch.examiner import Examiner
from keywatch.watch.writer import writers_of


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("XDG_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    with Memory(str(tmp_path / ".local/state/keywatch")):
        pass
    return tmp_path


@pytest.fixture
def examiner(home: Path) -> Iterator[Examiner]:
    examiner = Examiner()
    yield examiner
    examiner.stop()


def put(path: Path) -> Key:
    key = Key()
    path.write_text(key.text)
    return key


def masks(examined: module.Examined) -> set[tuple[str, str]]:
    return {(each.place.path, part.masked) for each in examined.findings for part in each.parts if "…" in part.masked}


def test_one_reader_does_many_jobs(examiner: Examiner, home: Path) -> None:
    first, second = put(home / ".bashrc"), put(home / ".env")
    targets = [Target(str(home / name)) for name in (".bashrc", ".env", "not-there")]
    examined = examiner.examine(targets)
    assert masks(examined) >= {(str(home / ".bashrc"), first.masked), (str(home / ".env"), second.masked)}
    assert examined.unread == {}
    pid = examiner.pid
    for _ in range(3):
        key = put(home / ".bashrc")
        assert (str(home / ".bashrc"), key.masked) in masks(examiner.examine(targets))
    assert examiner.pid == pid
    assert examiner.deaths == 0


def test_the_search_for_the_writer_makes_no_file_slow(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    key = put(home / ".bashrc")
    late = 0.0
    monkeypatch.setattr(reader.time, "monotonic", lambda: late)

    def search(_paths: object) -> dict[str, str]:
        nonlocal late
        late += 100.0
        return {}

    monkeypatch.setattr(writer, "writers_of", search)
    job = {"targets": [[str(home / ".bashrc"), "", ""]], "writers": True}
    request = SweepRequest()
    reader._do(job, request, prepare(request))
    told = json.loads(capfdbinary.readouterr().out.splitlines()[-1])
    assert key.masked in json.dumps(told, ensure_ascii=False)
    assert late == 100.0
    assert told["seconds"] == 0.0


def test_odd_files_are_read_or_left_and_end_nothing(examiner: Examiner, home: Path) -> None:
    key = put(home / ".bashrc")
    os.mkfifo(home / "fifo")
    (home / "loop").symlink_to("loop")
    (home / "huge").write_bytes(b"")
    os.truncate(home / "huge", 1 << 40)
    (home / "folder").mkdir()
    (home / "zip").write_bytes(b"PK\x03\x04" + os.urandom(500))
    names = ("fifo", "loop", "huge", "folder", "zip", "/dev/zero", "/proc/self/mem", ".bashrc")
    examined = examiner.examine([Target(os.path.join(home, name)) for name in names])
    assert (str(home / ".bashrc"), key.masked) in masks(examined)
    assert examiner.deaths == 0


FAKE = """
import json, os, sys, time
print('{"ready": []}', flush=True)
for line in sys.stdin:
    for path, *_ in json.loads(line)["targets"]:
        print(json.dumps({"on": path}), flush=True)
        HERE
    print(json.dumps({"findings": [], "writers": {}, "unread": [], "files": 1, "seconds": 0.1}), flush=True)
"""


def reader_that(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Have another program started for the reader; all else is as it is."""
    popen = subprocess.Popen
    code = FAKE.replace("HERE", what)
    monkeypatch.setattr(module.subprocess, "Popen", lambda command, **more: popen([sys.executable, "-c", code], **more))


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("if 'bad' in path: os._exit(1)", "crashed its reader"),
        ("if 'bad' in path: time.sleep(100)", "took more than"),
        ("if 'bad' in path: print('nonsense', flush=True)", "talked nonsense"),
        ("if 'bad' in path: print(json.dumps({'broke': 'ValueError at x.py:1'}), flush=True)", "ValueError at x.py:1"),
    ],
)
def test_a_file_that_ends_its_reader_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, home: Path, what: str, why: str
) -> None:
    reader_that(monkeypatch, what)
    examiner = Examiner(patience=1.0)
    examined = examiner.examine([Target("/a"), Target("/bad"), Target("/c")])
    assert list(examined.unread) == ["/bad"]
    assert why in examined.unread["/bad"]
    assert examiner.deaths == 1
    assert examined.files == 1
    examiner.stop()


def test_it_is_asked_whether_to_go_on(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    reader_that(monkeypatch, "time.sleep(100)")
    asked: list[float] = []
    examiner = Examiner(go_on=lambda: bool(asked.append(time.monotonic())) or len(asked) < 3)
    assert examiner.examine([Target("/a")]).findings == []
    assert len(asked) == 3
    assert examiner.pid == 0


def test_a_wrong_configuration_is_told_in_its_words(examiner: Examiner, home: Path) -> None:
    (home / ".config/keywatch").mkdir(parents=True)
    (home / ".config/keywatch/keywatch.toml").write_text("[sweep]\nrules = ['none.toml']\n")
    with pytest.raises(StateError, match=r"none\.toml"):
        examiner.examine([Target(str(home / ".bashrc"))])


def test_an_idle_reader_gives_its_memory_back(examiner: Examiner, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(home / ".bashrc")
    examiner.examine([Target(str(home / ".bashrc"))])
    examiner.rest()
    assert examiner.pid
    monkeypatch.setattr(module, "IDLE", 0.0)
    examiner.rest()
    assert not examiner.pid


def test_who_has_a_file_open_for_writing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x"
    code = "import sys; file = open(sys.argv[1], 'w'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        process.stdout.readline()
        assert writers_of([str(path)])[str(path)].startswith("python")
        process.stdin.close()
    assert writers_of([str(path)]) == {}
    assert writers_of([]) == {}


def test_the_home_is_swept_by_pieces_and_gone_on_with(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a/one", "b/inner/two", "top"):
        path = home / "stuff" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path)
    put(home / "top")
    looks = iter([True, False])
    monkeypatch.setattr(homesweep, "_LOOK_EVERY", 0.0)
    monkeypatch.setattr(homesweep, "may_go_on", lambda: next(looks))
    assert not homesweep._sweep_home(str(home)), "the machine is busy"
    first = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert first == [str(home / "top")]
    monkeypatch.setattr(homesweep, "may_go_on", lambda: True)
    begun = time.time()
    assert homesweep._sweep_home(str(home))
    rest = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert set(rest) == {str(home / "stuff" / name) for name in ("a/one", "b/inner/two", "top")}
    with Memory(str(home / ".local/state/keywatch")) as memory:
        last, done = homesweep._read_note(memory)
    assert last >= begun
    assert done == set()


@pytest.mark.e2e
def test_a_file_far_from_any_place_is_found_by_the_sweep_and_forgotten_by_the_daemon(tmp_path: Path) -> None:
    """The sweep in a process as the daemon starts it, but for the question whether this machine is idle."""
    daemon = Daemon(tmp_path)
    far = daemon.home / "deep/er/than/the/places/are/looked/for/notes.txt"
    far.parent.mkdir(parents=True)
    key = Key()
    far.write_text(key.text)
    code = (
        "import sys, keywatch.watch.homesweep as h; h.may_go_on = lambda: True; "
        "sys.exit(0 if h._sweep_home(sys.argv[1]) else 75)"
    )
    with Memory(str(daemon.state)):
        pass
    done = subprocess.run(
        [sys.executable, "-c", code, str(daemon.home)], env=daemon.env, capture_output=True, check=True
    )
    assert str(far) in done.stdout.decode()
    with Memory(str(daemon.state)) as memory:
        assert homesweep._read_note(memory)[0] > 0
    daemon.configure(also=f'["{far}"]')
    daemon.start()
    try:
        daemon.wait_for_key(far, key)
        far.write_text("nothing")
        daemon.wait_until_gone(far, key)
        wait_for(lambda: daemon.status()["last_home_sweep"])
    finally:
        daemon.stop()

"""What the log writes: journald's own protocol, from which no value can break out, JSON lines, and text."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from keywatch.watch.log import NOTICE, WARNING, open_log


def fields_of(datagram: bytes) -> list[tuple[str, str]]:
    """As journald reads them (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/)."""
    found = []
    while datagram:
        line, _, rest = datagram.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = int.from_bytes(rest[:8], "little")
            value, rest = rest[8 : 8 + size], rest[8 + size + 1 :]
        found.append((name.decode(), value.decode()))
        datagram = rest
    return found


@pytest.mark.parametrize("path", ["/home/a/.bashrc", "/tmp/x\nPRIORITY=0\nMESSAGE=forged", "/tmp/\udcff=", ""])
def test_the_journal_gets_fields_that_nothing_can_forge(tmp_path: Path, path: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(tmp_path / "socket"))
        journal.settimeout(20)
        open_log("journal", str(tmp_path / "socket"))(NOTICE, "finding-appeared", "a key", path=path, rule="aws")
        fields = fields_of(journal.recv(65536))
    assert [name for name, _ in fields] == [
        "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "KEYWATCH_EVENT", "KEYWATCH_PATH", "KEYWATCH_RULE",
    ]  # fmt: skip
    assert dict(fields)["PRIORITY"] == "5"
    assert dict(fields)["KEYWATCH_PATH"] == path.encode("utf-8", "backslashreplace").decode()


def test_without_a_journal_it_is_said_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_log("journal", str(tmp_path / "none"))(WARNING, "overflow", "events were lost")
    assert "keywatch: warning: events were lost  [overflow]" in capsys.readouterr().err


def test_json_and_text_stay_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("json", "text", "auto"):
        open_log(kind)(NOTICE, "finding-appeared", "a\nkey", path="/x\x1b[31m\ny")
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    facts = json.loads(said[0])
    assert facts["event"] == "finding-appeared"
    assert facts["path"] == "/x\x1b[31m\ny"
    assert "\x1b" not in "".join(said)

"""`keywatch ignore` and `ignores`: what may stay is not reported, is listed with its reason, and comes back."""

from __future__ import annotations

import json

import pytest

from tests.fakes import Fakes
from tests.move.moving import Moving

fakes = Fakes(83)
ID, SECRET = fakes.key_id(), fakes.secret()
TEXT = f"[default]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"


@pytest.fixture
def moving(tmp_path):
    return Moving(tmp_path, warmed=True)


def ignore_file(moving):
    return moving.home / ".config/keywatch/ignore"


def test_one_finding_or_the_key_everywhere(moving):
    moving.warmed = False
    moving.write(".aws/credentials", TEXT)
    moving.write(".env", f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={SECRET}\n")
    (finding,) = moving.findings(".aws/credentials")
    moving.run("ignore", finding["id"][:6], "--reason", "a test account's", "--until", "2099-01-31")
    assert moving.findings(".aws/credentials") == []
    assert len(moving.findings(".env")) == 1
    (entry,) = json.loads(moving.run("ignores", "--json").stdout)
    assert (entry["what"], entry["value"], entry["reason"]) == ("finding", finding["id"], "a test account's")
    assert entry["until"] == "2099-01-31"
    assert "a test account's, until 2099-01-31" in moving.run("ignores").stdout.decode()
    moving.run("ignore", "--undo", f"finding:{finding['id']}")
    assert len(moving.findings(".aws/credentials")) == 1
    moving.run("ignore", str(moving.home / ".env"), "--reason", "so", "--everywhere")
    assert moving.findings(".aws/credentials") == moving.findings(".env") == []


def test_what_a_person_wrote_by_hand_stays(moving):
    path = ignore_file(moving)
    path.parent.mkdir(parents=True)
    path.write_text("# mine\r\nold/\nrule:url-password reason=tests")
    moving.write(".env", f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={SECRET}\n")
    (finding,) = moving.findings(".env")
    for reason in ("one", "two\nrule:aws-access-key"):
        moving.run("ignore", finding["id"], "--reason", reason)
        moving.run("ignore", "--undo", f"finding:{finding['id']}") if reason == "one" else None
    lines = path.read_bytes().splitlines()
    assert lines[:3] == [b"# mine", b"old/", b"rule:url-password reason=tests"]
    assert lines[3:] == [f"finding:{finding['id']} reason=two rule:aws-access-key".encode()]
    assert path.stat().st_mode & 0o777 == 0o600
    assert SECRET not in path.read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["ffff"], "--reason"),
        (["ffff", "--reason", "x"], "no key was found there"),
        (["ffff", "--reason", "x", "--until", "soon"], "YYYY-MM-DD"),
        (["ffff", "--reason", "x", "--until", "2020-01-01"], "past"),
        (["--undo", "finding:ffffffffffff"], "no such entry"),
    ],
)
def test_mistakes_change_nothing(words, says, moving):
    result = moving.run("ignore", *words, status=2)
    assert says in result.stderr.decode()
    assert not ignore_file(moving).exists()
    assert moving.run("ignores", status=1).stdout == b"nothing is ignored\n"


def test_a_broken_file_is_not_added_to(moving):
    path = ignore_file(moving)
    path.parent.mkdir(parents=True)
    path.write_text("finding:nothex\n")
    moving.write(".env", f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={SECRET}\n")
    result = moving.run("ignore", str(moving.home / ".env"), "--reason", "x", status=2)
    assert "ignore:1:" in result.stderr.decode()
    assert path.read_text() == "finding:nothex\n"


def test_redact_takes_what_nothing_reads(moving):
    moving.init_vault()
    notes = moving.write("notes.txt", f"the key\nAWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={SECRET}\n")
    env = moving.write(".env", f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={SECRET}\n")
    refused = moving.run("redact", str(env), "--yes", status=2)
    assert "--as redact does not suit" in refused.stderr.decode()
    moving.run("redact", str(notes), "--yes")
    assert ID not in notes.read_text()
    assert SECRET not in notes.read_text()
    moving.run("undo", "--yes")
    assert SECRET in notes.read_text()

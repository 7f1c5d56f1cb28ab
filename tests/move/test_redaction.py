"""Records that nothing reads: the key is overwritten by a marker of its length, and the record stays valid."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.errors import CannotMoveError, UsageError
from keywatch.formats.base import splice
from keywatch.model import Finding, Part, Place, Role, Secret, Span
from keywatch.move.redaction import marker, redact_all, redact_rest
from keywatch.move.select import select
from keywatch.severity import Severity
from tests.fakes import Fakes
from tests.move.moving import Moving

fakes = Fakes(62)
ID = fakes.key_id()
SECRET = next(s for s in iter(fakes.secret, "") if "/" in s and "+" in s)


@pytest.fixture
def moving(tmp_path):
    made = Moving(tmp_path, warmed=True)
    made.init_vault()
    return made


RECORDS = {
    ".bash_history": f"ls\n#1700000000\nexport AWS_ACCESS_KEY_ID={ID}\nexport AWS_SECRET_ACCESS_KEY={SECRET}\nls\n",
    ".zsh_history": f": 1700000000:0;export AWS_ACCESS_KEY_ID={ID} AWS_SECRET_ACCESS_KEY='{SECRET}'\n: 17:0;ls\n",
    ".claude/projects/x/1.jsonl": json.dumps({"text": f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={SECRET}"})
    + "\n{}\n",
    "Downloads/me_accessKeys.csv": f"Access key ID,Secret access key\r\n{ID},{SECRET}\r\n",
    ".aws/credentials~": f"[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_keeps_its_length_and_shape(name, moving):
    path = moving.write(name, RECORDS[name])
    moving.run("move", str(path), "--yes")
    text = path.read_bytes().decode()
    assert len(text) == len(RECORDS[name])
    assert SECRET not in text
    assert ID not in text
    assert text.count("\n") == RECORDS[name].count("\n")
    if name.endswith(".jsonl"):
        assert [list(json.loads(line)) for line in text.splitlines()] == [["text"], []]
    assert moving.findings(name) == []
    moving.run("undo", "--yes")
    assert path.read_bytes().decode() == RECORDS[name]


@pytest.mark.e2e
@pytest.mark.skipif(
    not shutil.which("vim") and os.environ.get("KEYWATCH_E2E") != "required", reason="vim is not installed"
)
def test_vim_still_opens_its_undo_file(moving):
    undo = moving.home / ".vim/undo"
    undo.mkdir(parents=True)
    notes = moving.write("keys.txt", "first\n")
    vim = ["vim", "-Nu", "NONE", "-es", "--cmd", f"set undofile undodir={undo}"]
    line = f"AWS_ACCESS_KEY_ID={ID} AWS_SECRET_ACCESS_KEY={SECRET}"

    def edit(*commands: str) -> None:
        words = [word for command in commands for word in ("-c", command)]
        env = moving.env | {"TERM": "dumb"}
        subprocess.run([*vim, *words, str(notes)], env=env, cwd=moving.home, check=False, timeout=60)

    edit(f"normal Go{line}", "w", "normal Gdd", "wq")
    (record,) = undo.iterdir()
    assert SECRET.encode() in record.read_bytes()
    before = record.stat().st_size
    moving.run("move", str(record), "--yes")
    assert SECRET.encode() not in record.read_bytes()
    assert record.stat().st_size == before
    out = moving.home / "undone"
    edit("silent undo", f"w! {out}", "q!")
    redacted = line.replace(ID, marker(20).decode()).replace(SECRET, marker(40).decode())
    assert out.read_text().splitlines() == ["first", redacted]


@pytest.mark.e2e
def test_a_running_bash_takes_the_redacted_history(moving):
    """What the plan tells a person to do: history -c; history -r."""
    path = moving.write(".bash_history", RECORDS[".bash_history"])
    plan = moving.json("move", str(path), "--dry-run")[0]
    assert any("history -c; history -r" in note["text"] for note in plan["notes"])
    script = f"keywatch move {path} --yes >/dev/null; history -c; history -r; exit\n"
    env = moving.env | {"HISTFILE": str(path), "TERM": "dumb", "PS1": "$ "}
    subprocess.run(
        ["bash", "--norc", "-i"], input=script, text=True, env=env, cwd=moving.home, capture_output=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert SECRET not in path.read_text()
    assert "ls\n" in path.read_text()


@given(st.binary(max_size=80), st.binary(max_size=80), st.sampled_from([b"/", b"+/", b"%2F", b"\\/"]))
def test_nothing_but_the_secret_changes(before, after, slash):
    secret = Secret(b"abcdEFGH" + b"/" + b"12345678")
    written = secret.expose().replace(b"/", slash if slash != b"+/" else b"/")
    content = before + written + after
    edits = redact_all(content, [secret])
    new = splice(content, edits)
    assert len(new) == len(content)
    assert all(new[at] == content[at] for at in range(len(content)) if not any(s.start <= at < s.end for s, _ in edits))
    assert written not in new


def test_copies_in_comments_are_told_from_uses():
    secret = [Secret(SECRET.encode())]
    text = f"# was {SECRET}\nx=1 # {SECRET}\n; {SECRET}\n".encode()
    assert SECRET.encode() not in splice(text, redact_rest("f", text, secret, lambda _: False))
    with pytest.raises(CannotMoveError, match="f:2: the key is used here"):
        redact_rest("f", f"\ncurl -u x:{SECRET}\n".encode(), secret, lambda _: False)


def finding(ident: str, path: str, line: int) -> Finding:
    part = Part(Role.ACCESS_KEY_ID, line, 1, "AKIA…", "f" * 32, Span(0, 20))
    return Finding(ident, "i", "r", "t", "long-lived", Severity.HIGH, (), Place(path), (part,))


def test_words_mean_ids_paths_and_lines(tmp_path):
    here = str(tmp_path / "a")
    findings = [finding("abcd12345678", here, 3), finding("abcd99999999", here, 9), finding("ffff00001111", "/b/c", 1)]

    def chosen(*words: str) -> list[str]:
        return [each.id[-4:] for each in select(words, findings)]

    assert chosen(here) == ["5678", "9999"]
    assert chosen(f"{here}:9", here) == ["9999", "5678"]
    assert chosen("ffff") == ["1111"]
    assert chosen("/b") == ["1111"]
    with pytest.raises(UsageError, match="several findings begin so"):
        chosen("abcd")
    for word in ("eeee", "/nowhere", f"{here}:4", "fff"):
        with pytest.raises(UsageError, match="no key was found there"):
            chosen(word)

"""Old texts with their secrets cut out come back exactly, also into a file that was edited elsewhere since."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.errors import JournalError, UndoConflictError
from keywatch.formats.base import splice
from keywatch.model import Secret, Span
from keywatch.move.draft import find_cuts
from keywatch.move.template import Names, Template, make_hunks, split_lines, undo_by_merge, undo_exactly

SECRET = Secret(b"S3CR3T-VALUE")


def digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def offsets(new: bytes) -> list[int]:
    at, found = 0, []
    for line in split_lines(new):
        found.append(at)
        at += len(line)
    return found


@st.composite
def edited(draw):
    piece = st.sampled_from([b"a", b"\n", b"\r\n", b"# x", SECRET.expose(), b"=", b" "])
    old = b"".join(draw(st.lists(piece, max_size=25)))
    marks = sorted(draw(st.lists(st.integers(0, len(old)), min_size=2, max_size=6, unique=True))) if old else [0, 0]
    marks = marks[: len(marks) // 2 * 2]
    new = st.sampled_from([b"", b"\n", b"line\n", b"x", b"\nx\n", b"y\r\n"])
    edits = [(Span(a, b), draw(new)) for a, b in zip(marks[::2], marks[1::2], strict=True)]
    return old, edits


@given(edited())
def test_undo_is_exact_and_keeps_no_secret(case):
    old, edits = case
    names = Names({"secret": SECRET})
    hunks = make_hunks(old, edits, find_cuts(old, (SECRET,)), names)
    new = splice(old, edits)
    kept = json.dumps([hunk.old.to_json() for hunk in hunks])
    assert SECRET.expose().decode() not in kept
    fields = {"secret": SECRET, **names.extra}
    again = [type(h)(h.start, h.end, Template.from_json(h.old.to_json())) for h in hunks]
    assert undo_exactly(new, again, fields) == old
    base = [digest(line) for line in split_lines(new)]
    assert undo_by_merge(new, base, offsets(new), hunks, fields, digest, "f") == old


@given(edited())
def test_hunks_are_whole_lines_of_the_new_text(case):
    old, edits = case
    new = splice(old, edits)
    starts = {*offsets(new), len(new)}
    for hunk in make_hunks(old, edits, (), Names({})):
        assert hunk.start in starts
        assert hunk.end in starts


OLD = b"one\ntwo\nkey=S3CR3T-VALUE\nthree\nfour\n"
EDITS = [(Span(8, 25), b"AWS_PROFILE=x\n")]


def merged(current: bytes) -> bytes:
    names = Names({"secret": SECRET})
    hunks = make_hunks(OLD, EDITS, find_cuts(OLD, (SECRET,)), names)
    new = splice(OLD, EDITS)
    base = [digest(line) for line in split_lines(new)]
    return undo_by_merge(current, base, offsets(new), hunks, {"secret": SECRET}, digest, "f")


def test_edits_elsewhere_are_kept():
    now = b"zero\none\ntwo\nAWS_PROFILE=x\nthree\nFOUR\nfive\n"
    assert merged(now) == b"zero\none\ntwo\nkey=S3CR3T-VALUE\nthree\nFOUR\nfive\n"


@pytest.mark.parametrize("now", [b"one\ntwo\nAWS_PROFILE=y\nthree\nfour\n", b"one\ntwo\nthree\nfour\n", b""])
def test_edits_of_the_same_lines_are_a_conflict(now):
    with pytest.raises(UndoConflictError, match="nothing was changed"):
        merged(now)


def test_a_damaged_template_is_named():
    for value in ("x", [1], [{"f": "x"}], None):
        with pytest.raises(JournalError):
            Template.from_json(value)
    with pytest.raises(JournalError, match="no field 'gone'"):
        Template(("gone",)).fill({})

"""The report for a person: grouped, ordered, wrapped, and harmless whatever files are called."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from madeup import ID, SECRET, finding, full_result
from rich.cells import cell_len

from keywatch.model import Exposure, Role, Skipped, Summary, SweepResult
from keywatch.report.advice import ADVICE, in_order, say, shell_word
from keywatch.report.base import REPORTS, Look, find, plural
from keywatch.report.text import by_credential, write
from keywatch.severity import Severity

HOME = "/home/alice"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")


def written(result: SweepResult, **look: object) -> str:
    out = io.StringIO()
    write(result, out, Look(home=HOME, **look))  # type: ignore[arg-type]
    return out.getvalue()


def test_every_report_is_there_and_takes_anything() -> None:
    for name in REPORTS:
        for result in (SweepResult(), full_result()):
            out = io.StringIO()
            find(name)(result, out, Look())
            assert out.getvalue() or name == "lines"


def test_the_most_urgent_credential_comes_first_with_all_its_places() -> None:
    groups = by_credential(full_result().findings)
    worst = [max(f.severity for f in group) for group in groups]
    assert worst == sorted(worst, reverse=True)
    assert [len(group) for group in groups] == [3, 1, 1, 1, 1, 1]
    text = written(full_result())
    assert text.index("CRITICAL") < text.index("HIGH") < text.index("INFO")
    places = [line.strip() for line in text.splitlines()[2:5]]
    assert places == ["places ~/.bashrc:3", "~/old/backup.tgz!etc/crontab:4", "~/work/app/.env:12"]


def test_reasons_are_said_once_and_with_their_places_where_they_differ() -> None:
    text = written(full_result())
    assert text.count("Not on a disk that this system encrypts") == 1
    assert "All of them: Not on a disk" in text
    assert text.count("lies in 3 places") == 1
    assert "Everyone on this machine can read it (mode 0644)  [~/.bashrc]" in text
    one = SweepResult(findings=full_result().findings[3:4])
    assert "All of them" not in written(one)
    assert "Not on a disk" in written(one)


def test_steps_name_the_files_they_are_for() -> None:
    text = written(full_result())
    assert "chmod 600 ~/.bashrc ~/work/app/.env" in text
    assert "git rm --cached ~/work/app/.env" in text
    steps = text.index("Rotate it"), text.index("Close the file"), text.index("Make one key")
    assert list(steps) == sorted(steps)


def test_the_summary_says_what_was_left_out_and_why() -> None:
    text = written(full_result())
    for words in (
        "6 keys in 8 places: 1 critical, 1 high, 2 medium, 2 info",
        "Swept 12,345 files, 11,000 of them known clean and unchanged, 678.9 MB in 1.23 s in ~, /etc",
        "3 documented examples, 2 wrong checksums, 1 placeholder",
        "1 in the baseline already, 2 by a keywatch:allow comment",
        "2 × permission denied, 1 × a FIFO, 1 × larger than 256 MiB (--verbose names them)",
        "Note: state database not usable",
        "Next: keywatch review",
    ):
        assert words in text, words
    assert "~/huge.img" not in text
    assert "~/huge.img: larger than 256 MiB" in written(full_result(), verbose=True)
    assert written(SweepResult(summary=Summary(files=1))).startswith("No keys found\nSwept 1 file, 0 bytes")
    assert "Next:" not in written(SweepResult(summary=Summary(files=1)))


def test_verbose_names_each_part_and_every_place() -> None:
    many = SweepResult(findings=[finding("one", f"{HOME}/{n:03}", ID, SECRET, copies=40) for n in range(40)])
    assert "and 32 more (--verbose names them)" in written(many)
    text = written(many, verbose=True)
    assert all(f"~/{n:03}:3" in text for n in range(40))
    assert "secret access key at line 4, column 26" in text


@pytest.mark.parametrize("width", [20, 40, 50, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = written(full_result(), width=width, terminal=True, color=True, verbose=True)
    for line in ESCAPE.sub("", text).splitlines():
        assert cell_len(line) <= width, line


def test_a_pipe_gets_no_escapes_and_no_wrapping() -> None:
    text = written(full_result())
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) > 100


def test_colours_and_links_are_separate_wishes() -> None:
    mono = written(full_result(), terminal=True, width=80)
    assert "\x1b]8;" in mono
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|4[0-7]|9[0-7])[;m]", mono)
    color = written(full_result(), terminal=True, color=True, width=80)
    assert re.search(r"\x1b\[[0-9;]*41m CRITICAL ", color)
    assert re.search(r"\x1b\]8;[^;]*;file://[^/]*/home/alice/\.bashrc\x1b\\~/\.bashrc:3\x1b\]8;;\x1b\\", color)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(), min_size=1, max_size=20), st.booleans())
def test_no_name_brings_its_own_escapes(name: str, terminal: bool) -> None:
    hostile = finding("x", "/tmp/" + name, ID, SECRET, exposure=Exposure(mode=0o644, git="pushed"), via=(name,))
    hostile = replace(hostile, title=name, account=name, reasons=(name, "b"))
    result = SweepResult(
        findings=[hostile], skipped=[Skipped(name, name)], notes=(name,), places=("/" + name,), dropped={name: 1}
    )
    text = ESCAPE.sub("", written(result, terminal=terminal, color=terminal, verbose=True))
    text.encode("utf-8")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_advice_is_a_command_only_where_it_can_be_copied() -> None:
    assert shell_word("/home/alice/a b", HOME) == "'/home/alice/a b'"
    assert shell_word("/home/alice/ab", HOME) == "~/ab"
    assert shell_word("/tmp/$(reboot)", HOME) == "'/tmp/$(reboot)'"
    assert shell_word("/tmp/a\nb", HOME) == ""
    assert say("chmod", ["/tmp/a\nb"], HOME) == "Close the file to others"
    assert say("chmod", ["/a", "/b", "/c", "/d"], HOME) == "Close the file to others"
    assert say("unheard-of\x1b", [], HOME) == "unheard-of\\x1b"
    assert in_order(["store", "unheard-of", "rotate", "store"]) == ["rotate", "store", "unheard-of"]
    assert all(sentence for sentence, _ in ADVICE.values())


def test_a_key_that_others_may_have_is_to_be_rotated_by_keywatch_and_not_moved_alone() -> None:
    rotation = "keywatch key rotate ENTRY"
    exposures = (Exposure(mode=0o644, readable_by="everyone"), Exposure(git="pushed"), Exposure(synced="Dropbox"))
    for exposure in exposures:
        result = SweepResult(findings=[finding("x", f"{HOME}/x", ID, SECRET, exposure=exposure)])
        *_, last = lines = written(result).splitlines()
        (step,) = [line for line in lines if "next" in line]
        assert step.endswith(f": {rotation}") and len(step) <= 100
        assert last == f"Then rotate the key that others may have, for moving alone does not help there: {rotation}"
    result.findings.append(finding("y", f"{HOME}/y", ID, SECRET, exposure=exposures[0]))
    assert "Then rotate the 2 keys that" in written(result)
    # nobody else's, or no key that can be rotated so
    for quiet in (
        finding("z", f"{HOME}/z", ID, SECRET, exposure=Exposure(mode=0o600)),
        finding("z", f"{HOME}/z", Role.PASSWORD, rule="netrc-password", exposure=exposures[0]),
        finding("z", f"{HOME}/z", ID, SECRET, kind="temporary", exposure=exposures[0]),
    ):
        assert "keywatch key rotate" not in written(SweepResult(findings=[quiet]))


def test_the_quiet_report_is_a_line_a_finding() -> None:
    out = io.StringIO()
    find("lines")(full_result(), out, Look())
    lines = out.getvalue().splitlines()
    assert len(lines) == 8
    assert re.fullmatch(r"/home/alice/\.bashrc:3: critical: AWS access key AKIA….{4}", lines[0])
    assert all(re.search(rf": ({'|'.join(s.label for s in Severity)}): ", line) for line in lines)


def test_counting_words() -> None:
    assert (plural(1, "key"), plural(1234, "key"), plural(2, "copy", "copies")) == ("1 key", "1,234 keys", "2 copies")

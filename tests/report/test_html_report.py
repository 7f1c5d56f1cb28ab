"""The page holds everything that was found, nothing that could act, and nothing that was never to be shown."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from pages import HOSTILE, hostile_machine, one_machine, page, several

from keywatch.model import SweepResult
from keywatch.report.graph import MAX_PLACES, Key, draw_graph
from keywatch.report.machines import MachineReport
from keywatch.report.markup import fill, make, write_page
from keywatch.report.trend import add_machines
from keywatch.severity import Severity
from keywatch.totals import DayTotals


class Read(HTMLParser):
    """What a parser sees of a page: its elements, their attributes, its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.own: dict[str, str] = {}
        self._in = ""
        self.feed(text)
        self.text = "".join(self.texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag if tag in ("style", "script") else ""

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in:
            self.own[self._in] = self.own.get(self._in, "") + data
        else:
            self.texts.append(data)


def test_everything_found_stands_in_the_page() -> None:
    machine = one_machine()
    text = Read(page(machine)).text
    for finding in machine.sweep.findings:
        assert finding.title in text
        assert all(reason in text for reason in finding.reasons)
    for told in ("~/.bashrc:3", "~/old/backup.tgz!etc/crontab:4", "6 keys in 8 places", "AKIA…QRST", "aws-work",
                 "put back", "account 123456789012", "read by bash", "3 × documented example", "permission denied",
                 "1 place cleared so far", r"~/canary \xff 'x'.txt:3", r"backup\x1b[31mevil\nname:3"):  # fmt: skip
        assert told in text, told


def test_a_step_with_a_command_has_it_as_one() -> None:
    text = page(one_machine())
    assert "<code>keywatch key rotate ENTRY</code>" in text
    assert "<code>chmod 600 " in text


def test_the_page_needs_nothing_and_allows_nothing_else() -> None:
    for machines in ([one_machine()], several()):
        text = page(*machines)
        read = Read(text)
        policy = next(a["content"] for tag, a in read.tags if a.get("http-equiv") == "Content-Security-Policy")
        assert policy is not None
        for name in ("style", "script"):
            digest = base64.b64encode(hashlib.sha256(read.own[name].encode()).digest()).decode()
            assert f"{name}-src 'sha256-{digest}';" in policy
            assert sum(tag == name for tag, _ in read.tags) == 1
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        for tag, attributes in read.tags:
            assert tag not in ("img", "link", "iframe", "object", "embed", "base", "image", "use", "foreignobject")
            for name, value in attributes.items():
                assert not name.startswith("on"), (tag, name)
                assert name not in ("src", "style", "srcset", "action", "xlink:href")
                assert name != "href" or value == "#keys"


def test_names_that_are_markup_stay_text() -> None:
    honest, hostile = Read(page(one_machine())), Read(page(hostile_machine()))
    assert {tag for tag, _ in hostile.tags} <= {tag for tag, _ in honest.tags}
    assert hostile.own == honest.own
    assert HOSTILE[0] in hostile.text
    assert HOSTILE[1] in hostile.text
    raw = page(hostile_machine())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", raw)
    raw.encode()


def test_each_id_stands_once_and_each_reference_leads_somewhere() -> None:
    for machines in ([one_machine()], several(), [MachineReport("none", SweepResult())], []):
        tags = Read(page(*machines)).tags
        ids = [a["id"] for _, a in tags if "id" in a]
        assert len(ids) == len(set(ids))
        assert {a["aria-labelledby"] for _, a in tags if "aria-labelledby" in a} <= set(ids)
        assert {a["data-key"] for _, a in tags if "data-key" in a} <= set(ids)


def test_a_clean_machine_is_told_plainly() -> None:
    text = Read(page(MachineReport("none", SweepResult()))).text
    assert "No keys found." in text
    assert "swept at an unknown time" in text


def test_the_same_key_on_two_machines_is_pointed_out() -> None:
    text = Read(page(one_machine("laptop"), one_machine("server"))).text
    assert "Likely the same key (same account, same ends of its id) on server" in text
    assert "Likely the same key" not in Read(page(one_machine())).text


def test_between_two_sweeps_of_a_machine_the_earlier_one_counts() -> None:
    def day(name: str, high: int) -> DayTotals:
        return DayTotals(name, (0, 0, 0, high, 0), high)

    one = [day("2026-01-01", 4), day("2026-01-05", 1)]
    two = [day("2026-01-03", 10)]
    summed = [(t.day, t.keys[Severity.HIGH], t.places) for t in add_machines([one, two, []])]
    assert summed == [("2026-01-01", 4, 4), ("2026-01-03", 14, 14), ("2026-01-05", 11, 11)]


def test_a_graph_that_would_be_too_large_says_what_it_leaves_out() -> None:
    found = one_machine().sweep.findings
    keys = [Key(f"key-{n}", f"machine-{n}", "", [found[0]]) for n in range(MAX_PLACES + 7)]
    svg, left_out = draw_graph(keys, machines=True)
    assert left_out == 7
    assert sum(1 for node in svg.iter("g")) == MAX_PLACES


def test_nodes_of_a_graph_never_lie_on_each_other() -> None:
    machine = one_machine()
    svg, _ = draw_graph([Key("key-1", "m", "", machine.sweep.findings)], machines=False)
    for name in ("circle", "rect"):
        at = [(n.get("cx") or n.get("x"), float(n.get("cy") or n.get("y") or 0)) for n in svg.iter(name)]
        assert len(set(at)) == len(at)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_tree_s_text_is_never_markup(text: str) -> None:
    written = write_page(fill(make("p", text, title=text), text, make("b", text), text))
    assert [tag for tag, _ in Read(written).tags] == ["p", "b"]

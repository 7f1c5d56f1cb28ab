"""The command line: one meaning for each way of saying it, and an error that helps for each wrong way."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from keywatch.cli.arguments import build_parser, parse
from keywatch.errors import UsageError
from keywatch.severity import Severity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["--sweep"], ["sweep"]),
        (["--sweep", "--json", "/x"], ["sweep", "/x", "--json"]),
        (["--json", "--sweep", "/x"], ["sweep", "--json", "/x"]),
        (["sweep", "/a", "-q", "/b"], ["sweep", "-q", "/a", "/b"]),
        (["--sweep", "a", "--", "--sweep", "-"], ["sweep", "a", "--", "--sweep", "-"]),
    ],
)
def test_the_flag_and_the_command_are_the_same(one: list[str], other: list[str]) -> None:
    assert parse(one) == parse(other)
    assert parse(one).command == "sweep"


def test_after_two_dashes_all_are_paths() -> None:
    assert parse(["sweep", "-q", "a", "--", "-v", "--sweep"]).paths == ["a", "-v", "--sweep"]


def test_every_option_arrives() -> None:
    line = """sweep a - --home --processes --sarif -v --fail-on high --baseline b --ignore-file i --ignore-file j
              --rules r --rules s --no-cache --jobs 3 --max-size 2M --color never -o out"""
    options = parse(line.split())
    assert options.paths == ["a", "-"]
    assert (options.home, options.processes, options.verbose, options.no_cache) == (True, True, True, True)
    assert (options.report, options.fail_on, options.color) == ("sarif", Severity.HIGH, "never")
    assert (options.ignore_file, options.rules) == (["i", "j"], ["r", "s"])
    assert (options.baseline, options.output, options.jobs, options.max_size) == ("b", "out", 3, 2 << 20)
    assert parse(["sweep", "--fail-on", "never"]).fail_on is None
    assert not hasattr(parse(["sweep"]), "fail_on")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["swep"], "swep: no command: did you mean sweep?"),
        (["zzz"], "zzz: no command: see keywatch --help"),
        (["--json"], "say keywatch sweep --json"),
        (["sweep", "--jsn"], "unrecognized arguments: --jsn: see keywatch sweep --help"),
        (["sweep", "--json", "--csv"], "not allowed with argument"),
        (["sweep", "--fail-on", "grave"], "'grave' is no severity: use info, low, medium, high, critical or never"),
        (["sweep", "--jobs", "0"], "from 1 to 256"),
        (["sweep", "--jobs", "257"], "from 1 to 256"),
        (["sweep", "--jobs", "²"], "from 1 to 256"),
        (["sweep", "--max-size", "0"], "at least one byte"),
        (["sweep", "--max-size", "big"], "is no size"),
        (["sweep", "--js"], "unrecognized arguments"),
        (["rules", "x"], "unrecognized arguments"),
        (["rules", "--", "x"], "takes no paths"),
        (["--", "x"], "not an option"),
    ],
)
def test_a_mistake_is_named_and_helped(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_path_without_a_command_is_helped(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="say keywatch sweep"):
        parse([str(tmp_path)])


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["sweep", "--help"], ["--sweep", "-h"], ["rules", "-h"]])
def test_help_is_short_and_ends_well(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(words)
    assert not caught.value.code
    out = capsys.readouterr().out
    assert out.startswith("usage: keywatch")
    assert len(out.splitlines()) < 60


def every_parser(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from every_parser(below)


#: the page of the documentation that describes a command, where it is not that of the vault
PAGES = {
    **dict.fromkeys(("watch", "status", "pause", "install", "uninstall", "config"), "daemon.md"),
    "log": "audit.md",
    "advise": "advice.md",
    "key": "aws.md sessions.md consumers.md",
    **dict.fromkeys(("key create", "key templates"), "service-keys.md"),
    "key rotate": "rotation.md",
    "key retire": "rotation.md",
    "forward": "fleet.md",
    **dict.fromkeys(("sweep", "rules", "report", "completion"), "usage.md"),
    **dict.fromkeys(("review", "move", "redact", "ignore", "ignores", "undo", "recover"), "moving.md"),
}


def test_every_option_has_help_and_stands_in_the_documentation() -> None:
    docs = Path(__file__).parents[2] / "docs"
    _, commands = build_parser()
    for name, command in commands.items():
        for parser in every_parser(command):
            own = parser.prog.removeprefix("keywatch ")
            pages = PAGES.get(own, PAGES.get(name, "vault.md")).split()
            page = "".join((docs / each).read_text(encoding="utf-8") for each in pages)
            for action in parser._actions:
                named = isinstance(action, argparse._SubParsersAction) or not action.option_strings
                assert action.help or named, action
                for option in action.option_strings:
                    assert option in page or option in ("-h", "--help"), f"{parser.prog} {option} is not documented"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--version"])
    assert capsys.readouterr().out.startswith("keywatch ")

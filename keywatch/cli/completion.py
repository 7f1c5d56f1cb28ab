"""`keywatch completion SHELL`: a script that shtab makes of the same definitions that parse the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from keywatch.cli.arguments import build_parser

#: what stands for a file or a folder in help
_FILES = ("FILE", "PATH", "SWEEP")


def run_completion(options: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    parser, _ = build_parser()
    for each in _every_parser(parser):
        for action in each._actions:
            if action.metavar in _FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]  # as shtab documents it
    sys.stdout.write(shtab.complete(parser, shell=options.shell))
    return 0


def _every_parser(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _every_parser(below)

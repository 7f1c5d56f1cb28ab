"""An argument parser that raises instead of ending the program, and knows the terminal's width by itself."""

from __future__ import annotations

import argparse
import os
from typing import Any, NoReturn

from keywatch.errors import UsageError


def _width() -> int:
    """The columns of the terminal, as shutil.get_terminal_size tells them."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80


class Help(argparse.HelpFormatter):
    """Argparse's, which makes one for each argument: without a width it would load `shutil` and all archive formats."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width() - 2)


class RawHelp(Help, argparse.RawDescriptionHelpFormatter):
    """The same for descriptions with lines of their own."""


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that raises `UsageError` instead of ending the program."""

    def __init__(self, *, formatter_class: type[Help] = Help, **more: Any) -> None:
        super().__init__(formatter_class=formatter_class, **more)

    def error(self, message: str) -> NoReturn:
        """Turn argparse's message into ours."""
        raise UsageError(f"{message}: see {self.prog} --help")

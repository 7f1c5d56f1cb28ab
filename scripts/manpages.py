#!/usr/bin/env python3
"""Writes the manual pages: keywatch.1 and keywatch-credential.1 from the command line's own definitions, and
keywatch.toml.5 from docs/configuration.md, so that none can tell of another program than this one.

usage: scripts/manpages.py FOLDER      (needs argparse-manpage, of the `dev` extra; SOURCE_DATE_EPOCH sets the date)
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from keywatch import __version__  # noqa: E402
from keywatch.cli.arguments import EXIT_STATUS, build_credential_parser, build_parser  # noqa: E402

COMMAND = "find plaintext cloud keys, and keep them in a vault"
HELPER = "give AWS clients a key from a keywatch vault"
SEE_ALSO = {
    "keywatch": ["keywatch-credential(1)", "keywatch.toml(5)", "age(1)"],
    "keywatch-credential": ["keywatch(1)", "keywatch.toml(5)"],
}
_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\([^)]*\)")


def main() -> None:
    """Write all pages into the folder that is named."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.environ["COLUMNS"] = "80"  # argparse wraps usage to the terminal
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    command, _ = build_parser()
    configuration = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    return {
        "keywatch.1": command_page(command, COMMAND),
        "keywatch-credential.1": command_page(build_credential_parser(), HELPER),
        "keywatch.toml.5": "\n".join(markdown_page("keywatch.toml", "configuration of keywatch", configuration)) + "\n",
    }


def today() -> str:
    """The pages' date, in a form that man(7) and mandoc both take."""
    moment = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    return f"{time.strftime('%B', moment)} {moment.tm_mday}, {moment.tm_year}"


def command_page(parser: argparse.ArgumentParser, about: str) -> str:
    """The page of a program by argparse-manpage, with its examples as they stand and the exit status."""
    from argparse_manpage.manpage import Manpage

    examples, parser.epilog = parser.epilog or "", None
    data = {"date": today(), "manual_title": "User Commands", "project_name": "keywatch", "version": __version__}
    page = Manpage(parser, _data={**data, "description": about})
    lines = [_unwrapped(str(page)).rstrip("\n")]
    for title, text in (("EXAMPLES", examples), ("EXIT STATUS", EXIT_STATUS if parser.prog == "keywatch" else "")):
        if text:
            body = [line[2:] for line in text.splitlines() if line.startswith("  ")]
            lines += [f".SH {title}", ".nf", *map(escape, body), ".fi"]
    lines += [".SH SEE ALSO", ",\n".join(map(_reference, SEE_ALSO[parser.prog]))]
    return "\n".join(lines) + "\n"


def _unwrapped(page: str) -> str:
    """`page` with each usage as argparse has laid it out: filled, its lines would run into one another."""
    return re.sub(r"(?m)^(usage: (?:.+\n)+)", r".nf\n\1.fi\n", page)


def _reference(page: str) -> str:
    name, _, section = page.partition("(")
    return rf"\fB{escape(name)}\fR({section}"


def markdown_page(title: str, about: str, text: str) -> Iterator[str]:
    """A man(7) page of the Markdown that docs/configuration.md is written in; raises on what it does not know."""
    yield f'.TH {title.upper()} "5" "{today()}" "keywatch {__version__}" "File Formats"'
    yield ".SH NAME"
    yield escape(f"{title} - {about}")
    yield ".SH DESCRIPTION"
    blocks = re.split(r"\n{2,}(?=\S)", re.sub(r"(?ms)^```\w*\n(.*?)^```$", _indented, text).strip())
    for number, block in enumerate(blocks):
        fresh = number == 0 or blocks[number - 1].startswith("#")
        lines = block.splitlines()
        if number == 0 and block.startswith("# "):
            continue
        if block.startswith("## "):
            yield f".SH {inline(block[3:])}"
        elif block.startswith("|"):
            yield from _table(lines)
        elif block.startswith(("#", "- ", "* ", ">", "1. ")):
            raise ValueError(f"markup that scripts/manpages.py does not know: {block[:40]}")
        else:
            yield from _paragraph(lines, fresh=fresh)
    yield ".SH SEE ALSO"
    yield _reference("keywatch(1)")


def _indented(found: re.Match[str]) -> str:
    return "\n".join(f"    {line}" if line else "" for line in found[1].splitlines())


def _paragraph(lines: list[str], *, fresh: bool) -> Iterator[str]:
    """Text, with what is indented by four as it stands."""
    if not fresh:
        yield ".PP"
    literal = False
    for line in lines:
        code = line.startswith("    ") or (literal and not line)
        if code and not literal:
            yield from (".sp", ".RS 4", ".nf")
        elif literal and not code:
            yield from (".fi", ".RE", ".PP")
        literal = code
        if code:
            yield escape(line[4:]) or r"\&"
        elif line:
            yield inline(line)
    if literal:
        yield from (".fi", ".RE")


def _table(lines: Iterable[str]) -> Iterator[str]:
    """Rows of key, default, meaning as a list: a table does not fit a terminal."""
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    for key, default, meaning in rows[2:]:
        yield from (".TP", rf"{inline(key)} (default {inline(default)})", inline(meaning))


def inline(text: str) -> str:
    """One line with code and strong text bold and links as their text."""
    pieces, at = [], 0
    for found in _INLINE.finditer(text):
        inner = found[1] or found[2] or found[3]
        shown = inner if found[3] is None else inner.replace("`", "")
        pieces.append(escape(text[at : found.start()]))
        pieces.append(rf"\fB{escape(shown)}\fR" if found[3] is None else escape(shown))
        at = found.end()
    pieces.append(escape(text[at:]))
    return "".join(pieces)


def escape(text: str) -> str:
    """`text` as roff shows it letter by letter (groff_man_style(7)): backslashes, ASCII signs, a dot that begins it."""
    signs = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "~": r"\(ti", "^": r"\(ha"}
    return _guard("".join(signs.get(letter, letter) for letter in text))


def _guard(text: str) -> str:
    return rf"\&{text}" if text.startswith(".") else text


if __name__ == "__main__":
    main()

"""Histories: bash (with time stamps), zsh (plain and extended), fish, libedit, psql, mysql, the Python REPL.

Each command is read by its words (command.py), at a path of its own: `("line N",)`, N being where it begins. Which
program wrote the file is told from what only that program writes. Any line may be a command: nothing is ever refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from keywatch.formats import command
from keywatch.formats.base import Format
from keywatch.formats.lines import BOM, Unfolded, each_line, unfold
from keywatch.model import Binding, Span

# zsh's EXTENDED_HISTORY: `: <beginning>:<elapsed seconds>;<command>`
_ZSH = re.compile(rb": \d+:\d+;")
_ZSH_FILE = re.compile(rb"^: \d+:\d+;", re.MULTILINE)
_FISH = re.compile(rb"- cmd: ")
_FISH_FILE = re.compile(rb"^- cmd: ", re.MULTILINE)
# libedit's first line; it writes what is special to it as \ooo, by vis(3)
_LIBEDIT = b"_HiStOrY_V2_"
_COMMENT = re.compile(rb"[ \t]*#[# \t]*")

_FISH_ESCAPE = re.compile(rb"\\[\\n]")
_VIS_ESCAPE = re.compile(rb"\\([0-3][0-7]{2})")
_PLAIN_ESCAPE = re.compile(rb"(?P<fold>\\{1,2}(?:\r\n|\n|\r))")
# zsh keeps a byte that is special to it as 0x83 and the byte xor 32
_ZSH_ESCAPE = re.compile(_PLAIN_ESCAPE.pattern + rb"|\x83(?P<meta>.)", re.DOTALL)

_Resolve = Callable[["re.Match[bytes]"], bytes]


def parse(content: bytes) -> list[Binding]:
    """What each command sets or passes; the path of a command is `("line N",)`. A commented command's are commented."""
    found: list[Binding] = []
    for number, whole in _commands(content):
        comment = _COMMENT.match(whole.text)
        start = comment.end() if comment else 0

        def locate(first: int, last: int, whole: Unfolded = whole, start: int = start) -> Span:
            return whole.span(start + first, start + last)

        path = (f"line {number}",)
        found += command.read(whole.text[start:], locate, path, commented=comment is not None)
    return found


def _commands(content: bytes) -> Iterator[tuple[int, Unfolded]]:
    """The commands with the numbers of the lines that they begin on."""
    if _FISH_FILE.search(content):
        return _read_fish(content)
    if content.removeprefix(BOM).startswith(_LIBEDIT):
        return _read_lines(content, _VIS_ESCAPE, _resolve_vis, folds=False)
    zsh = _ZSH_FILE.search(content) is not None
    if zsh or (b"\x83" in content and not _is_utf8(content)):
        return _read_lines(content, _ZSH_ESCAPE, _resolve_zsh)
    return _read_lines(content, _PLAIN_ESCAPE, _resolve_plain)


def _read_fish(content: bytes) -> Iterator[tuple[int, Unfolded]]:
    for line in each_line(content):
        if entry := _FISH.match(line.text):
            yield line.number, unfold(content, line.start + entry.end(), line.end, _FISH_ESCAPE, _resolve_fish)


def _read_lines(
    content: bytes, escape: re.Pattern[bytes], resolve: _Resolve, *, folds: bool = True
) -> Iterator[tuple[int, Unfolded]]:
    """One command a line; where lines fold, one that ends in a backslash goes on in the next."""
    number, start, end = 0, 0, 0
    for line in each_line(content):
        if not number:
            stamp = _ZSH.match(line.text)
            number, start = line.number, line.start + (stamp.end() if stamp else 0)
        end = line.end
        if folds and line.text.endswith(b"\\"):
            continue
        yield number, unfold(content, start, end, escape, resolve)
        number = 0
    if number:
        yield number, unfold(content, start, end, escape, resolve)


def _resolve_fish(found: re.Match[bytes]) -> bytes:
    return b"\n" if found[0] == b"\\n" else b"\\"


def _resolve_vis(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 8)])


def _resolve_plain(found: re.Match[bytes]) -> bytes:
    """A line break inside a command.

    zsh writes one backslash for a plain line break and two for a folded line; bash's lithist keeps the fold as it was
    typed, and people type it behind a blank.
    """
    typed = found[0].startswith(b"\\\\") or found.string[max(found.start() - 1, 0) : found.start()] in (b" ", b"\t")
    return b" " if typed else b"\n"


def _resolve_zsh(found: re.Match[bytes]) -> bytes:
    if found["meta"] is not None:
        return bytes([found["meta"][0] ^ 0x20])
    return b" " if found[0].startswith(b"\\\\") else b"\n"


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


FORMATS = {"history": Format("history", "command history", parse)}

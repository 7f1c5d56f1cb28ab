"""Translates patterns in RE2's syntax (gitleaks' rules, a person's own) for Hyperscan and `re`, or refuses them.

`re` backtracks: a pattern in which a repeated part itself repeats can take longer than anyone lives on a hostile
content. So the translation also counts in how many ways a backtracking matcher might split its input, and refuses what
is too many. Nothing is compiled here, and no content is seen.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

#: an unbounded repeat is reckoned as this many: the window that tokens.py gives a foreign pattern
WINDOW = 4096
#: refuse above 2 to this many ways: four unbounded repeats in a row pass, a repeat of a repeat does not
MOST_WAYS = 56.0
MOST_REPEAT = 1000  # RE2's own limit
MOST_NESTING = 50
#: with every counted repeat written out; more takes Hyperscan minutes to compile
MOST_SIZE = 4000
MOST_LENGTH = 8192

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t\x20",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": r"\x20-~",
    "punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "space": r"\t\n\v\f\r\x20",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_FLAGS = re.compile(r"\(\?([ims]*)(?:-([ims]+))?([:)])")
_NAME = re.compile(r"\(\?P?<([A-Za-z_][A-Za-z0-9_]{0,31})>")
_REPEAT = re.compile(r"\{(\d{1,6})(?:(,)(\d{0,6}))?\}")
_HEX = re.compile(r"\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))")


class UnsupportedPatternError(Exception):
    """The pattern can't be used; the text says which part of it, and why."""


@dataclass(frozen=True, slots=True)
class Translation:
    """The same pattern for Hyperscan (no names) and for `re`."""

    hyperscan: str
    python: str


@dataclass(slots=True)
class _Frame:
    """A group being read: how it was opened, its flags, and the ways of its branches so far."""

    multiline: bool
    scopes: list[str] = field(default_factory=list)
    ways: float = 0.0
    atom: float = 0.0
    size: int = 0
    atom_size: int = 0
    has_atom: bool = False
    repeated: bool = False
    branches: list[tuple[float, str]] = field(default_factory=list)
    first: str = ""

    def end_atom(self) -> None:
        self.ways += self.atom
        self.size += self.atom_size
        self.atom, self.atom_size, self.has_atom, self.repeated = 0.0, 0, False, False

    def end_branch(self) -> None:
        self.end_atom()
        self.branches.append((self.ways, self.first))
        self.ways, self.first = 0.0, ""

    def total(self) -> float:
        """Ways of the whole group. Branches that begin with different characters leave no choice."""
        firsts = [first for _, first in self.branches]
        distinct = len(firsts) == 1 or ("" not in firsts and len(set(firsts)) == len(firsts))
        return max(ways for ways, _ in self.branches) + (0.0 if distinct else math.log2(len(firsts)))


class _Translator:
    """One pass over the pattern. A class only because the position, the output and the groups change together."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.hyperscan: list[str] = []
        self.python: list[str] = []
        self.frames = [_Frame(multiline=False)]

    def emit(self, hyperscan: str, python: str | None = None) -> None:
        self.hyperscan.append(hyperscan)
        self.python.append(hyperscan if python is None else python)

    def atom(self, ways: float = 0.0, first: str = "", size: int = 1) -> None:
        """A new atom has been written; the one before it can't be repeated any more."""
        frame = self.frames[-1]
        new_branch = not frame.has_atom and frame.ways == 0.0 and not frame.first
        frame.end_atom()
        frame.atom, frame.atom_size, frame.has_atom = ways, size, True
        if new_branch:
            frame.first = first or "?"

    def place(self) -> None:
        """A place between characters has been written: it counts for nothing and can't be repeated."""
        self.atom(size=0)
        self.frames[-1].repeated = True

    def run(self) -> Translation:
        while self.at < len(self.text):
            self.step(self.text[self.at])
        if len(self.frames) > 1:
            raise UnsupportedPatternError("a '(' is not closed")
        frame = self.frames[-1]
        self.emit(")" * len(frame.scopes))
        frame.end_branch()
        if frame.total() > MOST_WAYS:
            raise UnsupportedPatternError(_TOO_MANY)
        if frame.size > MOST_SIZE:
            raise UnsupportedPatternError(f"its counted repeats come to more than {MOST_SIZE} characters")
        return Translation("".join(self.hyperscan), "".join(self.python))

    def step(self, char: str) -> None:
        frame = self.frames[-1]
        if char == "(":
            self.open()
        elif char == ")":
            self.close()
        elif char == "|":
            frame.end_branch()
            self.emit(")" * len(frame.scopes) + "|" + "".join(frame.scopes))
            self.at += 1
        elif char == "[":
            self.char_class()
        elif char == "\\":
            self.escape()
        elif char in "*+?" or (char == "{" and _REPEAT.match(self.text, self.at)):
            self.repeat(char)
        elif char in "^$":
            end = char == "$" and not frame.multiline
            self.emit(r"\z" if end else char, r"\Z" if end else char)
            self.place()
            self.at += 1
        else:
            self.literal(char)
            self.at += 1

    def literal(self, char: str) -> None:
        if char == ".":
            self.emit(".")
            self.atom()
            return
        if char.isascii():
            safe = char if char.isalnum() or char in " _-\"'/=:;,<>@%&~!`#" else f"\\x{ord(char):02x}"
            self.emit(safe)
        else:
            self.emit(f"(?:{char})")
        self.atom(first=char)

    def open(self) -> None:
        if len(self.frames) > MOST_NESTING:
            raise UnsupportedPatternError(f"groups are nested more than {MOST_NESTING} deep")
        frame = self.frames[-1]
        if self.text.startswith("(?", self.at):
            if flags := _FLAGS.match(self.text, self.at):
                self.flags(flags)
                return
            if name := _NAME.match(self.text, self.at):
                self.emit("(", f"(?P<{name[1]}>")
                self.at = name.end()
            else:
                part = self.text[self.at : self.at + 4]
                raise UnsupportedPatternError(
                    f"'{part}' is no group of RE2 (lookaround, conditions and the flag U are not supported)"
                )
        else:
            self.emit("(")
            self.at += 1
        self.frames.append(_Frame(multiline=frame.multiline))

    def flags(self, flags: re.Match[str]) -> None:
        frame = self.frames[-1]
        on, off, end = flags[1], flags[2] or "", flags[3]
        multiline = (frame.multiline or "m" in on) and "m" not in off
        scope = f"(?{on}{'-' + off if off else ''}:"
        self.at = flags.end()
        self.emit(scope)
        if end == ":":
            self.frames.append(_Frame(multiline=multiline))
        else:  # holds to the end of the enclosing group, over its further branches too
            frame.scopes.append(scope)
            frame.end_atom()
            frame.multiline = multiline

    def close(self) -> None:
        if len(self.frames) == 1:
            raise UnsupportedPatternError("a ')' was never opened")
        frame = self.frames.pop()
        frame.end_branch()
        self.emit(")" * (len(frame.scopes) + 1))
        self.atom(frame.total(), size=frame.size)
        self.at += 1

    def repeat(self, char: str) -> None:
        frame = self.frames[-1]
        if not frame.has_atom or frame.repeated:
            raise UnsupportedPatternError(f"'{char}' repeats nothing, or a repeat")
        low, high = (1 if char == "+" else 0), (1 if char == "?" else WINDOW)
        text = char
        if char == "{":
            found = _REPEAT.match(self.text, self.at)
            assert found is not None  # noqa: S101 - step() has looked
            text, low = found[0], int(found[1])
            high = low if not found[2] else int(found[3]) if found[3] else max(WINDOW, low)
            if low > MOST_REPEAT or (found[3] and high > MOST_REPEAT) or high < low:
                raise UnsupportedPatternError(f"'{text}' repeats more often than {MOST_REPEAT} times, or backwards")
        self.at += len(text)
        if self.text.startswith("?", self.at):
            text += "?"
            self.at += 1
        elif self.text.startswith("+", self.at):
            raise UnsupportedPatternError(f"'{text}+' is no repeat of RE2")
        self.emit(text)
        frame.atom = frame.atom * high + math.log2(high - low + 1)
        frame.atom_size *= high if high < WINDOW else low + 1
        frame.repeated = True
        if low == 0:
            frame.first = "?" if frame.first else ""

    def escape(self) -> None:
        text, at = self.text, self.at
        after = text[at + 1 : at + 2]
        if found := _HEX.match(text, at):
            self.literal(self.code_point(found))
            self.at = found.end()
        elif after == "Q":
            end = text.find("\\E", at)
            for char in text[at + 2 : end if end >= 0 else len(text)]:
                self.literal(char) if char != "." else self.emit_atom(r"\.")
            self.at = end + 2 if end >= 0 else len(text)
        else:
            piece = {"z": r"\z", "A": r"\A", "b": r"\b", "B": r"\B"}.get(after) or self.simple_escape(after)
            self.emit(piece, r"\Z" if after == "z" else piece)
            if after in {"z", "A", "b", "B"}:
                self.place()
            else:
                self.atom(first="" if after.isalnum() else after)
            self.at += 2

    def emit_atom(self, piece: str) -> None:
        self.emit(piece)
        self.atom()

    def code_point(self, found: re.Match[str]) -> str:
        number = int(found[1] or found[2], 16)
        if number > 0x7F:
            raise UnsupportedPatternError(f"'{found[0]}' is beyond ASCII")
        return chr(number) if chr(number) != "." else "\\."

    def simple_escape(self, char: str) -> str:
        """`\\d` and the like, control characters, and punctuation that is meant as itself."""
        if char and char in "dDsSwWafnrtv":
            return f"\\{char}"
        if not char or char.isalnum() or not char.isascii():
            what = "Unicode classes are not supported" if char in {"p", "P"} else "no such escape in RE2"
            raise UnsupportedPatternError(f"'\\{char}': {what}")
        return f"\\x{ord(char):02x}"

    def char_class(self) -> None:
        at = self.at + 1
        pieces = ["["]
        if self.text.startswith("^", at):
            pieces.append("^")
            at += 1
        start = at
        while at < len(self.text) and (self.text[at] != "]" or at == start):
            piece, at, single = self.class_item(at)
            if single and self.text.startswith("-", at) and self.text[at + 1 : at + 2] not in {"]", ""}:
                upper, at, upper_single = self.class_item(at + 1)
                if not upper_single:
                    raise UnsupportedPatternError("a range in '[…]' ends in a class")
                piece = f"{piece}-{upper}"
            pieces.append(piece)
        if at >= len(self.text):
            raise UnsupportedPatternError("a '[' is not closed")
        self.emit("".join(pieces) + "]")
        self.atom()
        self.at = at + 1

    def class_item(self, at: int) -> tuple[str, int, bool]:
        """The item of a class at `at`: its text for both engines, where it ends, whether it is one character."""
        text = self.text
        if text.startswith("[:", at):
            end = text.find(":]", at)
            name = text[at + 2 : end] if end > 0 else ""
            if name not in _POSIX:
                raise UnsupportedPatternError(f"'[:{name[:12]}:]' is no class that is supported")
            return _POSIX[name], end + 2, False
        if text[at] == "\\":
            if found := _HEX.match(text, at):
                return f"\\x{ord(self.code_point(found)[-1]):02x}", found.end(), True
            char = text[at + 1 : at + 2]
            piece = self.simple_escape(char)
            return piece, at + 2, char not in set("dDsSwW")
        if not text[at].isascii():
            raise UnsupportedPatternError("a character beyond ASCII stands in '[…]'")
        return (text[at] if text[at].isalnum() or text[at] == "_" else f"\\x{ord(text[at]):02x}"), at + 1, True


_TOO_MANY = (
    "a repeated part repeats in itself, and a hostile content could keep it busy for ever: "
    "bound the outer repeat, as in {1,3}"
)


def translate(pattern: str) -> Translation:
    """The pattern for both engines; `UnsupportedPatternError` says what it has that neither RE2 nor keywatch takes."""
    if len(pattern) > MOST_LENGTH:
        raise UnsupportedPatternError(f"it is longer than {MOST_LENGTH} characters")
    return _Translator(pattern).run()

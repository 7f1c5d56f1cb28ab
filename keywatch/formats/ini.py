"""INI files as configparser reads them, and the looser kin: .s3cfg, .boto, rclone.conf, .pypirc, .npmrc, my.cnf.

The one engine for every INI dialect (aws_ini.py holds another). Never refuses what a consumer might read: duplicate
sections and keys, keys before any section, indented keys, tabs. Content with neither section nor key is no INI.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from keywatch.errors import FormatError
from keywatch.formats.base import Format
from keywatch.formats.lines import Line, Steps, bind, each_line, readable, remark, trim, within_quotes
from keywatch.model import Binding, Span

#: content, where a value starts and ends on its line, its key → where the value itself starts and ends
Narrow = Callable[[bytes, int, int, bytes], tuple[int, int]]

#: as configparser's SECTCRE: to the last bracket, whatever follows it
_SECTION = re.compile(rb"\[(.+)\]")
#: a key of .npmrc (`//host/:_authToken`, `@scope:registry`) may hold a colon; every other ends at the first = or :
_OPTION = re.compile(rb"((?://|@)[^=]*|[^=:]*)[=:]")
#: an indented line that is a setting of its own and no continuation of the value above
_OWN = re.compile(rb"([A-Za-z_][\w.-]*)[ \t]*=(?!=)")
_GHOST = re.compile(rb"[#; \t]*\[([^\]\r\n]+)\]")
_COMMENT_AFTER = re.compile(rb"[ \t][#;]")


@dataclass(slots=True)
class _Open:
    """The setting whose value may go on in the lines below."""

    key: bytes
    path: tuple[str, ...]
    #: all of the first line behind the `=`, for a value that goes on is not narrowed
    whole: tuple[int, int]
    parts: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    content: bytes
    narrow: Narrow
    found: list[Binding] = field(default_factory=list)
    steps: Steps = field(default_factory=Steps)
    section: tuple[str, ...] = ()
    ghost: tuple[str, ...] = ()
    headed: bool = False
    indent: int = 0
    #: the last setting, as long as no other line has ended its value
    open: _Open | None = None
    #: the setting that indented lines belong to: `s3 =` of ~/.aws/config
    parent: _Open | None = None
    #: the step that the settings under `parent` share
    nest: tuple[str, ...] = ()


def read(content: bytes, format_name: str, narrow: Narrow) -> list[Binding]:
    """Every binding of an INI content, by configparser's rules; `narrow` says what of a line is the value."""
    reading = _Reading(content, narrow)
    stray: Line | None = None
    for line in each_line(content):
        start, end = trim(content, line.start, line.end)
        if start == end:
            if reading.open:  # configparser's empty_lines_in_values: more of the value may follow
                reading.open.parts.append((start, start))
        elif content[start] in b"#;":
            _read_comment(reading, line)
        elif reading.parent and start - line.start > reading.indent:
            _read_indented(reading, start, end)
        elif not _read_line(reading, line, start, end):
            stray = stray or line
    _close(reading)
    if stray and not reading.headed and not reading.found:
        raise FormatError(format_name, stray.number, "a [section] or a key = value line")
    return reading.found


def _read_comment(reading: _Reading, line: Line) -> None:
    if ghost := _GHOST.match(line.text):
        reading.ghost = reading.steps.under(reading.section, f"[{readable(ghost[1])}]")
        return
    path = reading.nest or reading.ghost or reading.section
    binding = remark(reading.content, line, path)
    if binding:
        _close(reading)  # what stands above the comment was the value: spans may not overlap
        reading.found.append(binding)


def _read_indented(reading: _Reading, start: int, end: int) -> None:
    """A line indented deeper than the setting above it: a setting under it, one of its own, or more of its value."""
    parent = reading.parent
    own = _OWN.match(reading.content, start, end)
    if parent is None or not own:
        if reading.open:
            reading.open.parts[0] = reading.open.whole
            reading.open.parts.append((start, end))
        return
    if reading.open and not any(a < b for a, b in reading.open.parts):
        # nothing stands after the parent's `=`: botocore reads the indented block as settings of their own
        reading.nest = reading.steps.under(parent.path, readable(parent.key))
        reading.open = None
    _close(reading)
    # under a parent that has a value, configparser takes the line for more of it; other SDKs, and a person, for a key
    start, end = reading.narrow(reading.content, *trim(reading.content, own.end(), end), own[1])
    reading.found.append(bind(own[1], reading.content[start:end], Span(start, end), reading.nest or parent.path))


def _read_line(reading: _Reading, line: Line, start: int, end: int) -> bool:
    """A section header or a setting; False for a line that is neither."""
    _close(reading)
    reading.parent, reading.nest = None, ()
    reading.indent = start - line.start
    content = reading.content
    if header := _SECTION.match(content, start, end):
        reading.section = reading.steps.under((), readable(header[1]))
        reading.ghost, reading.headed = (), True
        return True
    option = _OPTION.match(content, start, end)
    key = option[1].rstrip() if option else b""
    if not option or not key:
        return False
    whole = trim(content, option.end(), end)
    reading.open = reading.parent = _Open(key, reading.section, whole, [reading.narrow(content, *whole, key)])
    return True


def _close(reading: _Reading) -> None:
    """Give the open setting's binding: its lines joined, blank ones at its ends left out."""
    opened, reading.open = reading.open, None
    if opened is None:
        return
    parts = opened.parts
    while len(parts) > 1 and parts[-1][0] == parts[-1][1]:
        parts.pop()
    first = next((n for n, (start, end) in enumerate(parts) if start < end), 0)
    value = b"\n".join(reading.content[start:end] for start, end in parts[first:])
    reading.found.append(bind(opened.key, value, Span(parts[first][0], parts[-1][1]), opened.path))


def before_comment(content: bytes, start: int, end: int) -> tuple[int, int]:
    """What stands in `content[start:end]` before a `#` or `;` that follows a blank."""
    comment = _COMMENT_AFTER.search(content, max(start - 1, 0), end)
    return trim(content, start, max(start, comment.start())) if comment else (start, end)


def _narrow(content: bytes, start: int, end: int, _key: bytes) -> tuple[int, int]:
    """Quotes round the whole value go, and so does a comment after a blank (my.cnf, .npmrc; no key holds a blank)."""
    quote = content[start : start + 1]
    if quote in (b'"', b"'") and (closing := content.find(quote, start + 1, end)) > 0:
        after = content[closing + 1 : end].lstrip(b" \t")
        if not after or after[:1] in (b"#", b";"):
            return start + 1, closing
    return within_quotes(content, *before_comment(content, start, end))


def parse(content: bytes) -> list[Binding]:
    """The bindings of a generic INI file; paths are `("section",)`, or `()` before any section."""
    return read(content, "INI", _narrow)


FORMATS = {"ini": Format("ini", "INI file", parse)}

"""systemd units, drop-ins and podman quadlets, by systemd.syntax(7) and systemd.exec(5), measured against systemd 252.

The variables of a unit's `Environment=` lines are bindings of their own, all at one path, for an id and its secret
often stand on two lines. Commands are split into words as systemd does. Specifiers (`%h`) are left as written, `%%` is
resolved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from keywatch.errors import FormatError
from keywatch.formats import command
from keywatch.formats.base import Format
from keywatch.formats.lines import Line, Steps, Unfolded, bind, each_line, readable, unfold
from keywatch.model import Binding, Span

# a backslash at the end of a line is a blank; commented lines below it are passed over, and the next line's indent
_END = rb"(?:\r\n|\n|\r)"
_FOLD = rb"\\(?:" + _END + rb"(?:[ \t]*+[#;][^\r\n]*+" + _END + rb")*+[ \t]*+|\Z)"
_LINE = re.compile(rb"(?:[^\\\r\n]++|" + _FOLD + rb"|\\[^\r\n])*+")
_ESCAPE = re.compile(_FOLD + rb"|\\[^\r\n]")
_COMMENT = re.compile(rb"[ \t]*[#;][#; \t]*")
_SETTING = re.compile(rb"\s*+([^=\[\s][^=]*+)=\s*+")
_COMMENTED_SETTING = re.compile(rb"([A-Za-z][\w-]*)[ \t]*=[ \t]*")
_CREDENTIAL = re.compile(rb"([^:\s]+):")

_VARIABLES = frozenset({"Environment", "DefaultEnvironment", "ManagerEnvironment"})
_COMMANDS = frozenset({"Exec", "Entrypoint", "PodmanArgs", "GlobalArgs", "HealthCmd", "Annotation", "Label"})


@dataclass(slots=True)
class _Reading:
    found: list[Binding] = field(default_factory=list)
    steps: Steps = field(default_factory=Steps)
    section: tuple[str, ...] = ()


def parse(content: bytes) -> list[Binding]:
    """Every setting at `("Section",)`, variables at `("Section", "Environment")`, each command at a step of its own."""
    reading = _Reading()
    stray: Line | None = None
    valid = False
    skip_to = 0
    for line in each_line(content):
        if line.start < skip_to or not line.text.strip():
            continue
        if comment := _COMMENT.match(line.text):
            start = line.start + comment.end()
            if _COMMENTED_SETTING.match(content, start, line.end):
                _read_setting(reading, unfold(content, start, line.end, _ESCAPE, _fold), commented=True)
            continue
        whole = _LINE.match(content, line.start)
        skip_to = whole.end() if whole else line.end
        text = unfold(content, line.start, skip_to, _ESCAPE, _fold)
        stripped = text.text.strip()
        if stripped.startswith(b"[") and stripped.endswith(b"]"):
            reading.section = (readable(stripped[1:-1]),)
            valid = True
        elif not _read_setting(reading, text, commented=False):
            stray = stray or line
    if stray and not valid:
        raise FormatError("systemd unit", stray.number, "a [Section] or a Name=value line")
    return reading.found


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting with its logical line, continuations and last line ending in it; `value` is what stands behind the `=`.

    `words` are those of the value, with their raw spans; `assigned` gives what each sets, where it sets something.
    """

    section: str
    name: str
    line: Span
    value: bytes
    at: Span
    words: tuple[Span, ...]
    assigned: tuple[tuple[str, bytes] | None, ...]


def each_setting(content: bytes) -> list[Setting]:
    """Every setting that systemd reads, in order, with what it takes to rewrite one."""
    found: list[Setting] = []
    section, skip_to = "", 0
    for line in each_line(content):
        if line.start < skip_to or not line.text.strip() or _COMMENT.match(line.text):
            continue
        whole = _LINE.match(content, line.start)
        skip_to = whole.end() if whole else line.end
        text = unfold(content, line.start, skip_to, _ESCAPE, _fold)
        stripped = text.text.strip()
        if stripped.startswith(b"[") and stripped.endswith(b"]"):
            section = readable(stripped[1:-1])
        elif setting := _SETTING.match(text.text):
            ending = re.match(_END, content[skip_to : skip_to + 2])
            found.append(_describe(section, setting, text, Span(line.start, skip_to + (ending.end() if ending else 0))))
    return found


def _describe(section: str, setting: re.Match[bytes], text: Unfolded, line: Span) -> Setting:
    start = setting.end()
    words = command.split(text.text[start:], "systemd")
    named = [command.assignment(word, "systemd") for word in words]
    value = text.text[start:].rstrip()
    return Setting(
        section,
        readable(setting[1].rstrip()),
        line,
        value,
        text.span(start, start + len(value)),
        tuple(text.span(start + word.start, start + word.end) for word in words),
        tuple((readable(each.name), each.value.replace(b"%%", b"%")) if each else None for each in named),
    )


def _fold(found: re.Match[bytes]) -> bytes:
    return found[0] if len(found[0]) == 2 and found[0][1] not in b"\r\n" else b" "


def _read_setting(reading: _Reading, text: Unfolded, *, commented: bool) -> bool:
    """The bindings of one logical line; False for a line that sets nothing."""
    setting = _SETTING.match(text.text)
    if setting is None:
        return False
    key = setting[1].rstrip()
    name = readable(key)
    start, end = setting.end(), max(setting.end(), len(text.text.rstrip()))
    if name in _VARIABLES:
        _read_variables(reading, text, start, commented=commented)
    elif name in _COMMANDS or name.startswith("Exec"):
        path = reading.steps.under(reading.section, name)

        def locate(first: int, last: int) -> Span:
            return text.span(start + first, start + last)

        reading.found += command.read(text.text[start:end], locate, path, dialect="systemd", commented=commented)
    else:
        credential = _CREDENTIAL.match(text.text, start, end) if name == "SetCredential" else None
        key, start = (credential[1], credential.end()) if credential else (key, start)
        span = text.span(start, end)
        reading.found.append(bind(key, text.text[start:end], span, reading.section, commented=commented))
    return True


def _read_variables(reading: _Reading, text: Unfolded, start: int, *, commented: bool) -> None:
    path = (*reading.section, "Environment")
    for word in command.split(text.text[start:], "systemd"):
        if named := command.assignment(word, "systemd"):
            span = text.span(start + named.start, start + named.end)
            value = named.value.replace(b"%%", b"%")
            reading.found.append(bind(named.name, value, span, path, commented=commented))


FORMATS = {"systemd": Format("systemd", "systemd unit", parse)}

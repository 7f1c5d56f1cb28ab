"""Crontabs: /etc/crontab and /etc/cron.d (with a user field), a user's own (without), and anacrontab.

Measured on Debian's cron 3.0pl1 (the cases stand in tests/formats/test_crontab.py). Environment lines are literal:
outer quotes go, no comment is cut. In a command `\\%` is a percent sign, `\\\\` a backslash, a bare `%` ends it and
begins its standard input. Nothing here checks whether a time of day makes sense.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from keywatch.errors import FormatError
from keywatch.formats import command
from keywatch.formats.base import Format
from keywatch.formats.lines import Line, Unfolded, bind, each_line, readable, remark, trim, unfold
from keywatch.model import Binding, Span

# crontab(5), load_env(): a quoted name may hold blanks; blanks round the = are dropped
_ENV = re.compile(
    rb"""[ \t]*(?:"(?P<double>[^"=]+)"|'(?P<single>[^'=]+)'|(?P<bare>[^\s=#"'][^\s=]*))[ \t]*=[ \t]*""",
)
_TIMES = rb"[ \t]*+(?:@[A-Za-z_]\w*+|(?:[\d*/,~-]++[ \t]++){3}[\w*/,~-]++[ \t]++[\w*/,~-]++)[ \t]++"
_USER_ENTRY = re.compile(_TIMES)
_SYSTEM_ENTRY = re.compile(
    _TIMES + rb"[^\s=]++[ \t]++"
    # anacrontab(5): period, delay, name of the job
    rb"|[ \t]*+\d++[ \t]++\d++[ \t]++[^\s=]++[ \t]++"
)
_COMMAND = re.compile(rb"(?:[^\\%]++|\\.|\\)*+", re.DOTALL)
_COMMAND_ESCAPE = re.compile(rb"\\[\\%]")
_INPUT_ESCAPE = re.compile(rb"\\?%")
_COMMENT = re.compile(rb"[ \t]*#[# \t]*")


def _parse(content: bytes, name: str, entry: re.Pattern[bytes]) -> list[Binding]:
    found: list[Binding] = []
    stray: Line | None = None
    valid = False
    for line in each_line(content):
        if not line.text.strip():
            continue
        if comment := _COMMENT.match(line.text):
            start = line.start + comment.end()
            if job := entry.match(content, start, line.end):
                found += _read_command(content, job.end(), line, commented=True)
            elif binding := remark(content, line, ()):
                found.append(binding)
        elif binding := _read_environment(content, line):
            found.append(binding)
            valid = True
        elif job := entry.match(content, line.start, line.end):
            found += _read_command(content, job.end(), line, commented=False)
            valid = True
        else:  # cron refuses the whole file for it
            stray = stray or line
            if binding := remark(content, line, ()):
                found.append(binding)
    if stray and not valid:
        raise FormatError(name, stray.number, "NAME = value, or five times and a command")
    return found


def _read_environment(content: bytes, line: Line) -> Binding | None:
    head = _ENV.match(content, line.start, line.end)
    if head is None:
        return None
    start, end = trim(content, head.end(), line.end)
    quote = content[start : start + 1] if start < end else b""
    if quote in (b'"', b"'"):
        closing = content.find(quote, start + 1, end)
        if closing != end - 1:
            return None  # unclosed, or something behind it: cron takes the line for no setting
        start, end = start + 1, closing
    elif start == end:
        return None
    key: bytes = head["double"] or head["single"] or head["bare"]
    return bind(key, content[start:end], Span(start, end), ())


def _read_command(content: bytes, start: int, line: Line, *, commented: bool) -> list[Binding]:
    """The bindings of a job's command, then of the lines that it is given as standard input."""
    path = (f"line {line.number}",)
    whole = _COMMAND.match(content, start, line.end)
    end = whole.end() if whole else line.end
    text = unfold(content, start, end, _COMMAND_ESCAPE, lambda found: found[0][1:])
    given = unfold(content, end, line.end, _INPUT_ESCAPE, lambda found: b"%" if len(found[0]) == 2 else b"\n")
    return [
        *command.read(text.text, text.span, path, commented=commented),
        *command.read(given.text, given.span, path, commented=commented),
    ]


def parse_system(content: bytes) -> list[Binding]:
    """Bindings of a crontab with a user field: environment lines at `()`, each job's command at `("line N",)`."""
    return _parse(content, "system crontab", _SYSTEM_ENTRY)


def parse_user(content: bytes) -> list[Binding]:
    """Bindings of a user's crontab: environment lines at `()`, each job's command at `("line N",)`."""
    return _parse(content, "crontab", _USER_ENTRY)


@dataclass(frozen=True, slots=True)
class Job:
    """One job: its line from 1, whose it is (empty: the crontab's owner), its command as the shell gets it.

    `inputs` when lines of standard input follow the command.
    """

    line: int
    user: str
    command: Unfolded
    inputs: bool


def each_job(content: bytes, *, system: bool) -> list[Job]:
    """The jobs of a crontab, with or without a user field, those in comments left out. An anacrontab's are root's."""
    entry = _SYSTEM_ENTRY if system else _USER_ENTRY
    found: list[Job] = []
    for line in each_line(content):
        if _COMMENT.match(line.text) or _read_environment(content, line):
            continue
        if job := entry.match(content, line.start, line.end):
            head = job[0].split()
            user = readable(head[-1]) if system and not (head[0].isdigit() and len(head) == 3) else ""
            whole = _COMMAND.match(content, job.end(), line.end)
            end = whole.end() if whole else line.end
            text = unfold(content, job.end(), end, _COMMAND_ESCAPE, lambda found: found[0][1:])
            found.append(Job(line.number, user or ("root" if system else ""), text, end < line.end))
    return found


FORMATS = {
    "crontab-system": Format("crontab-system", "system crontab", parse_system),
    "crontab-user": Format("crontab-user", "user crontab", parse_user),
}

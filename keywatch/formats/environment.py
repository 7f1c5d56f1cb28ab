"""Files of environment variables that no shell reads.

`environment` is /etc/environment and pam_env's own conf syntax (`NAME DEFAULT=… OVERRIDE=…`), measured against
Linux-PAM 1.5.2; `env-file` is what systemd reads: environment.d(5) and EnvironmentFile=, measured against systemd 252.
They differ: pam_env knows no escapes and cuts at any `#`; systemd joins quoted pieces, resolves escapes and refuses
`export`. A line that the consumer ignores is given as a commented binding. References (`${HOME}`) are left as written.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from keywatch.errors import FormatError
from keywatch.formats.base import Format
from keywatch.formats.lines import Line, Unfolded, bind, each_line, remark, trim, unfold
from keywatch.model import Binding, Span

#: gives the bindings of the setting that begins on the line, None for no setting, and where the next line begins
_ReadSetting = Callable[[bytes, Line], tuple[list[Binding] | None, int]]

# pam_env joins lines at a backslash and passes over blank and commented lines in between
_FOLD = rb"\\\r?\n(?:[ \t]*+(?:#[^\r\n]*+)?+\r?\n)*+"
_PAM_FOLD = re.compile(_FOLD)
_PAM_LINE = re.compile(rb"(?:[^\\\r\n]++|" + _FOLD + rb"|\\)*+")
_PAM_SETTING = re.compile(rb"[ \t]*(?:export )?([A-Za-z0-9_]+)=")
_PAM_CONF = re.compile(rb"[ \t]*([^\s=]+)[ \t]+(?=(?:DEFAULT|OVERRIDE)=)")
_PAM_CONF_VALUE = re.compile(rb"""(?:DEFAULT|OVERRIDE)=("[^"]*"?|[^\s"][^\s]*)?[ \t]*""")
_PAM_CONF_ESCAPE = re.compile(rb"\\([$@])")

_ENV_KEY = re.compile(rb"[ \t]*([A-Za-z_]\w*)[ \t]*=")
_ENV_VALUE = re.compile(
    rb"""(?P<pieces>(?:[ \t]*+(?:'[^']*+'|"(?:[^"\\]|\\.)*+"))*+)[ \t]*+(?P<bare>(?:[^\\\r\n]++|\\.)*+)""", re.DOTALL
)
_ENV_PIECE = re.compile(rb"""'(?P<single>[^']*+)'|"(?P<double>(?:[^"\\]|\\.)*+)\"""", re.DOTALL)
_ENV_DOUBLE_ESCAPE = re.compile(rb'\\(["\\`$\n])')
_ENV_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


def _parse(content: bytes, name: str, comments: bytes, read: _ReadSetting) -> list[Binding]:
    found: list[Binding] = []
    stray: Line | None = None
    valid = False
    skip_to = 0
    for line in each_line(content):
        stripped = line.text.lstrip(b" \t")
        if line.start < skip_to or not stripped.rstrip():
            continue
        ignored = stripped[0] in comments
        bindings: list[Binding] | None = None
        if not ignored:
            bindings, skip_to = read(content, line)
        if bindings is not None:
            found += bindings
            valid = True
            continue
        if not ignored:
            stray = stray or line
        if binding := remark(content, line, ()):
            found.append(binding)
    if stray and not valid:
        raise FormatError(name, stray.number, "NAME=value")
    return found


def _read_pam(content: bytes, line: Line) -> tuple[list[Binding] | None, int]:
    whole = _PAM_LINE.match(content, line.start)
    end = whole.end() if whole else line.end
    text = unfold(content, line.start, end, _PAM_FOLD, lambda _: b"")
    stop = text.text.find(b"#")
    stop = len(text.text) if stop < 0 else stop
    if setting := _PAM_SETTING.match(text.text, 0, stop):
        return [_pam_value(text, setting[1], setting.end(), stop)], end
    if conf := _PAM_CONF.match(text.text, 0, stop):
        return _pam_conf_values(text, conf[1], conf.end(), stop), end
    return None, line.end


def _pam_value(text: Unfolded, name: bytes, start: int, stop: int) -> Binding:
    """One quote of either kind goes at the front, and then one at the end: pam_env doesn't look whether they match.

    pam_env keeps blanks round a value, and a closing quote before them; no value that works has any: they are left out.
    """
    start, end = trim(text.text, start, stop)
    if text.text[start:end][:1] in (b'"', b"'"):
        start += 1
        if end > start and text.text[end - 1] in b"\"'":
            end -= 1
    return bind(name, text.text[start:end], text.span(start, end), ())


def _pam_conf_values(text: Unfolded, name: bytes, at: int, stop: int) -> list[Binding]:
    found: list[Binding] = []
    while value := _PAM_CONF_VALUE.match(text.text, at, stop):
        at = value.end()
        start, end = value.span(1)
        if start < 0:
            continue
        if text.text[start] in b'"':
            start, end = start + 1, end - (end - start > 1 and text.text[end - 1] in b'"')
        resolved = _PAM_CONF_ESCAPE.sub(rb"\1", text.text[start:end])
        found.append(bind(name, resolved, text.span(start, end), ()))
    return found


def _read_systemd(content: bytes, line: Line) -> tuple[list[Binding] | None, int]:
    key = _ENV_KEY.match(content, line.start, line.end)
    value = _ENV_VALUE.match(content, key.end()) if key else None
    if key is None or value is None:
        return None, line.end
    pieces = list(_ENV_PIECE.finditer(content, *value.span("pieces")))
    start, end = value.span("bare")
    end = _end_of_bare(content, start, end)
    bare = _ENV_ESCAPE.sub(_unescape_bare, content[start:end])
    resolved = b"".join(map(_resolve_piece, pieces)) + bare
    if len(pieces) == 1 and start == end:
        span = Span(pieces[0].start() + 1, pieces[0].end() - 1)
    elif pieces:
        span = Span(pieces[0].start(), end if start < end else pieces[-1].end())
    else:
        span = Span(start, end)
    return [bind(key[1], resolved, span, ())], value.end()


def _end_of_bare(content: bytes, start: int, end: int) -> int:
    """Where an unquoted value ends: blanks behind it go, but one after a backslash was meant."""
    kept = content[start:end].rstrip(b" \t")
    escapes = len(kept) - len(kept.rstrip(b"\\"))
    return start + len(kept) + (escapes % 2 if start + len(kept) < end else 0)


def _resolve_piece(piece: re.Match[bytes]) -> bytes:
    single: bytes | None = piece["single"]
    if single is not None:
        return single
    return _ENV_DOUBLE_ESCAPE.sub(lambda found: found[1].replace(b"\n", b""), piece["double"])


def _unescape_bare(found: re.Match[bytes]) -> bytes:
    return b"" if found[1] in (b"\n", b"\r") else found[1]


def parse(content: bytes) -> list[Binding]:
    """The variables of /etc/environment, .pam_environment or pam_env.conf, all at path `()`."""
    return _parse(content, "environment file", b"#", _read_pam)


def parse_env_file(content: bytes) -> list[Binding]:
    """The variables of an environment.d file or an EnvironmentFile= of systemd, all at path `()`."""
    return _parse(content, "systemd environment file", b"#;", _read_systemd)


FORMATS = {
    "environment": Format("environment", "environment file", parse),
    "env-file": Format("env-file", "systemd environment file", parse_env_file),
}

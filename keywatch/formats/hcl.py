"""HCL (Terraform and its variable files, Packer, Nomad, Vault): every string literal is a binding of its attribute.

A path names the blocks (`provider aws`, then `provider aws#1`) and maps. Expressions are read loosely: a literal in a
call or a condition carries its attribute's name. Interpolations are never evaluated; the value keeps them as written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from keywatch.formats.base import Format
from keywatch.formats.nesting import (
    MAX_DEPTH,
    Path,
    deeper,
    element,
    malformed,
    name_values,
    sibling,
    start_of,
    text_of,
)
from keywatch.model import Binding, Secret, Span

_IDENT = rb"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff-]*+"
_TOKEN = re.compile(
    rb"[ \t]*+(?:(\r?\n)|(#[^\n]*+|//[^\n]*+|/\*(?s:.*?)\*/)|(\")|(<<-?)(" + _IDENT + rb")[ \t]*+\r?\n"
    rb"|(" + _IDENT + rb"(?:\.(?:" + _IDENT + rb"|\*|[0-9]++))*+)|([\[{(])|([\]})])|(=(?![=>]))|(:)|(,)"
    rb"|([0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|=>|[=!<>]=|&&|\|\||\.\.\.|[-+*/%!?<>.~])|(\Z))"
)
_LINE, _COMMENT, _QUOTE, _INDENTED, _MARKER, _WORD, _OPEN, _CLOSE, _EQUALS, _COLON, _COMMA, _OTHER, _END = range(1, 14)

# A string up to its closing quote or its first interpolation. `$${` and `%%{` are literal.
_PLAIN = re.compile(rb'(?:[^"\\\n$%]++|\\[^\n]|\$\$\{|%%\{|[$%](?!\{))*+')
# The signs that matter inside a template: each ends or begins a level.
_SIGN = re.compile(rb'(?:[^"\\\n$%{}]++|\\[^\n]|\$\$\{|%%\{|[$%](?!\{))*+(["{}\n]|[$%]\{)')
# The look-behind keeps a long word from being tried again at each of its characters.
_COMMENTED = re.compile(
    rb'(?<![A-Za-z0-9_\x80-\xff.-])("?+)('
    + _IDENT
    + rb'(?:\.[A-Za-z0-9_-]++)*+)\1[ \t]*+[=:][ \t]*+"((?:[^"\\\n]++|\\[^\n])*+)"'
)

_ESCAPES = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}))|([$%])\4\{')
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
_PAIRS = {b"{": b"}", b"[": b"]", b"(": b")"}


@dataclass(slots=True)
class _Open:
    """A body, object, list, or parenthesis (a call, an index, a `for`) that is not closed yet."""

    kind: str
    path: Path
    close: bytes = b""
    want: str = "key"
    name: str = ""
    labels: list[str] = field(default_factory=list)
    count: int = 0
    taken: dict[str, int] = field(default_factory=dict)


def _resolve(match: re.Match[str]) -> str:
    if match[1]:
        return _LETTERS.get(match[1], match[1])
    if match[4]:
        return match[4] + "{"
    return chr(int(match[2] or match[3], 16)).encode("utf-8", "surrogatepass").decode("latin-1")


def _unescape(raw: bytes) -> bytes:
    if b"\\" not in raw and b"{" not in raw:
        return raw
    return _ESCAPES.sub(_resolve, raw.decode("latin-1")).encode("latin-1")


def _string_end(content: bytes, at: int) -> int:
    """Where the closing quote stands of the string whose text starts at `at`; interpolations may hold strings."""
    match = _PLAIN.match(content, at)
    end = match.end() if match else at
    if content.startswith(b'"', end):
        return end
    levels = [b'"']
    while match := _SIGN.match(content, end):
        sign, end = match[1], match.end()
        if levels[-1] == b'"':
            if sign == b"\n":
                break
            if sign == b'"':
                levels.pop()
                if not levels:
                    return end - 1
            elif len(sign) == 2:
                levels.append(b"}")
        elif sign == b'"':
            levels.append(b'"')
        elif sign == b"}":
            levels.pop()
        elif sign != b"\n":
            levels.append(b"}")
    raise malformed("HCL", content, at, "a closing double quote")


def _heredoc_end(content: bytes, at: int, marker: bytes) -> tuple[int, int]:
    """Where the last line ends before the line that holds `marker` alone, and where the marker ends."""
    line = at
    while (found := content.find(marker, line)) >= 0:
        line = content.rfind(b"\n", line - 1, found) + 1
        end = found + len(marker)
        if not content[line:found].strip(b" \t") and content[end : end + 2].lstrip(b"\r")[:1] in (b"", b"\n"):
            return line, end
        if (line := content.find(b"\n", end) + 1) == 0:
            break
    raise malformed("HCL", content, at, f"a line with the heredoc's end marker {text_of(marker)}")


def _dedent(text: bytes) -> bytes:
    lines = text.split(b"\n")
    indents = [len(line) - len(line.lstrip(b" \t")) for line in lines if line.strip()]
    cut = min(indents, default=0)
    return b"\n".join(line[cut:] for line in lines)


def _add(found: list[Binding], content: bytes, top: _Open, value: bytes, span: Span) -> None:
    if top.kind == "list":
        if value:
            found.append(element(content, value, span, top.path))
    elif top.kind != "index":
        found.append(Binding(top.name, Secret(value), span, top.path))


def _open(content: bytes, at: int, top: _Open, found: list[Binding], match: re.Match[bytes]) -> _Open:
    """What the bracket at `match` opens inside `top`."""
    sign = match[_OPEN]
    close = _PAIRS[sign]
    if top.kind == "body" and top.want == "labels" and sign == b"{":
        top.want = "key"
        return _Open("body", deeper(top.path, sibling(top.taken, " ".join(top.labels)), at), close)
    if top.want != "value":
        if top.kind == "object" and sign == b"(":  # a computed key: `(var.name) = …`
            return _Open("index", top.path, close, want="value")
        raise malformed("HCL", content, at, "an attribute or a block")
    before = content[match.start(_OPEN) - 1 : match.start(_OPEN)]
    if sign == b"[" and (before.isalnum() or before in (b"_", b")", b"]", b'"')):
        return _Open("index", top.path, close, want="value")
    if sign == b"(":
        return _Open("list" if top.kind == "list" else "call", top.path, close, want="value", name=top.name)
    step = f"[{top.count}]" if top.kind == "list" else sibling(top.taken, top.name)
    path = deeper(top.path, step, len(found))
    if sign == b"[":
        return _Open("list", path, close, want="value")
    return _Open("object", path, close)


def parse(content: bytes) -> list[Binding]:  # noqa: C901, PLR0912, PLR0915 - one state machine, kept in sight
    """Every string literal of HCL content, commented-out attributes too; `FormatError` for what is not HCL."""
    found: list[Binding] = []
    top = _Open("body", ())
    stack = [top]
    at = start_of(content)
    while match := _TOKEN.match(content, at):
        kind, start, at = match.lastindex or 0, match.start(match.lastindex or 0), match.end()
        if kind == _MARKER:
            start = match.start(_INDENTED)
        if kind == _COMMENT:
            _add_commented(found, match, top.path)
        elif kind == _LINE:
            if top.want == "labels":
                break
            if top.kind in ("body", "object"):
                top.want = "key"
        elif kind == _END:
            if len(stack) > 1 or top.want == "labels":
                break
            return name_values(found)
        elif kind == _QUOTE:
            end = _string_end(content, at)
            value, span, at = _unescape(content[at:end]), Span(at, end), end + 1
            if top.want == "value":
                _add(found, content, top, value, span)
            elif top.want == "labels":
                top.labels.append(text_of(value))
            elif top.kind == "object":
                top.name, top.want = text_of(value), "equals"
            else:
                break
        elif kind == _MARKER and top.want == "value":
            end, after = _heredoc_end(content, at, match[_MARKER])
            value = content[at:end]
            last = max(end - (2 if value.endswith(b"\r\n") else 1), at)
            value = _dedent(value) if match[_INDENTED] == b"<<-" else value
            _add(found, content, top, value, Span(at, last))
            at = after
        elif kind == _WORD:
            if top.kind == "body" and top.want == "key":
                top.name, top.want = text_of(match[_WORD]), "labels"
                top.labels = [top.name]
            elif top.kind == "object" and top.want == "key":
                top.name, top.want = text_of(match[_WORD]), "equals"
                if top.name == "for":
                    top.kind, top.want, top.name = "call", "value", stack[-2].name
            elif top.want == "labels":
                top.labels.append(text_of(match[_WORD]))
            elif top.want != "value":
                break
        elif kind == _OPEN:
            if len(stack) == MAX_DEPTH:
                raise malformed("HCL", content, at, f"at most {MAX_DEPTH} levels of nesting")
            top = _open(content, start, top, found, match)
            stack.append(top)
        elif kind == _CLOSE:
            if top.close != match[_CLOSE] or top.want in ("labels", "equals"):
                break
            stack.pop()
            computed = top.kind == "index" and stack[-1].want == "key"
            top = stack[-1]
            if computed:
                top.name, top.want = "", "equals"
        elif kind in (_EQUALS, _COLON) and (top.want == "equals" or (top.want == "labels" and kind == _EQUALS)):
            if top.want == "labels" and len(top.labels) > 1:
                break
            top.want = "value"
        elif kind == _COMMA and top.want != "labels":
            top.count += 1
            if top.kind in ("body", "object"):
                top.want = "key"
        elif kind == _EQUALS or top.want != "value":
            break
    else:
        raise malformed("HCL", content, at, "an attribute or a block")
    raise malformed("HCL", content, start, _EXPECTED[top.want])


_EXPECTED = {
    "key": "an attribute or a block",
    "labels": "'=' or '{' on the same line",
    "equals": "'=' or ':'",
    "value": "an expression, with its brackets closed",
}


def _add_commented(found: list[Binding], comment: re.Match[bytes], path: Path) -> None:
    for member in _COMMENTED.finditer(comment.string, *comment.span(_COMMENT)):
        value = _unescape(member[3])
        found.append(Binding(text_of(member[2]), Secret(value), Span(*member.span(3)), path, commented=True))


FORMATS = {"hcl": Format("hcl", "HCL (Terraform)", parse)}

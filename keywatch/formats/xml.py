"""XML (plists, Hadoop and .NET settings, Maven): every attribute and every run of text is a binding.

A path names the elements. A text carries its element's name, or what names it: the `<key>` before it in a plist, its
`key`/`name` attribute, the `<name>` beside its `<value>`. Only the five built-in entities and character references are
resolved: a DTD is skipped unread, so nothing external is ever fetched and nothing expands.
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

_NAME = rb"[A-Za-z_:\x80-\xff][A-Za-z0-9_:.\x80-\xff-]*+"
_QUOTED = rb"(?:\"[^\"<]*+\"|'[^'<]*+')"
_ATTRIBUTE = re.compile(rb"(" + _NAME + rb")\s*+=\s*+(" + _QUOTED + rb")")
_START = re.compile(
    rb"<(" + _NAME + rb")((?:\s++" + _NAME + rb"\s*+=\s*+" + _QUOTED + rb")*+)\s*+(/?)>",
)
_END = re.compile(rb"</(" + _NAME + rb")\s*+>")
_COMMENT = re.compile(rb"<!--(?s:(.*?))-->")
_CDATA = re.compile(rb"<!\[CDATA\[(?s:(.*?))\]\]>")
_INSTRUCTION = re.compile(rb"<\?(?s:.*?)\?>")
_DOCTYPE = re.compile(
    rb"<!DOCTYPE(?:[^\[\"'>]++|\"[^\"]*+\"|'[^']*+')*+"
    rb"(?:\[(?:[^\]\"'<]++|\"[^\"]*+\"|'[^']*+'|<!--(?s:.*?)-->|<\?(?s:.*?)\?>|<(?!!--|\?))*+\]\s*+)?>"
)
_COMMENTED = re.compile(
    rb"(?<![A-Za-z0-9_:.\x80-\xff-])(" + _NAME + rb")\s*+=\s*+(?:\"([^\"<]*+)\"|'([^'<]*+)')"
    rb"|<(" + _NAME + rb")(?:\s[^<>]*+)?>([^<>]++)</"
)

_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_BLANKS = bytes.maketrans(b"\t\r\n", b"   ")


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet. `path` is its own; `called` names its text. `key`: a plist's last `<key>`."""

    tag: bytes
    path: Path
    parent: Path = ()
    called: str = ""
    key: str = ""
    taken: dict[str, int] = field(default_factory=dict)


def _resolve(match: re.Match[str]) -> str:
    if match[1]:
        return _ENTITIES[match[1]]
    code = int(match[2]) if match[2] else int(match[3], 16)
    if not 0 < code <= 0x10FFFF or 0xD800 <= code < 0xE000:
        return match[0]
    return chr(code).encode().decode("latin-1")


def _decode(raw: bytes) -> bytes:
    return _REFERENCE.sub(_resolve, raw.decode("latin-1")).encode("latin-1") if b"&" in raw else raw


def parse(content: bytes) -> list[Binding]:
    """Every attribute and text of XML content, commented-out ones too; `FormatError` for what is not well-formed."""
    found: list[Binding] = []
    root = _Open(b"", ())
    top, stack, rooted = root, [root], False
    at = start_of(content)
    while True:
        sign = content.find(b"<", at)
        _text(found, content, top, at, sign if sign >= 0 else len(content))
        if sign < 0:
            break
        at = sign
        if start := _START.match(content, at):
            if top is root and rooted:
                raise malformed("XML", content, at, "nothing after the root element")
            if len(stack) > MAX_DEPTH:
                raise malformed("XML", content, at, f"at most {MAX_DEPTH} levels of nesting")
            rooted = True
            opened = _element(found, start, top)
            if not start[3]:
                top = opened
                stack.append(top)
            at = start.end()
        elif end := _END.match(content, at):
            if end[1] != top.tag:
                raise malformed("XML", content, at, f"the end of <{text_of(top.tag)}>" if top.tag else "an element")
            stack.pop()
            top, closed = stack[-1], top
            if closed.tag == b"key" and top.tag == b"dict":
                top.key = closed.key
            at = end.end()
        elif comment := _COMMENT.match(content, at):
            _add_commented(found, comment, top.path)
            at = comment.end()
        elif cdata := _CDATA.match(content, at):
            _add(found, content, top, cdata[1].replace(b"\r\n", b"\n"), Span(*cdata.span(1)))
            at = cdata.end()
        elif skipped := _INSTRUCTION.match(content, at) or _DOCTYPE.match(content, at):
            at = skipped.end()
        else:
            raise malformed("XML", content, at, "well-formed markup after '<'")
    if top is not root or not rooted:
        raise malformed("XML", content, len(content), f"the end of <{text_of(top.tag)}>" if top.tag else "an element")
    return name_values(found)


def _element(found: list[Binding], start: re.Match[bytes], top: _Open) -> _Open:
    """The element that starts in `top`; its attributes are added to `found`."""
    step = text_of(start[1])
    if top.tag == b"dict" and step != "key" and top.key:
        step, top.key = top.key, ""
    opened = _Open(start[1], deeper(top.path, sibling(top.taken, step), len(found)), top.path, step)
    for attribute in _ATTRIBUTE.finditer(start.string, *start.span(2)):
        name, raw = text_of(attribute[1]), attribute[2][1:-1]
        value = _decode(raw.replace(b"\r\n", b"\n").translate(_BLANKS))
        span = Span(attribute.start(2) + 1, attribute.end(2) - 1)
        found.append(Binding(name, Secret(value), span, opened.path))
        if name in ("key", "name") and value:
            opened.called = text_of(value)
    return opened


def _text(found: list[Binding], content: bytes, top: _Open, start: int, end: int) -> None:
    """Add the run of text from `start` to `end`, without the blanks around it."""
    raw = content[start:end]
    if text := raw.strip():
        if not top.tag:
            raise malformed("XML", content, start, "an element")
        start += len(raw) - len(raw.lstrip())
        _add(found, content, top, _decode(text.replace(b"\r\n", b"\n")), Span(start, start + len(text)))


def _add(found: list[Binding], content: bytes, top: _Open, value: bytes, span: Span) -> None:
    if not value:
        return
    if top.tag == b"key":
        top.key = text_of(value)
    if top.tag == b"string" and top.parent and top.called == "string":  # an item of a plist's array
        found.append(element(content, value, span, top.parent))
    else:
        found.append(Binding(top.called, Secret(value), span, top.parent))


def _add_commented(found: list[Binding], comment: re.Match[bytes], path: Path) -> None:
    for match in _COMMENTED.finditer(comment.string, *comment.span(1)):
        group = next(index for index in (2, 3, 5) if match[index] is not None)
        name, raw, start = match[1] or match[4], match[group], match.start(group)
        text = raw.strip()
        start += len(raw) - len(raw.lstrip())
        span = Span(start, start + len(text))
        found.append(Binding(text_of(name), Secret(_decode(text)), span, path, commented=True))


FORMATS = {"xml": Format("xml", "XML", parse)}

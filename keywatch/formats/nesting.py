"""What every nested format (JSON, YAML, TOML, HCL, XML) does alike: paths, `NAME=value` elements, named values.

It never reads a format's syntax: that is each format's own file.
"""

from __future__ import annotations

import re
from dataclasses import replace

from keywatch.errors import FormatError
from keywatch.model import Binding, Secret, Span

BOM = b"\xef\xbb\xbf"

#: Deeper content is refused: jq 1.7 stops at the same depth, Python's json at a tenth of it.
MAX_DEPTH = 10_000
#: Paths longer than this are cut, else paths of n nested lists would take n² memory.
MAX_PATH = 48

Path = tuple[str, ...]

# A list element of this shape is an environment entry (docker-compose `environment:`, `docker inspect`'s `Env`).
_ENTRY = re.compile(rb"([A-Za-z_][A-Za-z0-9_.]{0,127})=(?=[^=])")

_NAME_OF_VALUE = {
    "value": ("name", "key"),
    "Value": ("Name", "Key", "OptionName", "Variable"),
    "ParameterValue": ("ParameterKey",),
}
_NAME_KEYS = frozenset(key for keys in _NAME_OF_VALUE.values() for key in keys)


def start_of(content: bytes) -> int:
    """Where the text starts: after a UTF-8 byte order mark."""
    return len(BOM) if content.startswith(BOM) else 0


def text_of(raw: bytes) -> str:
    """A name for people and comparisons: UTF-8, or latin-1 where it is not."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def malformed(format_name: str, content: bytes, at: int, expected: str) -> FormatError:
    """The error for the line in which `at` stands."""
    return FormatError(format_name, content.count(b"\n", 0, at) + 1, expected)


def deeper(path: Path, step: str, ordinal: int) -> Path:
    """`path` and one step more. A path at its greatest length gets the unique `ordinal` for its last step instead."""
    return (*path, step) if len(path) < MAX_PATH else (*path[:-1], f"…{ordinal}")


def sibling(taken: dict[str, int], step: str) -> str:
    """`step`, made unique among the steps `taken` so far: the second `a` becomes `a#1`."""
    count = taken.get(step, 0)
    unique = step
    while count and (unique := f"{step}#{count}") in taken:
        count += 1
    taken[step] = count + 1
    taken.setdefault(unique, 1)
    return unique


def element(content: bytes, value: bytes, span: Span, path: Path, *, commented: bool = False) -> Binding:
    """The binding of a list element: `NAME=value` split at its sign, anything else without a name."""
    entry = _ENTRY.match(value)
    if entry and content.startswith(entry[0], span.start):
        inner = Span(span.start + entry.end(), span.end)
        return Binding(entry[1].decode(), Secret(value[entry.end() :]), inner, path, commented)
    return Binding("", Secret(value), span, path, commented)


def name_values(bindings: list[Binding]) -> list[Binding]:
    """Objects such as `{"name": "AWS_SECRET_ACCESS_KEY", "value": "…"}`: the value gets that name, and the path of the
    list that holds the object, so that the list's objects stand together."""
    objects: dict[Path, dict[str, int]] = {}
    for index, binding in enumerate(bindings):
        if (binding.name in _NAME_OF_VALUE or binding.name in _NAME_KEYS) and not binding.commented:
            objects.setdefault(binding.path, {}).setdefault(binding.name, index)
    for path, fields in objects.items():
        for value_key, name_keys in _NAME_OF_VALUE.items():
            name_at = next((fields[key] for key in name_keys if key in fields), None)
            if value_key in fields and name_at is not None:
                at = fields[value_key]
                name = text_of(bindings[name_at].value.expose())
                bindings[at] = replace(bindings[at], name=name, path=path[:-1])
    return bindings

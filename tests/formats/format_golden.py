"""What the tests of the formats share: golden folders, fake keys made at run time, what must always hold.

A golden folder `tests/golden/FORMAT/CASE` holds `before`, with placeholders such as `@SECRET1@` where a key belongs,
and `bindings.json`, what is to be found once they are filled. After a deliberate change,
`python tests/formats/format_golden.py FORMAT…` writes the expectations anew: read the difference before committing it.
"""

from __future__ import annotations

import json
import random
import re
import string
import sys
from dataclasses import dataclass
from pathlib import Path

from keywatch.errors import FormatError
from keywatch.formats.base import Format, splice
from keywatch.model import Binding

GOLDEN = Path(__file__).parent.parent / "golden"
PLACEHOLDER = re.compile(r"@([A-Z]+)\d+@")

_BASE32 = string.ascii_uppercase + "234567"
_BASE64 = string.ascii_letters + string.digits + "/+"
_KINDS = {
    "ID": lambda r: "AKIA" + "".join(r.choices(_BASE32, k=16)),
    "SECRET": lambda r: r.choice(string.ascii_letters) + "".join(r.choices(_BASE64, k=39)),
    "TOKEN": lambda r: "IQoJb3JpZ2luX2Vj" + "".join(r.choices(_BASE64, k=180)),
    "PASSWORD": lambda r: "".join(r.choices(string.ascii_letters + string.digits, k=20)),
}


def fill(template: str, seed: int = 0) -> str:
    """`template` with each placeholder replaced by a fake key of its kind: the same one for the same seed."""

    def key(found: re.Match[str]) -> str:
        made: str = _KINDS[found[1]](random.Random(f"{seed}{found[0]}"))
        return made

    return PLACEHOLDER.sub(key, template)


@dataclass(frozen=True)
class Case:
    folder: Path

    @property
    def before(self) -> bytes:
        return fill((self.folder / "before").read_bytes().decode()).encode()

    @property
    def expected(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads((self.folder / "bindings.json").read_text())
        return [{**each, "value": fill(str(each["value"]))} for each in found]


def cases(format_name: str) -> list[Case]:
    found = [Case(folder) for folder in sorted((GOLDEN / format_name).iterdir())]
    assert found, f"no golden cases for {format_name}"
    return found


def shown(binding: Binding) -> dict[str, object]:
    return {
        "name": binding.name,
        "value": binding.value.expose().decode(),
        "start": binding.span.start,
        "end": binding.span.end,
        "path": list(binding.path),
        "commented": binding.commented,
    }


def facts(binding: Binding) -> tuple[object, ...]:
    """A binding without its place, its value with every line ending as LF."""
    value = binding.value.expose().replace(b"\r\n", b"\n")
    return binding.name, value, binding.path, binding.commented


def assert_sound(content: bytes, found: list[Binding], *, marked: bool = True) -> None:
    """Spans are in order, inside the content, and never overlap; paths of commented bindings end in `#` if `marked`."""
    at = 0
    for binding in found:
        assert at <= binding.span.start <= binding.span.end <= len(content)
        at = binding.span.end
        assert not marked or binding.commented == (binding.path[-1:] == ("#",))


def names_another(binding: Binding) -> bool:
    """`name: X` beside `value: Y`, and `<key>X</key>` before a value: other bindings change with them."""
    return binding.name in {"name", "key"}


def assert_spliceable(format_: Format, content: bytes, found: list[Binding], value: bytes) -> None:
    """Another plain value in a binding's span is read back in its place, and nothing else changes.

    Not so for what a consumer ignores: another value can make a setting of a line that was none. Nor for values of
    several lines, which stand in blocks with indentation.
    """
    for number, binding in enumerate(found):
        if not binding.value or binding.commented or names_another(binding) or b"\n" in binding.value.expose():
            continue
        edited = splice(content, [(binding.span, value)])
        again = format_.parse(edited)
        wanted = [facts(each) for each in found]
        wanted[number] = (binding.name, value, binding.path, binding.commented)
        assert [facts(each) for each in again] == wanted
        start = again[number].span.start
        assert edited[:start] == content[: binding.span.start]
        assert edited[again[number].span.end :] == content[binding.span.end :]


def assert_golden(format_: Format, case: Case, *, marked: bool = True) -> None:
    """The case is read as expected, and no differently with CRLF, a byte order mark or no last newline."""
    before = case.before
    found = format_.parse(before)
    assert [shown(each) for each in found] == case.expected
    assert_sound(before, found, marked=marked)
    for value in (b"x", b"Another4Value" * 9):
        assert_spliceable(format_, before, found, value)
    for twin in (before.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + before, before.rstrip(b"\n")):
        again = format_.parse(twin)
        assert [facts(each) for each in again] == [facts(each) for each in found]
        assert_sound(twin, again, marked=marked)


def parse_or_refuse(format_: Format, content: bytes) -> list[Binding] | None:
    try:
        return format_.parse(content)
    except FormatError as error:
        assert error.line >= 1
        assert error.__cause__ is None
        return None


def _write(format_name: str) -> None:
    from keywatch.formats import registry

    format_ = registry.find(format_name)
    for case in cases(format_name):
        template = (case.folder / "before").read_bytes().decode()
        names = sorted({found[0] for found in PLACEHOLDER.finditer(template)})
        lines = []
        for each in format_.parse(case.before):
            entry = shown(each)
            for name in names:
                entry["value"] = str(entry["value"]).replace(fill(name), name)
            lines.append(json.dumps(entry, ensure_ascii=False))
        (case.folder / "bindings.json").write_text("[\n  " + ",\n  ".join(lines) + "\n]\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent.parent))
    for name in sys.argv[1:]:
        _write(name)

"""Writes what commands set in `[entries.NAME]`: where the section stands already, else in a file of its own in conf.d.

Every other line stays as it is. What would not read back as exactly what was meant is not written, and the error says
what a person is to write instead. Holds no secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace

from keywatch import atomic
from keywatch.config import CONF_D, FILE_NAME, MAX_BYTES, Config, EntryPolicy, parse_config, read_config
from keywatch.errors import ConfigError, FileReadError, FileWriteError
from keywatch.model import Span
from keywatch.paths import private_dir

_SECTION = re.compile(r"[ \t]*\[")
_KEY = re.compile(r"[ \t]*([A-Za-z0-9_-]+)[ \t]*=")


def toml_text(text: str) -> str:
    """A basic string of TOML: what could fool a terminal stands escaped in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def section_of(entry: str) -> str:
    """The header of an entry's section."""
    return f"[entries.{toml_text(entry)}]"


def set_keys(content: bytes, entry: str, values: Mapping[str, str | None]) -> bytes | None:
    """`content` with these keys of the entry's section set to TOML values, or gone where None.

    None where it has no such section that stands there as a header. Values of several lines are not understood: whoever
    calls this reads back what comes out.
    """
    lines = content.decode("utf-8", "surrogateescape").splitlines(keepends=True)
    bare = re.escape(entry) if "." not in entry else "(?!)"
    head = re.compile(
        rf"[ \t]*\[[ \t]*entries[ \t]*\.[ \t]*(?i:\"{re.escape(entry)}\"|'{re.escape(entry)}'|{bare})[ \t]*\]"
    )
    begin = next((at for at, line in enumerate(lines) if head.match(line)), None)
    if begin is None:
        return None
    end = next((at for at in range(begin + 1, len(lines)) if _SECTION.match(lines[at])), len(lines))
    ending = "\r\n" if lines[begin].endswith("\r\n") else "\n"
    if not lines[begin].endswith("\n"):
        lines[begin] += ending
    left = {name: f"{name} = {value}{ending}" for name, value in values.items() if value is not None}
    kept = []
    for line in lines[begin + 1 : end]:
        found = _KEY.match(line)
        if found is None or found[1] not in values:
            kept.append(line)
        elif found[1] in left:
            kept.append(left.pop(found[1]))
    new = [*lines[: begin + 1], *left.values(), *kept, *lines[end:]]
    return "".join(new).encode("utf-8", "surrogateescape")


def difference(old: bytes, new: bytes) -> tuple[Span, bytes]:
    """The bytes of `old` that differ, and what stands for them in `new`."""
    most = min(len(old), len(new))
    start = next((at for at in range(most) if old[at] != new[at]), most)
    back = next((at for at in range(most - start) if old[-1 - at] != new[-1 - at]), most - start)
    return Span(start, len(old) - back), new[start : len(new) - back]


def write_keys(folder: str, entry: str, values: Mapping[str, str | None], remark: str) -> str:
    """Set keys of an entry's policy in the configuration at `folder`; the path of the file that was written.

    `remark` goes above a section that is made. `ConfigError` where the file says it in a way that can't be edited.
    """
    before = read_config(os.path.join(folder, FILE_NAME))
    path = _file_of(folder, entry) or os.path.join(folder, CONF_D, f"{entry}.toml")
    private_dir(folder)
    where, name = os.path.split(path)
    section = "\n".join(f"{key} = {value}" for key, value in values.items() if value is not None)
    by_hand = f"{path}: write it there yourself, under {section_of(entry)}:\n{section}"
    try:
        with atomic.open_folder(private_dir(where)) as opened, atomic.locked(opened, name):
            content = atomic.read(opened, name, limit=MAX_BYTES) or b""
            new = set_keys(content, entry, values)
            if new is None:
                new = content + (b"\n" if content else b"") + f"# {remark}\n{section_of(entry)}\n{section}\n".encode()
            if not _is_meant(content, new, path, entry, values):
                raise ConfigError(by_hand)
            atomic.replace(opened, name, new)
            after = read_config(os.path.join(folder, FILE_NAME))
            if _policy(after, entry) != _wanted(before, entry, values):
                atomic.replace(opened, name, content)
                raise ConfigError(by_hand)
    except (FileReadError, FileWriteError) as error:
        raise ConfigError(f"{error}; to write by hand under {section_of(entry)}:\n{section}") from None
    return path


def _file_of(folder: str, entry: str) -> str:
    """The file whose section for the entry counts: the last that has one; empty for none."""
    more = os.path.join(folder, CONF_D)
    names = sorted(os.listdir(more)) if os.path.isdir(more) else []
    paths = [os.path.join(more, name) for name in reversed(names) if name.endswith(".toml") and name[0] != "."]
    for path in (*paths, os.path.join(folder, FILE_NAME)):
        try:
            with open(path, "rb") as file:
                if entry.casefold() in parse_config(file.read(MAX_BYTES + 1), path).entries:
                    return path
        except FileNotFoundError:
            continue
    return ""


def _is_meant(old: bytes, new: bytes, path: str, entry: str, values: Mapping[str, str | None]) -> bool:
    """Whether the new text says of the entry what was meant, and of all else what the old one says."""
    before, after = parse_config(old, path), parse_config(new, path)
    others = {name: policy for name, policy in before.entries.items() if name != entry.casefold()}
    same = replace(after, entries={name: after.entries[name] for name in others if name in after.entries})
    return same == replace(before, entries=others) and _policy(after, entry) == _wanted(before, entry, values)


def _policy(config: Config, entry: str) -> EntryPolicy:
    return config.entries.get(entry.casefold()) or EntryPolicy()


def _wanted(config: Config, entry: str, values: Mapping[str, str | None]) -> EntryPolicy:
    """The policy with these values, each as the configuration's own reader has it."""
    text = "".join(f"{key} = {value}\n" for key, value in values.items() if value is not None)
    meant = _policy(parse_config(f"{section_of(entry)}\n{text}".encode(), "what is to be set"), entry)
    return replace(_policy(config, entry), **{key: getattr(meant, key) for key in values})

"""Writes what commands set in `[entries.NAME]`: where the section stands already, else in a file of its own in conf.d.

Every other line stays as it is. What would not read back as exactly what was meant is not written, and the error says
what a person is to write instead. Holds no secret.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
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
    lines = _lines(content)
    found_at = _section(lines, entry)
    if found_at is None:
        return None
    begin, end = found_at
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
    return _joined([*lines[: begin + 1], *left.values(), *kept, *lines[end:]])


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "surrogateescape").splitlines(keepends=True)


def _joined(lines: Sequence[str]) -> bytes:
    return "".join(lines).encode("utf-8", "surrogateescape")


def _section(lines: Sequence[str], entry: str) -> tuple[int, int] | None:
    """Where an entry's section stands as one with a header: that line, and the one after the section's last."""
    bare = re.escape(entry) if "." not in entry else "(?!)"
    head = re.compile(
        rf"[ \t]*\[[ \t]*entries[ \t]*\.[ \t]*(?i:\"{re.escape(entry)}\"|'{re.escape(entry)}'|{bare})[ \t]*\]"
    )
    begin = next((at for at, line in enumerate(lines) if head.match(line)), None)
    if begin is None:
        return None
    return begin, next((at for at in range(begin + 1, len(lines)) if _SECTION.match(lines[at])), len(lines))


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


def carry_policy(folder: str, entry: str, new: str) -> str:
    """Have the policy of an entry count for the name `new` as well; the path of the file that was written, if one was.

    Its section is copied with its comments, so that taking out the old one leaves the file as a person would have it.
    `ConfigError` where the new name has another policy, or the section can't be copied: then nothing was changed.
    """
    before = read_config(os.path.join(folder, FILE_NAME))
    policy, there = before.entries.get(entry.casefold()), before.entries.get(new.casefold())
    if policy is None or policy == there:
        return ""
    path = _file_of(folder, entry)
    if there is not None:
        raise ConfigError(
            f"{path}: {section_of(entry)} and {section_of(new)} say different things of who may have the entry: take "
            "one of them out first"
        )
    target = path
    if os.path.basename(path) == f"{entry}.toml" and _has_nothing_else(path, entry):
        target = os.path.join(os.path.dirname(path), f"{new}.toml")
    try:
        with atomic.open_folder(os.path.dirname(target)) as opened, atomic.locked(opened, os.path.basename(target)):
            old = atomic.read(opened, os.path.basename(target), limit=MAX_BYTES)
            text = _with_copy(_read(path), entry, new) if target == path else _renamed(_read(path), entry, new)
            if text is not None and old is not None and target != path:
                text = old + b"\n" + text
            after = parse_config(text, target) if text is not None else Config()
            if (
                text is None
                or after.entries.get(new.casefold()) != policy
                or not _same_but(old or b"", text, new, target)
            ):
                raise ConfigError(f"{path}: write {section_of(new)} there yourself, with what {section_of(entry)} has")
            mode = stat.S_IMODE(os.stat(path).st_mode)  # the system's agent reads it as another user
            atomic.replace(opened, os.path.basename(target), text, keep_previous=False, mode=mode)
    except (FileReadError, FileWriteError) as error:
        raise ConfigError(str(error)) from None
    if read_config(os.path.join(folder, FILE_NAME)).entries.get(new.casefold()) != policy:
        drop_policy(folder, new)
        raise ConfigError(f"{target}: what is written there of {section_of(new)} does not count")
    return target


def drop_policy(folder: str, entry: str) -> list[str]:
    """Take out the sections of a name, and a file of conf.d that had nothing else; the files where one had to stay."""
    left = []
    for path in _files_of(folder, entry):
        where, name = os.path.split(path)
        try:
            with atomic.open_folder(where) as opened, atomic.locked(opened, name):
                content = atomic.read(opened, name, limit=MAX_BYTES) or b""
                new = _without(content, entry)
                if new is None or not _same_but(new, content, entry, path):
                    left.append(path)
                elif name == f"{entry}.toml" and not _says_something(new):
                    os.unlink(name, dir_fd=opened.fd)
                else:
                    mode = stat.S_IMODE(os.stat(path).st_mode)
                    atomic.replace(opened, name, new, keep_previous=False, mode=mode)
        except (FileReadError, FileWriteError, ConfigError, OSError):
            left.append(path)
    return left


def _with_copy(content: bytes, entry: str, new: str) -> bytes | None:
    """`content` with the entry's section once more under the new name, right behind it."""
    lines = _lines(content)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    found = _section(lines, entry)
    if found is None:
        return None
    begin, end = found[0], _last(lines, *found)
    return _joined([*lines[:end], _head(lines[begin], new), *lines[begin + 1 : end], *lines[end:]])


def _renamed(content: bytes, entry: str, new: str) -> bytes | None:
    lines = _lines(content)
    found = _section(lines, entry)
    return _joined([*lines[: found[0]], _head(lines[found[0]], new), *lines[found[0] + 1 :]]) if found else None


def _without(content: bytes, entry: str) -> bytes | None:
    lines = _lines(content)
    found = _section(lines, entry)
    return _joined([*lines[: found[0]], *lines[_last(lines, *found) :]]) if found else None


def _head(line: str, new: str) -> str:
    """The header line of a section under another name, with what stands behind it."""
    return section_of(new) + line[line.index("]") + 1 :]


def _last(lines: Sequence[str], begin: int, end: int) -> int:
    """The end of a section without the remarks that belong to the next one."""
    while end < len(lines) and end > begin + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip()[0] == "#"):
        end -= 1
    return end


def _says_something(content: bytes) -> bool:
    return any(line.strip() and line.lstrip()[0] != "#" for line in _lines(content))


def _has_nothing_else(path: str, entry: str) -> bool:
    found = _section(lines := _lines(_read(path)), entry)
    return found is not None and not _says_something(_joined([*lines[: found[0]], *lines[found[1] :]]))


def _same_but(old: bytes, new: bytes, entry: str, path: str) -> bool:
    """Whether two texts say the same of all but this entry, of which the old one says nothing."""
    return parse_config(old, path) == _others(parse_config(new, path), entry)


def _read(path: str) -> bytes:
    with atomic.open_folder(os.path.dirname(path)) as opened:
        return atomic.read(opened, os.path.basename(path), limit=MAX_BYTES) or b""


def policy_files(folder: str, entry: str) -> tuple[str, ...]:
    """The files in a configuration folder that say something of an entry, the one that counts first."""
    return tuple(_files_of(folder, entry))


def _file_of(folder: str, entry: str) -> str:
    """The file whose section for the entry counts: the last that has one; empty for none."""
    return next(_files_of(folder, entry), "")


def _files_of(folder: str, entry: str) -> Iterator[str]:
    """Every file that has a section for the entry, the one that counts first."""
    more = os.path.join(folder, CONF_D)
    names = sorted(os.listdir(more)) if os.path.isdir(more) else []
    paths = [os.path.join(more, name) for name in reversed(names) if name.endswith(".toml") and name[0] != "."]
    for path in (*paths, os.path.join(folder, FILE_NAME)):
        try:
            with open(path, "rb") as file:
                if entry.casefold() in parse_config(file.read(MAX_BYTES + 1), path).entries:
                    yield path
        except FileNotFoundError:
            continue


def _is_meant(old: bytes, new: bytes, path: str, entry: str, values: Mapping[str, str | None]) -> bool:
    """Whether the new text says of the entry what was meant, and of all else what the old one says."""
    before, after = parse_config(old, path), parse_config(new, path)
    same = _others(after, entry) == _others(before, entry)
    return same and _policy(after, entry) == _wanted(before, entry, values)


def _others(config: Config, entry: str) -> Config:
    """The configuration without what it says of one entry."""
    return replace(config, entries={name: each for name, each in config.entries.items() if name != entry.casefold()})


def _policy(config: Config, entry: str) -> EntryPolicy:
    return config.entries.get(entry.casefold()) or EntryPolicy()


def _wanted(config: Config, entry: str, values: Mapping[str, str | None]) -> EntryPolicy:
    """The policy with these values, each as the configuration's own reader has it."""
    text = "".join(f"{key} = {value}\n" for key, value in values.items() if value is not None)
    meant = _policy(parse_config(f"{section_of(entry)}\n{text}".encode(), "what is to be set"), entry)
    return replace(_policy(config, entry), **{key: getattr(meant, key) for key in values})

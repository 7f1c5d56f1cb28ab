"""Places that run nothing, or that several accounts read: one literal `AWS_SHARED_CREDENTIALS_FILE=…` for the key.

The name and the value of the first of the key's variables are changed in place, so that quotes, `export` and comments
stay as they were; the others leave with their lines. Environment lines of crontabs are such places too (crontab.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from keywatch.errors import CannotMoveError
from keywatch.formats.registry import find
from keywatch.model import Binding, Span
from keywatch.move.base import Held, Topic
from keywatch.move.draft import Draft
from keywatch.move.ways import pointing
from keywatch.move.ways.base import Way
from keywatch.move.ways.shell_words import drop_variables
from keywatch.move.ways.text import lines_of

#: what a new login reads, and what a service reads when it starts
_LOGIN = ("PAM", "login", "shell", "bash", "systemd user sessions", "csh", "fish")
_SETTER = re.compile(rb"[ \t]*(?:set|setenv)[ \t][^;&|\r\n]*[\r\n]*")


def _apply(held: Held, draft: Draft) -> None:
    content = draft.content(held.path) or b""
    keys = pointing.key_bindings(held)
    pointing.references(held, content)
    system = draft.account.system
    readers = pointing.everybody() if system else pointing.own(draft)
    path = pointing.point(held, draft, readers, exact=not system)
    put_literal(held, draft, keys, path)
    if any(word in held.consumer for word in _LOGIN):
        draft.say(Topic.TODO, "log in again: sessions that run keep the old variables until they end", held.path)
    else:
        draft.say(Topic.TODO, f"restart what reads it ({held.consumer or 'its programs'})", held.path)


def put_literal(held: Held, draft: Draft, keys: Sequence[Binding], path: str) -> None:
    """Have `AWS_SHARED_CREDENTIALS_FILE=path` stand where the first of `keys` is, and the others leave."""
    put_variable(held, draft, keys, pointing.VARIABLE.encode(), path.encode())
    draft.say(
        Topic.AFTER,
        f"{pointing.VARIABLE} stands for the key's variables: AWS clients that see it run keywatch-credential",
        held.path,
    )


def put_variable(held: Held, draft: Draft, keys: Sequence[Binding], name: bytes, value: bytes) -> None:
    """Have the variable stand where the first of `keys` is, written as that one was, and the others leave."""
    content = draft.content(held.path) or b""
    kept = keys[0].name
    if held.format == "shell":
        for span, new in drop_variables(held.path, content, keys, kept, name, value):
            draft.replace(held.path, span, new)
    else:
        for binding in keys:
            line = _logical_line(content, binding.span)
            if held.format in ("fish", "csh") and not _SETTER.fullmatch(content[line.start : line.end]):
                raise CannotMoveError(
                    f"{held.path}: the line does more than set the variable", "split it, and try again"
                )
            if binding.name == kept:
                draft.replace(held.path, _name_of(held, content, line, binding), name)
                draft.replace(held.path, binding.span, value)
            else:
                draft.replace(held.path, line, b"")
    _confirm(held, draft, keys)


def drop_lines(held: Held, draft: Draft, keys: Sequence[Binding]) -> None:
    """Have the settings of `keys` leave a file of variables, for their consumer gets the key by other means."""
    content = draft.content(held.path) or b""
    if held.format == "shell":
        for span, new in drop_variables(held.path, content, keys, "", b"", b""):
            draft.replace(held.path, span, new)
    else:
        for line in {_logical_line(content, binding.span) for binding in keys}:
            draft.replace(held.path, line, b"")
    _confirm(held, draft, keys, stays=False)


def _logical_line(content: bytes, span: Span) -> Span:
    """The lines of a setting, joined by backslashes to the one that holds `span`."""
    line = lines_of(content, span)
    while line.start > 0 and re.search(rb"\\\r?\n\Z", content[max(0, line.start - 3) : line.start]):
        line = Span(lines_of(content, Span(line.start - 1, line.start - 1)).start, line.end)
    while re.search(rb"\\\r?\n\Z", content[max(line.start, line.end - 3) : line.end]) and line.end < len(content):
        line = Span(line.start, lines_of(content, Span(line.end, line.end)).end)
    return line


def _name_of(held: Held, content: bytes, line: Span, binding: Binding) -> Span:
    name = binding.name.encode()
    at = content.rfind(name, line.start, binding.span.start)
    if at < 0:
        raise CannotMoveError(f"{held.path}: the variable's name is split over lines", "write it on one line")
    return Span(at, at + len(name))


def _confirm(held: Held, draft: Draft, keys: Sequence[Binding], *, stays: bool = True) -> None:
    """The new text as its consumer reads it: the literal is there, the key's variables are not, the rest is."""
    parse = find(held.format).parse
    before = [each for each in parse(draft.content(held.path) or b"") if not each.commented]
    after = [each for each in parse(draft.preview(held.path)) if not each.commented]
    gone = {each.value for each in keys}
    kept = sum(stays and each.name == keys[0].name for each in keys)
    others = len(before) - len(keys)
    if any(each.name in pointing.KEYS and each.value in gone for each in after) or len(after) != others + kept:
        raise CannotMoveError(
            f"{held.path}: can't be rewritten without touching its other settings", "change it by hand"
        )


def _suits(held: Held) -> bool:
    if not pointing.is_key_place(held) or "(a leftover)" in held.consumer:
        return False
    if held.format in ("environment", "env-file"):
        return "sshd" not in held.consumer
    return held.format in ("shell", "fish", "csh") and _is_shared(held.consumer)


def _is_shared(consumer: str) -> bool:
    """True for what several accounts read (places/rows.py): for a person's own profile another way is better."""
    return consumer.endswith("of everybody") or consumer.startswith("services (/etc/")


WAYS = (Way("literal", "put a variable there that leads AWS clients to keywatch", _suits, _apply),)

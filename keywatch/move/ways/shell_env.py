"""One guarded line in a shell start-up file: it asks for the entry when the shell starts, and sets nothing on failure.

For keys of any service, under the variables' names as they were. `keywatch env` prints nothing when it fails, and says
why on standard error, so that no empty or half variable is left.
"""

from __future__ import annotations

from keywatch.errors import CannotMoveError
from keywatch.model import Binding, Span
from keywatch.move.base import Held, Topic
from keywatch.move.draft import Draft
from keywatch.move.ways.base import Way
from keywatch.move.ways.literal import drop_lines
from keywatch.move.ways.shell_profile import check_syntax, is_own_profile, say_when
from keywatch.move.ways.text import indent_of, lines_of, newline_of

_LINES = {
    "shell": 'eval "$({})"',
    "fish": "{} | source",
    "csh": 'eval "`{}`"',
}
_SHELLS = {"shell": "sh", "fish": "fish", "csh": "csh"}


def fields_by_name(held: Held) -> dict[str, str]:
    """The variables of the place and the entry's field that each one held. `CannotMoveError` where one has no name."""
    found: dict[str, str] = {}
    for binding, field in _parts(held):
        if not binding.name:
            raise CannotMoveError(f"{held.path}: the key stands in no variable", "change it by hand")
        found[binding.name] = field
    if not found:
        raise CannotMoveError(f"{held.path}: the key stands in no variable", "change it by hand")
    return found


def _parts(held: Held) -> list[tuple[Binding, str]]:
    """The live bindings whose value is a part of the credential, and that part's field."""
    roles = {part.value: part.role.value for part in held.credential.parts}
    return [(each, roles[each.value]) for each in held.bindings if not each.commented and each.value in roles]


def _apply(held: Held, draft: Draft) -> None:
    content = draft.content(held.path) or b""
    names = fields_by_name(held)
    missing = {part.role.value for part in held.credential.parts} - set(names.values())
    if missing:
        raise CannotMoveError(f"{held.path}: not every part of the key stands in a variable", "change it by hand")
    bindings = [binding for binding, _ in _parts(held)]
    words = [f"--as {name}={field}" for name, field in names.items()]
    asked = draft.programs.env_line(held.entry, "--shell", _SHELLS[held.format], *words)
    first = lines_of(content, min(binding.span for binding in bindings))
    line = indent_of(content, first) + _LINES[held.format].format(asked).encode() + newline_of(content)
    drop_lines(held, draft, bindings)
    draft.replace(held.path, Span(first.start, first.start), line)
    check_syntax(held, draft)
    draft.say(
        Topic.AFTER, f"each new shell asks keywatch for {', '.join(names)}, and says so where it gets none", held.path
    )
    draft.say(Topic.WARNING, "every program that the shell starts still sees the key in its environment", held.path)
    say_when(held, draft)


def _suits(held: Held) -> bool:
    return is_own_profile(held) and bool(_parts(held)) and not _is_prefix(held)


def _is_prefix(held: Held) -> bool:
    """True where the variables are set for one command only."""
    return any(binding.path and binding.path[-1].startswith("command") for binding, _ in _parts(held))


WAYS = (Way("env", "have the shell ask keywatch for the variables when it starts", _suits, _apply),)

"""`.env` files and their like: references stand for the values, and `keywatch exec --env-file` fills them in.

The file keeps its names, so that a person sees what the program wants. A program that is started without keywatch
gets the reference as the value, and fails with it in sight; never an empty one.
"""

from __future__ import annotations

from keywatch.errors import CannotMoveError
from keywatch.move.base import Held, Topic
from keywatch.move.draft import Draft
from keywatch.move.ways.base import Way
from keywatch.report.escape import show


def _apply(held: Held, draft: Draft) -> None:
    roles = {part.value: part.role.value for part in held.credential.parts}
    found = [each for each in held.bindings if not each.commented and each.value in roles and each.name]
    if {roles[each.value] for each in found} != set(roles.values()):
        raise CannotMoveError(f"{held.path}: not every part of the key is the value of a name", "change it by hand")
    for binding in found:
        draft.replace(held.path, binding.span, f"keywatch://{held.entry}/{roles[binding.value]}".encode())
    line = draft.programs.exec_line("", "--env-file", show(held.path))
    draft.say(Topic.AFTER, "the file names the entry instead of the key", held.path)
    draft.say(Topic.TODO, f"start the program as: {line} COMMAND", held.path)
    draft.say(
        Topic.WARNING,
        "a program that loads the file by itself gets the reference, which is no key, and fails",
        held.path,
    )


def _suits(held: Held) -> bool:
    return held.format == "dotenv" and not held.consumer.startswith("nobody")


WAYS = (Way("exec", "put references there, which keywatch exec fills in", _suits, _apply),)

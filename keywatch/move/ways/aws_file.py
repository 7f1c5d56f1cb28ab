"""`~/.aws/credentials` and `~/.aws/config`: in the section that held the key, a `credential_process` line.

Id, secret and token leave together, with the same section's duplicates of them; every other line stays. What clients do
with a profile that both files speak of was measured (MOVES.md); where it would change whose key is used, nothing is
done.
"""

from __future__ import annotations

import os

from keywatch.errors import CannotMoveError
from keywatch.model import Binding, Role, Span
from keywatch.move.base import Held, ProfileCheck, Topic
from keywatch.move.draft import Draft
from keywatch.move.ways.base import Way
from keywatch.move.ways.profiles import PROCESS, in_profile, is_key, profile_of, read_file, section_name
from keywatch.move.ways.text import ending_of, indent_of, lines_of


def _apply(held: Held, draft: Draft) -> None:
    content = draft.content(held.path) or b""
    section = _section_of(held)
    profile = profile_of(section)
    own = in_profile(read_file(draft, held.path), profile)
    keys = [binding for binding in own if is_key(binding)]
    _check_values(held, keys)
    _check_section(held, own)
    _check_other_file(held, draft, profile)
    first = lines_of(content, min(each.span for each in keys if each.path == (section,)))
    _put_line(held, draft, content, first)
    for binding in keys:
        line = lines_of(content, binding.span)
        if line != first:
            draft.replace(held.path, line, b"")
    if section_name(section).startswith(("profile ", "default")) and profile:
        draft.profiles.setdefault(held.entry, profile)
    draft.check(ProfileCheck(*_both_files(held.path), profile, held.entry))
    draft.say(Topic.AFTER, f"profile {profile}: AWS clients run keywatch-credential for the key", held.path)


def _section_of(held: Held) -> str:
    """The section whose live settings hold both halves of the key; copies in comments do not count."""
    here = {(each.path, each.value) for each in held.bindings if not each.commented and len(each.path) == 1}
    halves = [held.credential.part(role) for role in (Role.ACCESS_KEY_ID, Role.SECRET_ACCESS_KEY)]
    if any(half is None for half in halves):
        raise CannotMoveError(f"{held.path}: half a key, which no client can use", "delete it, or add its other half")
    paths = [path for path, _ in sorted(here, key=lambda each: each[0])]
    for path in dict.fromkeys([*(half.path for half in halves if half is not None), *paths]):
        if all(half is not None and (path, half.value) in here for half in halves):
            return path[0]
    raise CannotMoveError(
        f"{held.path}: the parts of this key are not settings of one section", "put them into one section"
    )


def _check_values(held: Held, keys: list[Binding]) -> None:
    """What leaves the section must all belong to the credential: another key in a duplicate would be lost."""
    known = {part.value for part in held.credential.parts}
    if any(binding.value and binding.value not in known for binding in keys):
        raise CannotMoveError(
            f"{held.path}: the section holds more than one key", "leave only the one that is used in it"
        )


def _check_section(held: Held, own: list[Binding]) -> None:
    if any(binding.name.lower() == PROCESS for binding in own):
        raise CannotMoveError(
            f"{held.path}: the section has a key and a credential_process, and clients do not agree which they use",
            "remove the one that is wrong",
        )


def _check_other_file(held: Held, draft: Draft, profile: str) -> None:
    """The same profile in the other file: clients agree on one of them only where one is alone."""
    credentials, config = _both_files(held.path)
    here_is_config = os.path.basename(held.path) == os.path.basename(config) and credentials != held.path
    other = credentials if here_is_config else config
    there = in_profile(read_file(draft, other), profile)
    static = [binding for binding in there if is_key(binding)]
    known = {part.value for part in held.credential.parts}
    left = [each for each in static if not draft.edited(other, lines_of(draft.content(other) or b"", each.span))]
    if here_is_config:
        if any(each.name.lower() == PROCESS for each in there) and other not in draft.profiles.values():
            draft.say(Topic.WARNING, f"{other} has a credential_process for profile {profile} too: that one is used")
        return
    if left and any(each.value not in known for each in left):
        raise CannotMoveError(
            f"{other}: profile {profile} has another static key there, which some clients would then use",
            "remove the one that is wrong from one of the files",
        )
    if left:
        draft.say(Topic.WARNING, f"{other} holds the same key for profile {profile}: move both at once")
    if any(each.name.lower() == PROCESS for each in there):
        draft.say(Topic.WARNING, f"{other} has a credential_process for profile {profile} too: it stays unused")


def _both_files(path: str) -> tuple[str, str]:
    """The credentials and the config file that belong together, of which `path` is one."""
    folder, name = os.path.split(path)
    if name == "config":
        return os.path.join(folder, "credentials"), path
    return path, os.path.join(folder, "config")


def _put_line(held: Held, draft: Draft, content: bytes, line: Span) -> None:
    text = f"{PROCESS} = {draft.programs.helper_line(held.entry)}".encode()
    ending = ending_of(content, line)
    draft.replace(held.path, line, indent_of(content, line) + text + ending)
    if not ending:
        draft.say(Topic.AFTER, "the last line keeps having no line ending", held.path)


def _suits(held: Held) -> bool:
    return held.format == "aws-ini" and held.credential.rule == "aws-access-key"


WAYS = (Way("profile", "have AWS clients ask keywatch for the key (credential_process)", _suits, _apply),)

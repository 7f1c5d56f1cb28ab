"""Profiles of the two AWS files: reading them, and giving one to the ways of places that name no profile today.

Region, output and endpoints of the profile that counts today are copied, so that nothing but the key's origin changes.
"""

from __future__ import annotations

import os
import re

from keywatch.errors import CannotMoveError, FormatError
from keywatch.formats.aws_ini import KEY_NAMES, parse
from keywatch.model import Binding, Secret, Span
from keywatch.move.base import Held, ProfileCheck
from keywatch.move.draft import Draft
from keywatch.move.ways.text import ending_of, lines_of, newline_of

PROCESS = "credential_process"
#: settings that say where a profile's credentials come from
_SPEAKS = KEY_NAMES | frozenset(
    b"credential_process role_arn source_profile sso_session sso_start_url sso_account_id web_identity_token_file"
    b" credential_source login_session".split()
)
_NUMBER = re.compile(r"#\d+\Z")


def section_name(step: str) -> str:
    """A section's name as written: without the number that tells duplicates apart."""
    return _NUMBER.sub("", step)


def profile_of(step: str) -> str:
    """The profile that a section's step speaks of: `profile dev` in the config file is dev."""
    name = section_name(step).strip()
    return name[8:].strip().strip("\"'") if name.startswith("profile ") else name


def read_file(draft: Draft, path: str) -> list[Binding]:
    """The bindings of an AWS file; none where there is no file. `CannotMoveError` for one that AWS could not read."""
    content = draft.content(path)
    if content is None:
        return []
    try:
        return [binding for binding in parse(content) if not binding.commented]
    except FormatError as error:
        raise CannotMoveError(f"{path}: {error}", "mend it, and try again") from None


def in_profile(bindings: list[Binding], profile: str) -> list[Binding]:
    """The settings of a profile, those of its nested blocks left out."""
    return [each for each in bindings if len(each.path) == 1 and profile_of(each.path[0]) == profile]


def is_key(binding: Binding) -> bool:
    """True for the four settings that hold a key."""
    return binding.name.lower().encode() in KEY_NAMES


def speaks(binding: Binding) -> bool:
    """True for a setting that says where its profile's credentials come from."""
    return binding.name.lower().encode() in _SPEAKS


def use_profile(held: Held, draft: Draft, base: str = "default", *, named: bool = False) -> str:
    """Have a profile of the account give the entry's key; its name, empty where clients find it unasked.

    The unasked one is `[default]`, where that holds no credentials and no profile is named today. Otherwise a section
    of its own, with the settings that the config file has for `base` (the profile whose settings count today).
    """
    credentials, config = files_of(draft)
    if held.entry in draft.profiles:
        profile = draft.profiles[held.entry]
        return "" if profile == "default" and not named else profile
    if not named and not _speaks_for(draft, credentials, config, "default"):
        _add_process(held, draft, credentials, "default")
        return ""
    _check_free(draft, credentials, config, held.entry)
    _add_process(held, draft, credentials, held.entry)
    _copy_settings(draft, config, base, held.entry)
    return held.entry


def files_of(draft: Draft) -> tuple[str, str]:
    """The two AWS files of the account that the move is for."""
    return os.path.join(draft.account.home, ".aws/credentials"), os.path.join(draft.account.home, ".aws/config")


def _speaks_for(draft: Draft, credentials: str, config: str, profile: str) -> bool:
    """True when a profile already says where its credentials come from."""
    return any(
        each.name.lower().encode() in _SPEAKS
        for path in (credentials, config)
        for each in in_profile(read_file(draft, path), profile)
    )


def _check_free(draft: Draft, credentials: str, config: str, profile: str) -> None:
    for path in (credentials, config):
        if in_profile(read_file(draft, path), profile):
            raise CannotMoveError(f"{path}: there is a profile '{profile}' already", "choose another name with --entry")


def _add_process(held: Held, draft: Draft, path: str, profile: str) -> None:
    line = f"{PROCESS} = {draft.programs.helper_line(held.entry)}\n".encode()
    content = draft.content(path)
    draft.profiles[held.entry] = profile
    draft.check(ProfileCheck(*files_of(draft), profile, held.entry))
    if content is None:
        made = draft.made(path)
        section = f"[{profile}]\n".encode() + line
        if made is None:
            draft.create(path, section)
        else:
            draft.remake(path, made + section)
        return
    header = _header_of(content, profile)
    if header is not None:
        newline = newline_of(content)
        lead = b"" if ending_of(content, header) else newline
        draft.replace(path, Span(header.end, header.end), lead + line.rstrip(b"\n") + (b"" if lead else newline))
        return
    add_at_end(draft, path, f"[{profile}]\n".encode() + line)


def add_at_end(draft: Draft, path: str, lines: bytes) -> None:
    """Append lines to an existing file, on lines of their own, with its line endings."""
    content = draft.preview(path)
    newline = newline_of(content)
    lead = b"" if not content or content.endswith((b"\n", b"\r")) else newline
    end = len(draft.content(path) or b"")
    draft.replace(path, Span(end, end), lead + lines.replace(b"\n", newline))


def _header_of(content: bytes, profile: str) -> Span | None:
    found = re.search(rb"(?m)^[ \t]*\[[ \t]*" + re.escape(profile.encode()) + rb"[ \t]*\][^\r\n]*", content)
    return lines_of(content, Span(found.start(), found.end())) if found else None


def _copy_settings(draft: Draft, config: str, base: str, profile: str) -> None:
    """Give `profile` the settings that counted until now, so that region, output and endpoints stay the same."""
    content = draft.content(config)
    if content is None:
        return
    name = "default" if base == "default" else f"profile {base}"
    kept: list[bytes] = []
    for each in read_file(draft, config):
        if not each.path or profile_of(each.path[0]) != base or each.name.lower().encode() in _SPEAKS:
            continue
        if section_name(each.path[0]).strip() not in (name, f'profile "{base}"', "profile default"):
            continue
        if len(each.path) > 1:
            parent = section_name(each.path[1]).encode()
            if not any(line == parent + b" =" for line in kept):
                kept.append(parent + b" =")
            kept.append(b"  " + each.name.encode() + b" = " + _one_line(each.value))
        else:
            kept.append(each.name.encode() + b" = " + _one_line(each.value))
    if kept:
        add_at_end(draft, config, b"\n".join((f"[profile {profile}]".encode(), *kept)) + b"\n")


def _one_line(value: Secret) -> bytes:
    text = value.expose()
    if b"\n" in text or b"\r" in text:
        raise CannotMoveError("~/.aws/config: a setting goes over several lines", "use --as env for this place")
    return text

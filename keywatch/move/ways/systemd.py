"""systemd services: a key in `Environment=` or in a file of `EnvironmentFile=` becomes a sealed credential of the unit.

A drop-in loads it (`LoadCredentialEncrypted=`) and leads AWS clients to it; the key's words leave the unit, and an
emptied `Environment=` goes whole, for an empty one would reset the others. Where systemd can't do that, the unit's
commands run through `keywatch exec` instead. Measured against systemd 252. Never starts or stops a service.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from keywatch.errors import CannotMoveError
from keywatch.formats.systemd import Setting, each_setting
from keywatch.model import Span
from keywatch.move import sealing
from keywatch.move.base import Held, Topic
from keywatch.move.draft import Draft
from keywatch.move.ways import pointing
from keywatch.move.ways.base import Way
from keywatch.move.ways.literal import drop_lines
from keywatch.move.ways.unit_files import Unit, find_users, unit_of

#: where sealed credentials belong (systemd.exec(5), SetCredential=)
STORE = "/etc/credstore.encrypted"
#: what a variable holds in the unit: the name authenticated in the sealed file
_CREDENTIAL = "aws"
_COMMAND = re.compile(rb"(?P<prefix>[-@:+!|]*)[ \t]*(?P<rest>\S.*)", re.DOTALL)


def _apply_sealed(held: Held, draft: Draft) -> None:
    units = _units_of(held)
    if len(units) > 1 and any(unit.user != units[0].user for unit in units):
        draft.say(
            Topic.WARNING, f"the key goes to each of {len(units)} services, which run as different users", held.path
        )
    path = f"{STORE}/keywatch-{held.entry}"
    lines = f"LoadCredentialEncrypted={_CREDENTIAL}:{path}\nEnvironment={pointing.VARIABLE}=%d/{_CREDENTIAL}\n".encode()
    _take_away(held, draft)
    for unit in units:
        _check_reset(unit, draft)
        draft.create(_drop_in(held, unit), b"[Service]\n" + lines, 0o644)
        pointing.say_hidden(held, draft, pointing.named([unit.user]), exact=True)
    draft.create(path, sealing.seal(_CREDENTIAL, sealing.aws_file(held)), 0o600)
    draft.say(
        Topic.AFTER,
        f"{_names(units)}: systemd opens the sealed key for the service when it starts; AWS clients find it as a file",
        held.path,
    )
    draft.say(
        Topic.WARNING, "a key that is rotated in the vault must be sealed anew: undo, rotate, move again", held.path
    )
    pointing.say_unread(held, draft)
    _reload(held, draft, units)


def _apply_exec(held: Held, draft: Draft) -> None:
    units = _units_of(held)
    _take_away(held, draft)
    for unit in units:
        lines = [b"[Service]"]
        for setting in unit.commands:
            lines += [setting.name.encode() + b"="] if lines[-1].partition(b"=")[0] != setting.name.encode() else []
            lines.append(setting.name.encode() + b"=" + _wrapped(held, draft, unit, setting))
        if len(lines) == 1:
            raise CannotMoveError(f"{unit.path}: has no ExecStart= to wrap", "change it by hand")
        draft.create(_drop_in(held, unit), b"\n".join(lines) + b"\n", 0o644)
        pointing.say_who(held, draft, pointing.named([unit.user]))
    draft.say(
        Topic.AFTER,
        f"{_names(units)}: its commands run through keywatch exec, and not at all without the key",
        held.path,
    )
    draft.say(
        Topic.WARNING,
        f"the socket of the system agent must be in reach of {_names(units)}: RestrictAddressFamilies= needs AF_UNIX"
        if pointing.by_system(draft)
        else f"the vault must be in reach of the service: hardening such as ProtectHome=, and a vault in the OS "
        f"keyring, keep {_names(units)} from it",
        held.path,
    )
    _reload(held, draft, units)


def _wrapped(held: Held, draft: Draft, unit: Unit, setting: Setting) -> bytes:
    command = _COMMAND.fullmatch(setting.value)
    if command is None or b"@" in command["prefix"]:
        raise CannotMoveError(f"{unit.path}: {setting.name}= starts a program under another name", "change it by hand")
    if any(word == b";" for word in setting.value.split()):
        raise CannotMoveError(f"{unit.path}: {setting.name}= holds several commands", "write one on each line")
    return command["prefix"] + draft.programs.exec_line(held.entry).encode() + b" " + command["rest"]


def _units_of(held: Held) -> list[Unit]:
    """The services that get the key from the place."""
    if held.format == "systemd":
        unit = unit_of(held.path)
        if any(part.path != ("Service", "Environment") for part in held.credential.parts):
            raise CannotMoveError(
                f"{held.path}: the key is not in Environment= of a [Service]", "put it there, or into the vault by hand"
            )
        return [unit]
    return find_users(held.path)


def _take_away(held: Held, draft: Draft) -> None:
    content = draft.content(held.path) or b""
    keys = pointing.key_bindings(held)
    pointing.references(held, content)
    if held.format != "systemd":
        drop_lines(held, draft, keys)
        return
    gone = {each.value.expose() for each in keys}
    for setting in each_setting(content):
        if setting.name == "Environment" and setting.section == "Service":
            out = [named is not None and named[0] in pointing.KEYS and named[1] in gone for named in setting.assigned]
            if any(out):
                for span in _words(setting, out):
                    draft.replace(held.path, span, b"")
    if any(
        named and named[0] in pointing.KEYS and named[1] in gone
        for setting in each_setting(draft.preview(held.path))
        for named in setting.assigned
    ):
        raise CannotMoveError(f"{held.path}: the key is in another setting too", "remove it there by hand")


def _words(setting: Setting, out: Sequence[bool]) -> Iterator[Span]:
    """What leaves a line: all of it, or the words with what stands between them and their neighbours."""
    if all(out):
        yield setting.line
        return
    kept = out.index(False)
    if kept:
        yield Span(setting.words[0].start, setting.words[kept].start)
    at = kept + 1
    while at < len(out):
        last = at
        while out[at] and last + 1 < len(out) and out[last + 1]:
            last += 1
        if out[at]:
            yield Span(setting.words[at - 1].end, setting.words[last].end)
        at = last + 1


def _check_reset(unit: Unit, draft: Draft) -> None:
    """A later drop-in that empties the environment would take the variable away again."""
    for path in unit.later_drop_ins:
        settings = each_setting(draft.content(path) or b"")
        if any(each.name == "Environment" and (not each.words or _names_variable(each)) for each in settings):
            raise CannotMoveError(
                f"{path}: resets the environment after keywatch's drop-in", "put its settings into one file"
            )


def _names_variable(setting: Setting) -> bool:
    return any(named is not None and named[0] == pointing.VARIABLE for named in setting.assigned)


def _drop_in(held: Held, unit: Unit) -> str:
    return os.path.join(unit.drop_ins, f"50-keywatch-{held.entry}.conf")


def _reload(held: Held, draft: Draft, units: Sequence[Unit]) -> None:
    user = ("--user",) if units[0].of_user else ()
    draft.reload("systemctl", *user, "daemon-reload")
    words = " ".join(("systemctl", *user, "restart", *(unit.name for unit in units)))
    draft.say(Topic.TODO, f"restart what runs, which keeps the old variables until then: {words}", held.path)
    if held.path.startswith("/run/"):
        draft.say(Topic.WARNING, "what is in /run is gone after the next start of the machine", held.path)


def _names(units: Sequence[Unit]) -> str:
    return ", ".join(unit.name for unit in units)


def _suits_both(held: Held) -> bool:
    if not pointing.is_key_place(held) or "(a leftover)" in held.consumer:
        return False
    if held.format == "systemd":
        return re.search(r"\.service(?:\.d/[^/]+\.conf)?\Z", held.path) is not None
    return held.format in ("shell", "dotenv", "env-file") and bool(find_users(held.path))


def _suits_sealed(held: Held) -> bool:
    return _suits_both(held) and sealing.can_seal() and not _of_user(held)


def _of_user(held: Held) -> bool:
    """True for a unit of a user's manager, which opens no sealed credentials before systemd 256."""
    return re.search(r"/systemd/user/", held.path) is not None


WAYS = (
    Way("unit", "seal the key for the service with systemd-creds", _suits_sealed, _apply_sealed),
    Way("exec", "run the service's commands with keywatch exec", _suits_both, _apply_exec),
)

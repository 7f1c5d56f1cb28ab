"""The file that one literal `AWS_SHARED_CREDENTIALS_FILE=…` points to, and what that variable hides from whom.

The file holds a `[default]` with a `credential_process` line and nothing secret, so everybody may read it; who gets the
key is decided where the helper asks. The readers' own AWS files are looked at, section by section, and never changed.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Sequence

from keywatch.config import parse_config
from keywatch.errors import CannotMoveError, ConfigError, FormatError
from keywatch.formats.aws_ini import parse
from keywatch.model import Binding, Role
from keywatch.move.base import Held, ProfileCheck, Topic
from keywatch.move.draft import Draft
from keywatch.move.ways.profiles import PROCESS, in_profile, profile_of, speaks
from keywatch.places.accounts import Account, accounts
from keywatch.places.read import OPEN_FLAGS
from keywatch.policyfile import difference, set_keys
from keywatch.serve.grants import POLICIES, SYSTEM_FOLDER, grant_text
from keywatch.vault.opening import SYSTEM

VARIABLE = "AWS_SHARED_CREDENTIALS_FILE"
#: the variables of a key, the old name of the token among them
KEYS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"})
#: variables that decide beside a key which credentials a client takes
_RIVALS = frozenset({"AWS_PROFILE", "AWS_DEFAULT_PROFILE", VARIABLE, "AWS_CONFIG_FILE"})
_MOST = 1 << 20
#: names of profiles that a warning lists, and accounts of whom it speaks
_LISTED = 4


def point(held: Held, draft: Draft, readers: Sequence[Account], *, exact: bool) -> str:
    """Have the file made; its path. `readers` are the accounts whose programs see the variable.

    `exact`: nobody else does, so that what would change a reader's identity is refused, not only told.
    """
    if draft.account.system:
        path, mode = f"{SYSTEM_FOLDER}/{held.entry}", 0o644
    else:
        path, mode = os.path.join(draft.account.home, ".config/keywatch/aws", held.entry), 0o600
    content = f"[default]\n{PROCESS} = {draft.programs.helper_line(held.entry)}\n".encode()
    there = draft.content(path)
    if there is None and draft.made(path) is None:
        draft.create(path, content, mode)
    elif (there or draft.made(path)) != content:
        raise CannotMoveError(
            f"{path}: there is such a file already, and it says something else", "use another --entry"
        )
    config = os.path.join(draft.account.home, ".aws/config")
    draft.check(ProfileCheck(path, config, "default", held.entry))
    say_hidden(held, draft, readers, exact=exact)
    say_who(held, draft, readers)
    say_unread(held, draft)
    return path


def say_hidden(held: Held, draft: Draft, readers: Sequence[Account], *, exact: bool) -> None:
    """What the plan says of the readers' AWS files: profiles that the variable hides, credentials that would win."""
    for reader in readers:
        _say_hidden(held, draft, reader, exact=exact)


def say_who(held: Held, draft: Draft, readers: Sequence[Account]) -> None:
    """Who of the readers gets the key: by the system agent's policy, which this writes, or else said in words."""
    if by_system(draft):
        _allow(held, draft, readers)
        return
    others = [reader.name for reader in readers if reader.uid != draft.account.uid]
    if others:
        draft.say(
            Topic.WARNING,
            f"the entry is in {draft.account.name}'s vault: programs that run as {_listed(others)} get the key only "
            "from the system agent (keywatch install --system), and fail with one line until it serves them",
            held.path,
        )


def by_system(draft: Draft) -> bool:
    """True where the system agent gives the key."""
    return draft.programs.vault == ("--vault", SYSTEM)


def _allow(held: Held, draft: Draft, readers: Sequence[Account]) -> None:
    """Have the policy of the entry name the readers; root needs none."""
    uids = {reader.uid for reader in readers} - {0}
    names = _listed(sorted({reader.name for reader in readers if reader.uid})) if uids else ""
    if uids:
        path = f"{POLICIES}/{held.entry}.toml"
        there = draft.content(path)
        text = there if there is not None else draft.made(path)
        if text is None:
            draft.create(path, grant_text(held.entry, uids, system=True).encode(), 0o644)
        else:
            new = _with_uids(path, text, held.entry, uids)
            if new is None:
                raise CannotMoveError(
                    f"{path}: has no line uids = […] to add {names} to", "add it there, or move it as another --entry"
                )
            if there is None:
                draft.remake(path, new)
            elif new != text:
                draft.replace(path, *difference(text, new))
    draft.say(
        Topic.AFTER,
        f"the system agent gives the key to root{' and ' + names if names else ''} alone"
        + (f": {POLICIES}/{held.entry}.toml names who else may have it" if uids else ""),
        held.path,
    )


def _with_uids(path: str, text: bytes, entry: str, uids: set[int]) -> bytes | None:
    """The policy's file with these users added; None where it names none, or can't be read."""
    try:
        policy = parse_config(text, path).entries.get(entry.casefold())
        if policy is None or not policy.uids:
            return None
        new = set_keys(text, entry, {"uids": f"[{_numbers(uids | set(policy.uids))}]"})
        if new is None or set(parse_config(new, path).entries[entry.casefold()].uids) != uids | set(policy.uids):
            return None
    except ConfigError:
        return None
    return new


def _numbers(uids: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(uids)))


def say_unread(held: Held, draft: Draft) -> None:
    """What the plan says of programs that are no AWS clients."""
    draft.say(
        Topic.WARNING,
        "a program that reads the key's variables itself, not through an AWS client, no longer finds them",
        held.path,
    )


def _say_hidden(held: Held, draft: Draft, reader: Account, *, exact: bool) -> None:
    credentials = _settings(os.path.join(reader.home, ".aws/credentials"))
    hidden = sorted({profile_of(each.path[0]) for each in credentials if each.path} - {"default", ""})
    if hidden:
        draft.say(
            Topic.WARNING,
            f"{VARIABLE} hides {reader.home}/.aws/credentials: where it is set, programs of {reader.name} no longer "
            f"find {_plural('profile', hidden)}; where they are used, delete the key here instead and give "
            f"{reader.name} a profile for it",
            held.path,
        )
    config = [each for each in _settings(os.path.join(reader.home, ".aws/config")) if speaks(each)]
    if winning := in_profile(config, "default"):
        why = f"{reader.home}/.aws/config: [default] has {winning[0].name}, which the key overrides today and not after"
        if exact:
            raise CannotMoveError(why, "remove that setting, or name its section otherwise")
        draft.say(Topic.WARNING, f"{why}: programs of {reader.name} would use that identity", held.path)


def _settings(path: str) -> list[Binding]:
    """The settings of an AWS file of anybody's: none where there is none, or none that can be read."""
    with contextlib.suppress(OSError, FormatError):
        fd = os.open(path, OPEN_FLAGS)
        try:
            if stat.S_ISREG(os.fstat(fd).st_mode):
                return [each for each in parse(os.read(fd, _MOST)) if not each.commented]
        finally:
            os.close(fd)
    return []


def everybody() -> list[Account]:
    """The accounts of persons, and root."""
    return [each for each in accounts() if each.uid == 0 or each.uid >= 1000]


def named(names: Iterable[str]) -> list[Account]:
    """The accounts of these names; one that the machine does not know has no files to look at."""
    wanted = set(names)
    return [each for each in accounts() if each.name in wanted]


def own(draft: Draft) -> list[Account]:
    """The account that the move is for, as the only reader."""
    return [Account(draft.account.name, draft.account.uid, draft.account.home)]


def key_bindings(held: Held, path: tuple[str, ...] | None = None, *, alone: bool = True) -> list[Binding]:
    """The live bindings of the credential's variables, in order, at `path` where one is given.

    `CannotMoveError` where something else decides too, or a different key stands before: then taking this one away
    would change who the consumer is. Not `alone`: the key stays in the same variables, whatever stands beside it.
    """
    if held.value(Role.ACCESS_KEY_ID) is None or held.value(Role.SECRET_ACCESS_KEY) is None:
        raise CannotMoveError(f"{held.path}: half a key, which no client can use", "delete it, or add its other half")
    known = {part.value for part in held.credential.parts}
    live = [each for each in held.bindings if not each.commented and path in (None, each.path)]
    if alone and (rival := next((each for each in live if each.name in _RIVALS), None)):
        raise CannotMoveError(
            f"{held.path}: sets {rival.name} beside a key, and clients do not agree which counts",
            f"remove {rival.name}",
        )
    keys = [each for each in live if each.name in KEYS]
    found = [each for each in keys if each.value in known]
    if not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= {each.name for each in found}:
        raise CannotMoveError(
            f"{held.path}: the key is not in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which alone can be replaced",
            "change the program that reads it, or run it through keywatch exec",
        )
    last = max(each.span for each in found)
    if any(each.value and each.value not in known and each.span < last for each in keys):
        raise CannotMoveError(
            f"{held.path}: another key stands before this one and would be used instead", "move that one first"
        )
    return found


def is_key_place(held: Held) -> bool:
    """True for a finding that is an AWS key given by variables outside of a comment."""
    spans = {part.span for part in held.credential.parts}
    return held.credential.rule == "aws-access-key" and any(
        not each.commented and each.name in KEYS and each.span in spans for each in held.bindings
    )


def references(held: Held, content: bytes) -> None:
    """`CannotMoveError` where the place uses the variables itself, for they would be empty then."""
    for name in sorted(KEYS):
        for form in (b"$" + name.encode(), b"${" + name.encode()):
            if form in content:
                raise CannotMoveError(
                    f"{held.path}: uses ${name} itself, which would be empty",
                    "change that line, or move it as --as env",
                )


def _plural(word: str, names: Sequence[str]) -> str:
    return f"{word}{'s' if len(names) > 1 else ''} {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    from keywatch.report.escape import show

    more = len(names) - _LISTED
    return ", ".join(show(name) for name in names[:_LISTED]) + (f" and {more} more" if more > 0 else "")

"""A person's shell start-up files and `.envrc`: the key's variables go, and a profile of the AWS files gives the key.

An exported key wins over every profile; with it gone, clients look at `[default]`, which gets the `credential_process`
when it holds no credentials of its own. Otherwise a new profile does, and one `AWS_PROFILE` stands where the key stood.
"""

from __future__ import annotations

import os
import shutil

from keywatch.errors import CannotMoveError
from keywatch.model import Binding
from keywatch.move.base import Held, SyntaxCheck, Topic
from keywatch.move.draft import Draft
from keywatch.move.ways import pointing
from keywatch.move.ways.base import Way
from keywatch.move.ways.literal import drop_lines, put_variable
from keywatch.move.ways.profiles import use_profile

PROFILE = "AWS_PROFILE"
_PROFILES = frozenset({PROFILE, "AWS_DEFAULT_PROFILE"})
_ELSEWHERE = frozenset({pointing.VARIABLE, "AWS_CONFIG_FILE"})
#: files of a home in which a person may name the profile; of other shells too, for a login reads several
_START_FILES = (
    ".profile", ".bash_profile", ".bash_login", ".bashrc", ".bash_aliases", ".zshenv", ".zprofile", ".zshrc", ".zlogin",
    ".kshrc", ".exports", ".cshrc", ".tcshrc", ".login", ".config/fish/config.fish", ".xprofile", ".pam_environment",
)  # fmt: skip
#: the format and a word of the consumer → who checks the syntax of standard input
_CHECKERS = {
    "fish": ("fish", "-n"),
    "csh": ("tcsh", "-fn"),
    "zsh": ("zsh", "-n"),
    "ksh": ("ksh", "-n"),
    "": ("bash", "-n"),
}


def _apply(held: Held, draft: Draft) -> None:
    content = draft.content(held.path) or b""
    keys = pointing.key_bindings(held, alone=False)
    pointing.references(held, content)
    live = [each for each in held.bindings if not each.commented]
    if rival := next((each for each in live if each.name in _ELSEWHERE), None):
        raise CannotMoveError(
            f"{held.path}: sets {rival.name}, so that it is not known which files clients read", "use --as env"
        )
    named = [each for each in live if each.name in _PROFILES]
    spoken = sum(content.count(variable.encode()) for variable in _PROFILES)
    if spoken > sum(each.name in _PROFILES for each in held.bindings):
        raise CannotMoveError(f"{held.path}: the AWS profile is worked out when the shell starts", "use --as env")
    if named:
        _use_named(held, draft, keys, named)
    else:
        _check_start_files(held, draft)
        profile = use_profile(held, draft)
        if profile:
            put_variable(held, draft, keys, PROFILE.encode(), profile.encode())
        else:
            drop_lines(held, draft, keys)
    check_syntax(held, draft)
    profile = draft.profiles[held.entry]
    draft.say(
        Topic.AFTER, f"the variables are gone: AWS clients take profile {profile}, and it asks keywatch", held.path
    )
    pointing.say_unread(held, draft)
    say_when(held, draft)


def _use_named(held: Held, draft: Draft, keys: list[Binding], named: list[Binding]) -> None:
    """The file names a profile, whose region counts today and whose key does not: the new one takes its place."""
    values = {each.value.expose() for each in named}
    if len(values) != 1:
        raise CannotMoveError(f"{held.path}: names several AWS profiles", "use --as env")
    base = values.pop().decode("utf-8", "replace")
    profile = use_profile(held, draft, base, named=True)
    drop_lines(held, draft, keys)
    for each in named:
        draft.replace(held.path, each.span, profile.encode())


def _check_start_files(held: Held, draft: Draft) -> None:
    """A profile that another file names would win once the key is gone."""
    for name in _START_FILES:
        path = os.path.join(draft.account.home, name)
        if path == held.path:
            continue
        if any(variable.encode() in (draft.content(path) or b"") for variable in _PROFILES):
            raise CannotMoveError(
                f"{path}: speaks of {PROFILE}, which would count once the key is gone", "use --as env"
            )


def check_syntax(held: Held, draft: Draft) -> None:
    """Have the shell that reads the file look at its syntax afterwards, where that shell is installed."""
    name = next((word for word in ("zsh", "ksh") if word in held.consumer), held.format)
    program, option = _CHECKERS.get(name, _CHECKERS[""])
    if found := shutil.which(program):
        draft.check(SyntaxCheck(held.path, (found, option)))


def say_when(held: Held, draft: Draft) -> None:
    """When the change counts."""
    if os.path.basename(held.path) == ".envrc":
        draft.say(Topic.TODO, "run direnv allow: the file has changed", held.path)
    else:
        draft.say(Topic.TODO, "open a new shell: those that run keep the old variables", held.path)


def is_own_profile(held: Held) -> bool:
    """True for a script of shell syntax that is one person's."""
    shared = held.consumer.endswith("of everybody") or held.consumer.startswith("services (/etc/")
    return held.format in ("shell", "fish", "csh") and not shared and not held.consumer.startswith("nobody")


def _suits(held: Held) -> bool:
    return is_own_profile(held) and pointing.is_key_place(held)


WAYS = (Way("profile", "take the variables out and have a profile give the key", _suits, _apply),)

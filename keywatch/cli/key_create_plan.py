"""What `keywatch key create` is to make, as far as it is known without any network. Makes nothing."""

from __future__ import annotations

import argparse
import hashlib
import os
import pwd
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace

from keywatch.aws.code.base import CodedUser
from keywatch.aws.creation import PATH, POLICY_NAME, Wish, tags_of
from keywatch.aws.grant_files import GrantFile
from keywatch.aws.policies.base import UNKNOWN_ACCOUNT, Scope
from keywatch.aws.policies.compose import Policy, compose
from keywatch.aws.policies.parameters import ACCOUNT, PARAMETERS
from keywatch.cli.key_create_arguments import parameter_dest
from keywatch.cli.workbench import find_programs, vault_named
from keywatch.config import CONF_D, FILE_NAME, EntryPolicy, read_config
from keywatch.errors import UsageError
from keywatch.move.draft import Programs
from keywatch.paths import Homes
from keywatch.serve.grants import POLICIES, SYSTEM_FOLDER, grant_text
from keywatch.vault.base import check_given, check_name
from keywatch.vault.opening import KEYRING, SYSTEM

#: an account whose number nobody has told
PLACEHOLDER = "ACCOUNT"
#: IAM, API reference of CreateUser
_USER = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}", re.ASCII)
_BOUNDARY = re.compile(r"arn:aws[a-z-]*:iam::(?:aws|[0-9]{12}):policy/[A-Za-z0-9_+=,.@/-]{1,512}", re.ASCII)
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made, and in words for whom. `policy` is None for a user that is there already."""

    wish: Wish
    policy: Policy | None
    grant: EntryPolicy
    readers: tuple[str, ...]
    minds: tuple[str, ...]

    @property
    def system(self) -> bool:
        """Whether the key goes into the system vault."""
        return self.wish.vault == SYSTEM

    def whom(self) -> str:
        """Who may have the entry."""
        programs = f", through {' or '.join(self.grant.executables)} alone" if self.grant.executables else ""
        if self.system:
            return f"root{' and ' + ', '.join(self.readers) if self.readers else ' alone'}{programs}"
        return f"your programs{programs}" if programs else "every program of yours"

    def coded(self) -> CodedUser:
        """The same as code."""
        wish = self.wish
        assert self.policy is not None  # noqa: S101 - for the type checker
        words = [wish.service, "--host", wish.host, "--existing-user", wish.user]
        words += ["--entry", wish.entry] if wish.entry != wish.service else []
        policy, tags = self.policy, tags_of(wish.service, wish.host)
        return CodedUser(
            wish.user, PATH, POLICY_NAME, tags, policy.document, policy.allows, policy.limits,
            f"keywatch key create {' '.join(words)}", wish.boundary,
        )  # fmt: skip

    def commands(self, programs: Programs) -> list[str]:
        """Ways to use the key, to copy."""
        entry = self.wish.entry
        found = [
            f'aws configure set profile.{entry}.credential_process "{programs.helper_line(entry)}"',
            f"{programs.exec_line(entry)} COMMAND",
        ]
        if self.system:
            found.append(f"Environment=AWS_SHARED_CREDENTIALS_FILE={SYSTEM_FOLDER}/{entry}")
        return found


def draw_up(options: argparse.Namespace, homes: Homes) -> Plan:
    """The plan that the options ask for, in an account that may be unknown. `UsageError` for what makes no sense."""
    service, entry = check_name(options.service), check_given(options.entry or options.service)
    host = _host(options.host)
    if options.existing_user and options.allow:
        raise UsageError("--existing-user: its policy is its own: leave --allow out, or let keywatch make the user")
    user = options.existing_user or _user_name(service, host)
    if not _USER.fullmatch(user):
        raise UsageError(f"{user[:100]!a}: an IAM user's name has 1 to 64 of A-Z a-z 0-9 _ + = , . @ -")
    if options.boundary and (options.existing_user or not _BOUNDARY.fullmatch(options.boundary)):
        raise UsageError("--boundary: expected the ARN of a managed policy, for a user that keywatch is to make")
    account = PLACEHOLDER
    if options.account:
        try:
            account = ACCOUNT(options.account)
        except ValueError as error:
            raise UsageError(f"--account {options.account[:100]!a}: {error}") from None
    code = options.terraform or options.cloudformation
    vault = "" if code else vault_named(options.vault, homes)
    grant, readers, minds = _grant(options, vault)
    wish = Wish(
        service, host, user, account, "aws", entry, vault, existing=bool(options.existing_user),
        boundary=options.boundary, files=() if code or options.replace_policy else _files(entry, grant, vault, homes),
    )  # fmt: skip
    plan = Plan(wish, None, grant, readers, minds)
    return plan if options.existing_user else _with_policy(plan, options)


def in_account(plan: Plan, options: argparse.Namespace, account: str, partition: str) -> Plan:
    """The plan for the account and partition that AWS told."""
    plan = replace(plan, wish=replace(plan.wish, account=account, partition=partition))
    return plan if plan.wish.existing else _with_policy(plan, options, partition)


def _with_policy(plan: Plan, options: argparse.Namespace, partition: str = "") -> Plan:
    given: dict[str, Sequence[str]] = {name: getattr(options, parameter_dest(name)) for name in PARAMETERS}
    if not given["region"]:
        given["region"] = [os.environ[name] for name in _REGIONS if os.environ.get(name)][:1]
    region = next(iter(given["region"]), "")
    expected = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    if region and partition and partition != expected:
        raise UsageError(f"--region {region} is of partition {expected}, and who signs is of {partition}")
    account = UNKNOWN_ACCOUNT if plan.wish.account == PLACEHOLDER else plan.wish.account
    policy = compose(options.allow, given, Scope(account, partition or expected))
    wish = replace(plan.wish, partition=partition or expected, document=policy.text())
    return replace(plan, wish=wish, policy=policy)


def _host(named: str) -> str:
    host = named or re.sub(r"[^A-Za-z0-9_-]+", "-", socket.gethostname().split(".")[0]).strip("-") or "localhost"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", host, re.ASCII):
        raise UsageError(f"--host {host[:100]!a}: expected a machine's name of A-Z a-z 0-9 . _ -")
    return host


def _user_name(service: str, host: str) -> str:
    """SERVICE-HOST; where IAM's 64 characters are too few, cut, and told apart by a digest."""
    name = f"{service}-{host}"
    if len(name) <= 64:
        return name
    return f"{name[:55]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _grant(options: argparse.Namespace, vault: str) -> tuple[EntryPolicy, tuple[str, ...], tuple[str, ...]]:
    """Who may have the entry: the policy, the users in words, and what to mind."""
    accounts = [_account(word) for word in options.user]
    programs = tuple(dict.fromkeys(_program(path) for path in options.executable))
    uids = tuple(sorted({uid for uid, _ in accounts} - {0}))
    if vault == SYSTEM:
        if programs and not uids:
            raise UsageError("--executable: root may read every entry: say --user, too, for whom the program runs")
        return EntryPolicy(uids=uids, executables=programs), tuple(words for uid, words in accounts if uid), ()
    if others := [words for uid, words in accounts if uid != os.geteuid()]:
        raise UsageError(
            f"--user {others[0]}: only the system agent gives keys to other users: as root, with --vault system "
            "(keywatch install --system)"
        )
    if programs and vault == KEYRING:
        raise UsageError(
            "--executable: the OS keyring asks no policy; the agent does, with a vault file (docs/vault.md)"
        )
    minds = ("the agent keeps to the programs; who can open the vault without it, such as you, is not held back",)
    return EntryPolicy(executables=programs), (), minds if programs else ()


def _account(word: str) -> tuple[int, str]:
    try:
        found = pwd.getpwuid(int(word)) if word.isascii() and word.isdigit() else pwd.getpwnam(word)
    except (KeyError, OverflowError):
        raise UsageError(f"--user {word[:100]!a}: there is no such user on this machine") from None
    return found.pw_uid, f"{found.pw_name} (uid {found.pw_uid})"


def _program(path: str) -> str:
    """A program as /proc/PID/exe will have it."""
    real = os.path.realpath(path)
    if not os.path.isabs(path) or not os.path.isfile(real) or not os.access(real, os.X_OK):
        raise UsageError(f"--executable {path[:200]!a}: expected the absolute path of a program that is there")
    try:
        with open(real, "rb") as file:
            script = file.read(2) == b"#!"
    except OSError:
        script = False
    if script:
        raise UsageError(f"--executable {path}: is a script: the kernel names its interpreter, which runs others too")
    return real


def _files(entry: str, grant: EntryPolicy, vault: str, homes: Homes) -> tuple[GrantFile, ...]:
    """The files that say who may have the entry, and for a service of the system the one that it is pointed to."""
    system = vault == SYSTEM
    there = read_config(os.path.join(homes.config, FILE_NAME)).entries.get(entry.casefold())
    files = []
    if grant.uids or grant.executables:
        if there not in (None, grant):
            raise UsageError(
                f"[entries.{entry}] in {homes.config} names others already: change it, or use another --entry"
            )
        path = f"{POLICIES}/{entry}.toml" if system else os.path.join(homes.config, CONF_D, f"{entry}.toml")
        text = grant_text(entry, grant.uids, grant.executables, system=system)
        files += [GrantFile(path, text, 0o644 if system else 0o600)] if there is None else []
    if system:
        helper = find_programs(("--vault", SYSTEM)).helper_line(entry)
        files.append(GrantFile(f"{SYSTEM_FOLDER}/{entry}", f"[default]\ncredential_process = {helper}\n", 0o644))
    return tuple(files)

"""Crontabs: environment lines become one literal, and a key on a job's command line becomes `keywatch exec ENTRY --`.

In a command only what had the key gets it: the one command that the variables were given to, or all that follows an
`export`. `\\%`, the lines of standard input behind a `%`, and every other byte stay. A crontab of the spool is never
written here: crontab(1) does that (spool.py).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tree_sitter import Node

from keywatch.errors import CannotMoveError
from keywatch.formats.crontab import Job, each_job
from keywatch.formats.shell import tree_of
from keywatch.model import Binding
from keywatch.move.base import Held, Topic
from keywatch.move.draft import Draft
from keywatch.move.ways import pointing
from keywatch.move.ways.base import Way
from keywatch.move.ways.literal import put_literal
from keywatch.places.accounts import Account

_FORMATS = ("crontab-system", "crontab-user")
#: what a shell runs itself: no program of that name could be started instead
_OWN_WORDS = frozenset(
    b". : [ alias bg break builtin cd command continue declare eval exec exit export false fg getopts hash jobs let"
    b" local popd pushd read readonly return set shift source test times trap true type typeset ulimit umask unalias"
    b" unset wait time ! { if for while until case function [[".split()
)
_JOINER = re.compile(rb"[ \t]*(?:&&|;(?!;))[ \t]*")
_PLAIN_COMMAND = re.compile(rb"[A-Za-z0-9_./+:@,=-]+")


def _apply_literal(held: Held, draft: Draft) -> None:
    content = draft.content(held.path) or b""
    keys = pointing.key_bindings(held, ())
    pointing.references(held, content)
    jobs = _jobs(held, content)
    first = content.count(b"\n", 0, min(key.span.start for key in keys)) + 1
    readers = _readers(held, draft, [job for job in jobs if job.line > first])
    path = pointing.point(held, draft, readers, exact=True)
    put_literal(held, draft, keys, path)
    _say_common(held, draft)


def _jobs(held: Held, content: bytes) -> list[Job]:
    return each_job(content, system=held.format == "crontab-system")


def _readers(held: Held, draft: Draft, jobs: list[Job]) -> list[Account]:
    """The accounts whose jobs see the variables."""
    if held.format == "crontab-system":
        return pointing.named({job.user for job in jobs})
    return pointing.own(draft)


def _say_common(held: Held, draft: Draft) -> None:
    if not pointing.by_system(draft):
        draft.say(
            Topic.WARNING,
            "a job has no session of its own: a vault in the OS keyring is out of its reach, and a vault file must "
            "open without a person, or be held open by the agent, when the job starts",
            held.path,
        )
    if held.format == "crontab-user" and "kept by hand" in held.consumer:
        draft.say(
            Topic.TODO, f"cron does not read this file itself: install it again with crontab {held.path}", held.path
        )


def _apply_exec(held: Held, draft: Draft) -> None:
    content = draft.content(held.path) or b""
    steps = {part.path for part in held.credential.parts}
    if len(steps) != 1:
        raise CannotMoveError(f"{held.path}: the parts of this key are in different jobs", "put them into one job")
    keys = pointing.key_bindings(held, next(iter(steps)), alone=False)
    job = next((each for each in _jobs(held, content) if (f"line {each.line}",) in steps), None)
    if job is None:
        raise CannotMoveError(f"{held.path}: the key is in no job's command", "change it by hand")
    pointing.references(held, job.command.text)
    for start, end, new in _Command(held, job, draft.programs.exec_line(held.entry).encode()).edits(keys):
        draft.replace(held.path, job.command.span(start, end), new)
    pointing.say_who(held, draft, _readers(held, draft, [job]))
    draft.say(
        Topic.AFTER,
        f"the job on line {job.line} gets the key from keywatch exec, and does not run without it",
        held.path,
    )
    _say_common(held, draft)


class _Command:
    """The edits of one job's command; offsets are those of its text, in which cron's escapes are resolved."""

    def __init__(self, held: Held, job: Job, before: bytes) -> None:
        #: the one that cron starts for this job
        self._shell = _shell_of(held, job)
        self._path = f"{held.path}:{job.line}"
        self._job = job
        self._text = job.command.text
        self._before = before + b" "
        self._root = tree_of(self._text)

    def edits(self, keys: list[Binding]) -> list[tuple[int, int, bytes]]:
        wanted = {key.span.start for key in keys}
        words = [node for node in _each(self._root) if self._sets(node, wanted)]
        if len(words) < len(keys):
            raise self._refusal("the key is inside a quoted command, or not in a plain assignment")
        owners = {(node.parent.start_byte, node.parent.end_byte): node.parent for node in words if node.parent}
        if len(owners) == 1 and (owner := next(iter(owners.values()))).type == "command":
            return self._one_command(owner, words)
        return self._all_that_follows(words)

    def _sets(self, node: Node, wanted: set[int]) -> bool:
        """True for an assignment, or a word `NAME=value` of env(1), whose value begins where a key does."""
        if node.type not in ("variable_assignment", "word", "concatenation"):
            return False
        if node.parent is not None and node.parent.type in ("variable_assignment", "concatenation", "command_name"):
            return False
        text = self._text[node.start_byte : node.end_byte]
        name, equals, rest = text.partition(b"=")
        if not equals or name.decode("ascii", "replace") not in pointing.KEYS:
            return False
        start = node.start_byte + len(name) + 1
        origin = self._job.command.origin
        return bool({origin(start), origin(start + 1)} & wanted) or (rest[:2] == b"$'" and origin(start + 2) in wanted)

    def _refusal(self, why: str) -> CannotMoveError:
        return CannotMoveError(f"{self._path}: {why}", "put the command into a script, and run that with keywatch exec")

    def _one_command(self, command: Node, words: list[Node]) -> list[tuple[int, int, bytes]]:
        """`A=1 B=2 program …`, or the same with env(1)."""
        name = command.child_by_field_name("name")
        if name is None:
            raise self._refusal("the key is given to no command")
        called = self._text[name.start_byte : name.end_byte]
        at = name
        if called in (b"env", b"/usr/bin/env", b"/bin/env") and words[0].start_byte > name.start_byte:
            arguments = [each for each in command.named_children if each.start_byte > name.start_byte]
            found = next((each for each in arguments if b"=" not in (each.text or b"")), None)
            if found is None or (found.text or b"").startswith(b"-"):
                raise self._refusal("env is given options, or no command")
            at, called = found, found.text or b""
        self._check_program(called)
        return [*self._removals(words), (at.start_byte, at.start_byte, self._before)]

    def _check_program(self, called: bytes) -> None:
        if called in _OWN_WORDS or not _PLAIN_COMMAND.fullmatch(called):
            raise self._refusal(
                f"'{called.decode('utf-8', 'backslashreplace')}' is nothing that keywatch exec can start"
            )

    def _removals(self, words: list[Node]) -> list[tuple[int, int, bytes]]:
        """Each word with the blanks behind it."""
        found = []
        for node in words:
            rest = self._text[node.end_byte :]
            found.append((node.start_byte, node.end_byte + len(rest) - len(rest.lstrip(b" \t")), b""))
        return found

    def _all_that_follows(self, words: list[Node]) -> list[tuple[int, int, bytes]]:
        """`export A=1; export B=2; …`: all behind the last of them had the key."""
        statements = self._statements(words)
        first, end = statements[0].start_byte, statements[-1].end_byte
        before = self._text[:first].rstrip()
        if before and not before.endswith(b";"):
            raise self._refusal("what stands before the key decides whether the rest runs")
        kept = self._between(statements)
        joiner = _JOINER.match(self._text, end)
        tail = self._text[joiner.end() :].rstrip() if joiner else b""
        if joiner is None or not tail:
            raise self._refusal("no command follows the one that sets the key")
        stop = joiner.end() + len(tail)
        new = [(first, joiner.end(), kept + self._before)]
        if self._is_simple(joiner.end()):
            return new
        new[0] = (first, joiner.end(), kept + self._before + self._shell + b" -c '")
        new += [(joiner.end() + at.start(), joiner.end() + at.end(), b"'\\''") for at in re.finditer(rb"'", tail)]
        return [*new, (stop, stop, b"'")]

    def _statements(self, words: list[Node]) -> list[Node]:
        """The statements that set or export the key's variables, in order. They must stand on the top level."""
        found: dict[int, Node] = {}
        exported: set[bytes] = set()
        for node in _each(self._root):
            if node.type == "declaration_command" and (node.text or b"").startswith(b"export"):
                named = {(each.text or b"").partition(b"=")[0] for each in node.named_children}
                if named & {key.encode() for key in pointing.KEYS}:
                    exported |= named
                    found[node.start_byte] = node
        for word in words:
            statement = word if word.parent is None or word.parent.type in ("program", "list") else word.parent
            found[statement.start_byte] = statement
            if word.text is None or word.text.partition(b"=")[0] not in exported:
                raise self._refusal("the key's variables are not exported, so no command has them")
        for statement in found.values():
            above = statement.parent
            while above is not None and above.type in ("list", "program"):
                above = above.parent
            if above is not None or statement.type not in (
                "declaration_command",
                "variable_assignment",
                "variable_assignments",
            ):
                raise self._refusal("the key is set inside another command")
        return [found[at] for at in sorted(found)]

    def _between(self, statements: list[Node]) -> bytes:
        """What the statements set beside the key, as one `export` of its own; nothing else may stand between them."""
        others: list[bytes] = []
        at = statements[0].start_byte
        for statement in statements:
            if not re.fullmatch(_JOINER.pattern + rb"|", self._text[at : statement.start_byte]):
                raise self._refusal("another command stands between those that set the key")
            at = statement.end_byte
            for each in statement.named_children if statement.type != "variable_assignment" else [statement]:
                text = each.text or b""
                if text.partition(b"=")[0].decode("ascii", "replace") in pointing.KEYS:
                    continue
                if statement.type != "declaration_command" or each.type not in ("variable_assignment", "variable_name"):
                    raise self._refusal("the statement that sets the key does something else too")
                others.append(text)
        return b"export " + b" ".join(others) + b"; " if others else b""

    def _is_simple(self, at: int) -> bool:
        """True when one plain command, and nothing else, stands behind `at`."""
        children = tree_of(self._text[at:]).named_children
        if len(children) != 1 or children[0].type != "command" or b"=" in self._text[at:].split()[0]:
            return False
        name = children[0].child_by_field_name("name")
        called = (name.text or b"") if name is not None else b""
        return called not in _OWN_WORDS and bool(_PLAIN_COMMAND.fullmatch(called))


def _each(root: Node) -> Iterator[Node]:
    """Every node, in order of where it begins."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _shell_of(held: Held, job: Job) -> bytes:
    """What cron runs the command with: the last SHELL above it, else /bin/sh (crontab(5))."""
    start = job.command.origin(0)
    shell = b"/bin/sh"
    for each in held.bindings:
        if each.name == "SHELL" and not each.commented and each.path == () and each.span.start < start:
            shell = each.value.expose()
    if not _PLAIN_COMMAND.fullmatch(shell):
        raise CannotMoveError(f"{held.path}: its SHELL is no plain path", "put the command into a script")
    return shell


def _in_lines(held: Held) -> bool:
    return all(part.path == () for part in held.credential.parts)


def _suits_literal(held: Held) -> bool:
    return held.format in _FORMATS and pointing.is_key_place(held) and _in_lines(held) and not _is_leftover(held)


def _suits_exec(held: Held) -> bool:
    return held.format in _FORMATS and pointing.is_key_place(held) and not _in_lines(held) and not _is_leftover(held)


def _is_leftover(held: Held) -> bool:
    return "(a leftover)" in held.consumer or os.path.basename(held.path).startswith("tmp.")


WAYS = (
    Way("literal", "put a variable there that leads AWS clients to keywatch", _suits_literal, _apply_literal),
    Way("exec", "run the job's command with keywatch exec", _suits_exec, _apply_exec),
)

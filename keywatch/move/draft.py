"""The files of one move as they were read, and the edits that the ways ask for. Writes nothing.

Every way works on the same draft, so that two places that lead to one file (`~/.aws/config`) become one change of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from keywatch.errors import CannotMoveError, PlaceRefusedError
from keywatch.formats.base import splice
from keywatch.model import Secret, Span
from keywatch.move.base import Account, Change, Check, Cut, How, Note, ReloadStep, Topic

_PLAIN = re.compile(r"[A-Za-z0-9._/-]+")
#: reads a file as `read_place` does: its real path, its bytes, and what identifies it; None where there is no file
Reader = Callable[[str], "Original | None"]


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it was read: `path` is where it really lies, links resolved."""

    path: str
    content: bytes = field(repr=False)
    seen: tuple[int, int, int, int]
    how: How = How.REWRITE
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Programs:
    """How replacements call keywatch: absolute paths, and the words that name the vault unless it is the usual one.

    Only characters that no client of `credential_process` splits or expands (MOVES.md: `[A-Za-z0-9._/-]`).
    """

    helper: str
    keywatch: str
    vault: tuple[str, ...] = ()

    def helper_line(self, entry: str) -> str:
        """What stands after `credential_process =`."""
        return " ".join((self.helper, *self.vault, entry))

    def exec_line(self, entry: str, *options: str) -> str:
        """What stands before a command that needs the entry's variables."""
        return " ".join((self.keywatch, "exec", *self.vault, *options, *((entry,) if entry else ()), "--"))

    def env_line(self, entry: str, *options: str) -> str:
        """What prints the lines that set the entry's variables."""
        return " ".join((self.keywatch, "env", *self.vault, *options, entry))


def check_programs(programs: Programs) -> Programs:
    """`programs` when they can stand in a `credential_process` line. `PlaceRefusedError` otherwise."""
    for word in (programs.helper, programs.keywatch, *programs.vault):
        if not _PLAIN.fullmatch(word):
            raise PlaceRefusedError(
                f"{word}: AWS clients split credential_process lines at other characters than A-Z a-z 0-9 . _ / -: "
                "install keywatch, or lay the vault, where the path has none"
            )
    return programs


@dataclass(slots=True)
class _File:
    original: Original
    edits: list[tuple[Span, bytes, int]] = field(default_factory=list)


class Draft:
    """Edits by file. Paths may be given as the person knows them; links are resolved on reading."""

    def __init__(self, account: Account, programs: Programs, read: Reader) -> None:
        """`read` gives a file's content."""
        self.account = account
        self.programs = programs
        #: profiles that this move makes, by entry
        self.profiles: dict[str, str] = {}
        self.notes: list[Note] = []
        self.checks: list[Check] = []
        self.reloads: list[ReloadStep] = []
        self._read = read
        self._files: dict[str, _File] = {}
        self._real: dict[str, str | None] = {}
        self._made: dict[str, tuple[bytes, int]] = {}

    def content(self, path: str) -> bytes | None:
        """The file as it was when the plan began, None where there is none. Edits' spans refer to this."""
        file = self._file(path)
        return file.original.content if file is not None else None

    def real(self, path: str) -> str:
        """Where the file of that name really lies."""
        file = self._file(path)
        return file.original.path if file is not None else path

    def replace(self, path: str, span: Span, new: bytes) -> None:
        """Have `new` stand for the bytes of `span`. Empty spans insert; insertions at one place keep their order.

        Asking twice for the same edit is one edit. `CannotMoveError` when two edits overlap.
        """
        file = self._file(path)
        if file is None:
            raise CannotMoveError(f"{path}: there is no such file", "look again with keywatch sweep")
        for other, text, _ in file.edits:
            if other == span and text == new and len(span):
                return
            if len(span) and len(other) and span.overlaps(other):
                raise CannotMoveError(f"{path}: two changes touch the same line", "move the findings one at a time")
        file.edits.append((span, new, len(file.edits)))

    def edited(self, path: str, span: Span) -> bool:
        """True when an edit covers all of `span`."""
        file = self._file(path)
        return file is not None and any(e.start <= span.start and span.end <= e.end for e, _, _ in file.edits)

    def create(self, path: str, content: bytes, mode: int = 0o600) -> None:
        """Have a new file made. Asked twice for one path, the contents must be equal."""
        if self._file(path) is not None:
            raise CannotMoveError(f"{path}: there is such a file already", "move it away, and try again")
        if self._made.setdefault(path, (content, mode)) != (content, mode):
            raise CannotMoveError(f"{path}: two parts of this move would make it", "move the findings one at a time")

    def made(self, path: str) -> bytes | None:
        """The content of a file that this move makes."""
        made = self._made.get(path)
        return made[0] if made is not None else None

    def remake(self, path: str, content: bytes) -> None:
        """Give a file that this move makes another content."""
        self._made[path] = (content, self._made[path][1])

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What is asked for within this block counts as a whole, or, when it raises, not at all."""
        kept = (list(self.notes), list(self.checks), list(self.reloads), dict(self.profiles), dict(self._made))
        edits = {path: list(file.edits) for path, file in self._files.items()}
        try:
            yield
        except BaseException:
            self.notes, self.checks, self.reloads, self.profiles, self._made = kept
            for path, file in self._files.items():
                file.edits = edits.get(path, [])
            raise

    def say(self, topic: Topic, text: str, path: str = "") -> None:
        """Add a sentence to the plan, once."""
        note = Note(topic, text, path)
        if note not in self.notes:
            self.notes.append(note)

    def check(self, check: Check) -> None:
        """Have something verified after the change."""
        if check not in self.checks:
            self.checks.append(check)

    def reload(self, *argv: str) -> None:
        """Have a command run after the change."""
        if ReloadStep(argv) not in self.reloads:
            self.reloads.append(ReloadStep(argv))

    def changed(self) -> list[str]:
        """The real paths of existing files that have edits."""
        return [path for path, file in self._files.items() if file.edits]

    def preview(self, path: str) -> bytes:
        """The new content of an existing file."""
        file = self._file(path)
        if file is None:
            raise CannotMoveError(f"{path}: there is no such file", "look again with keywatch sweep")
        return splice(file.original.content, _in_order(file))

    def changes(self, secrets: Sequence[Secret]) -> tuple[Change, ...]:
        """What is to be done, new files first. `secrets` are cut out of every old text that is kept."""
        made = [Change(path, How.CREATE, content, mode=mode) for path, (content, mode) in self._made.items()]
        rewritten = []
        for path in self.changed():
            file = self._files[path]
            original = file.original
            rewritten.append(
                Change(
                    path=path,
                    how=original.how,
                    new=self.preview(path),
                    old=original.content,
                    edits=tuple(_in_order(file)),
                    cuts=find_cuts(original.content, secrets),
                    seen=original.seen,
                    owner=original.owner,
                )
            )
        return (*made, *rewritten)

    def _file(self, path: str) -> _File | None:
        if path not in self._real:
            original = self._read(path)
            self._real[path] = original.path if original is not None else None
            if original is not None:
                self._files.setdefault(original.path, _File(original))
                self._real[original.path] = original.path
        real = self._real[path]
        return self._files[real] if real is not None else None


def _in_order(file: _File) -> list[tuple[Span, bytes]]:
    """The edits by their spans; insertions at one place in the order in which they were asked for."""
    return [(span, new) for span, new, _ in sorted(file.edits, key=lambda edit: (edit[0], edit[2]))]


def find_cuts(content: bytes, secrets: Sequence[Secret]) -> tuple[Cut, ...]:
    """Every occurrence of a secret in `content`, none overlapping another."""
    found: list[Cut] = []
    for secret in sorted(set(secrets), key=len, reverse=True):
        value = secret.expose()
        at = content.find(value) if value else -1
        while at >= 0:
            span = Span(at, at + len(value))
            if not any(span.overlaps(cut.span) for cut in found):
                found.append(Cut(span, secret))
            at = content.find(value, at + len(value))
    return tuple(sorted(found, key=lambda cut: cut.span))

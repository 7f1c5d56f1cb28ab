"""Finding a credential again in a file that is about to be rewritten, this time with its values.

The same engine, formats and pairing as a sweep; the values stay in memory and in `Held` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keywatch.errors import CannotMoveError
from keywatch.model import Binding, Credential, Finding, Place
from keywatch.move.base import Held
from keywatch.places.catalogue import describe
from keywatch.sweep.examine import Examiner
from keywatch.sweep.judge import judge_all
from keywatch.sweep.ruleset import RuleSet
from keywatch.sweep.sighting import FileFacts, Sighting

#: encodings whose text is not the bytes that formats read
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


@dataclass(frozen=True, slots=True)
class Finder:
    """What finding again needs: the installation's key, the rules, and the engine's scan."""

    key: bytes
    rules: RuleSet
    scan: Callable[[bytes], int]


def find_again(finder: Finder, path: str, content: bytes, facts: FileFacts | None, now: float) -> list[Held]:
    """Every credential in `content`, in the order in which it stands there; entries have no name yet.

    `path` names the place and so its format. `CannotMoveError` for an encoding that is never rewritten.
    """
    format_name, consumer = describe(path)
    record = consumer.startswith("nobody")  # an editor's undo file: nothing in it is parsed, all of it is overwritten
    if content.startswith(_WIDE) or (b"\0" in content[:4096] and not record):
        raise CannotMoveError(f"{path}: not plain text (UTF-16, or binary)", "change it in the program that wrote it")
    seen: list[tuple[Sighting, Credential, Sequence[Binding]]] = []
    examiner = Examiner(
        finder.key,
        finder.rules,
        report=lambda _: None,
        trouble=lambda _path, _why: None,
        hold=lambda sighting, credential, bindings: seen.append((sighting, credential, tuple(bindings))),
    )
    examiner.look(content, finder.scan(content), Place(path, (), format_name, "", consumer), facts)
    findings = {finding.id: finding for finding in judge_all((s for s, _, _ in seen), finder.rules.rules, now)}
    return [
        Held(findings[sighting.id], path, format_name, consumer, "", credential, tuple(bindings))
        for sighting, credential, bindings in sorted(seen, key=lambda item: item[0].parts[0].span)
    ]


def find_finding(held: Sequence[Held], wanted: Finding) -> Held | None:
    """The one of `held` that is the finding `wanted`."""
    return next((each for each in held if each.finding.id == wanted.id), None)

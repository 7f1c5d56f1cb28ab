"""Says in one pass over a buffer which of many patterns stand in it: Vectorscan through `hyperscan`, or `re`, slower.

It answers yes or no for each pattern and never where: exact places are found by `re` in the few contents that hit. Each
pattern is reported once at most (HS_FLAG_SINGLEMATCH), so that a content full of matches costs no more than any other.
A pattern may have a hint: another that costs less and is met wherever the pattern is. Then the pass looks for the hint,
and for the pattern only in the contents that have it.
Reads no file: whoever caches `dump()` stores it, and authenticates it before `load`.
"""

from __future__ import annotations

import hashlib
import re
import struct
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any

from keywatch.errors import ConfigError

Buffer = bytes | bytearray | memoryview
#: a pattern's number, its text, its flags
Pattern = tuple[int, str, int]

#: flags of a pattern; the values are Hyperscan's
CASELESS = 1
#: match at least where the pattern does: lets Hyperscan take what it can't match exactly
APPROXIMATE = 128

_SINGLEMATCH = 8
#: ends of matches are remembered one for so many bytes
_STEP = 1024
_MAGIC = b"keywatch.engine/2"
_LENGTH = struct.Struct("<Q")
#: Hyperscan's lengths have 32 bits: of more it would silently see less
_TOO_LONG = 1 << 32
_NO_HINTS: Mapping[int, str] = {}


class PatternError(ConfigError):
    """A pattern that the engine can't take; `number` is the pattern's."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"pattern {number}: {why}")
        self.number = number
        self.why = why


class Engine:
    """Compiled patterns. One engine serves any number of threads.

    `scan` takes a buffer of less than 4 GiB and gives the bits `1 << number` of all patterns that match in it. `hints`
    are, by the numbers of the patterns they stand for, patterns as caseless as those.
    """

    __slots__ = ("_serialize", "scan")

    def __init__(self, patterns: Sequence[Pattern], hints: Mapping[int, str] = _NO_HINTS) -> None:
        library = _hyperscan()
        if library is None or not patterns:
            self.scan = _plain_scan(patterns)
            self._serialize: Callable[[], list[bytes]] = list
            return
        first = tuple((number, hints.get(number, text), flags) for number, text, flags in patterns)
        second = tuple(pattern for pattern in patterns if pattern[0] in hints)
        hinted = sum(1 << number for number, _, _ in second)
        self._set_up(library, hinted, [_compile(library, part) for part in (first, second) if part])

    @classmethod
    def load(cls, under: str, blob: bytes) -> Engine | None:
        """The engine that `dump` made under the same text here; None for any other blob: then compile afresh.

        The blob must come from this program (the caller checks an HMAC): Hyperscan trusts what it loads.
        """
        library = _hyperscan()
        if library is None or not blob.startswith(head := _head(under)):
            return None
        engine = cls.__new__(cls)
        try:
            hinted, *compiled = _unpack(blob[len(head) :])
            databases = [library.loadb(part, library.HS_MODE_BLOCK) for part in compiled]
            engine._set_up(library, int.from_bytes(hinted, "big"), databases)
        except Exception:  # noqa: BLE001 - the extension raises its own kinds, and all of them mean: compile afresh
            return None
        return engine

    def _set_up(self, library: ModuleType, hinted: int, databases: Sequence[Any]) -> None:
        bits = hinted.to_bytes(hinted.bit_length() // 8 + 1, "big")
        self._serialize = lambda: [bits, *map(library.dumpb, databases)]
        self.scan = _scan_with(library, databases[0])
        if hinted:
            self.scan = _confirmed(self.scan, hinted, _scan_with(library, databases[1]))

    def dump(self, under: str) -> bytes:
        """The compiled patterns for `load`; empty where there is nothing worth keeping (no Hyperscan, no patterns).

        `under` names what the patterns were made from, and must change with it.
        """
        parts = self._serialize()
        return _head(under) + b"".join(_LENGTH.pack(len(part)) + part for part in parts) if parts else b""


def _unpack(compiled: bytes) -> list[bytes]:
    parts = []
    while compiled:
        (length,) = _LENGTH.unpack_from(compiled)
        parts.append(compiled[_LENGTH.size : _LENGTH.size + length])
        compiled = compiled[_LENGTH.size + length :]
    return parts


def _scan_with(library: ModuleType, database: Any) -> Callable[[Buffer], int]:
    """One pass with one database: called for every file, so it makes few calls itself."""
    local = threading.local()
    run = database.scan

    def scan(buffer: Buffer) -> int:
        if len(buffer) >= _TOO_LONG:
            raise ValueError("a buffer of 4 GiB or more must be scanned in pieces")
        try:
            scratch = local.scratch
        except AttributeError:
            scratch = local.scratch = library.Scratch(database)
        found = [0]
        run(buffer, _note, 0, found, scratch)
        return found[0]

    return scan


def _confirmed(first: Callable[[Buffer], int], hinted: int, exact: Callable[[Buffer], int]) -> Callable[[Buffer], int]:
    """`first`, but for the bits of `hinted`, which only `exact` can give."""

    def scan(buffer: Buffer) -> int:
        found = first(buffer)
        return found & ~hinted | exact(buffer) if found & hinted else found

    return scan


def _head(under: str) -> bytes:
    """Bytes that change with `under`, with Hyperscan's version and with the kind of machine."""
    version = getattr(_hyperscan(), "__version__", "none")
    facts = "\0".join((under, version, sys.implementation._multiarch, sys.platform, sys.version))
    return _MAGIC + hashlib.sha256(facts.encode("utf-8", "surrogateescape")).digest()


def _hyperscan() -> ModuleType | None:
    """The library, imported on first need (17 ms); None where there is none."""
    try:
        import hyperscan
    except ImportError:
        return None
    library: ModuleType = hyperscan
    return library


def _note(number: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
    found[0] |= 1 << number


def _compile(library: ModuleType, patterns: Sequence[Pattern]) -> Any:
    try:
        return _database(library, patterns)
    except library.error:
        for pattern in patterns:  # one of them is at fault: find it, so that the error can name it
            try:
                _database(library, [pattern])
            except library.error as error:
                raise PatternError(pattern[0], str(error)) from None
        raise ConfigError("the patterns are too many or too large together: remove some of your own rules") from None


def _database(library: ModuleType, patterns: Sequence[Pattern], extra: int = _SINGLEMATCH) -> Any:
    database = library.Database(mode=library.HS_MODE_BLOCK)
    database.compile(
        expressions=[text.encode() for _, text, _ in patterns],
        ids=[number for number, _, _ in patterns],
        elements=len(patterns),
        flags=[flags | extra for _, _, flags in patterns],
    )
    return database


def _plain_scan(patterns: Sequence[Pattern]) -> Callable[[Buffer], int]:
    compiled = []
    always = 0
    for number, text, flags in patterns:
        if flags & APPROXIMATE:  # nobody vouches for its speed on a whole content: let the finder look, in windows
            always |= 1 << number
            continue
        try:
            compiled.append((1 << number, re.compile(text.encode(), re.IGNORECASE if flags & CASELESS else 0)))
        except re.error as error:
            raise PatternError(number, str(error)) from None

    def scan(buffer: Buffer) -> int:
        if len(buffer) >= _TOO_LONG:
            raise ValueError("a buffer of 4 GiB or more must be scanned in pieces")
        found = always
        for bit, pattern in compiled:
            if pattern.search(buffer):
                found |= bit
        return found

    return scan


def locate(pattern: str, flags: int, content: bytes, reach: int) -> list[tuple[int, int]] | None:
    """Disjoint regions, in order, outside of which `pattern` has no match of up to `reach` bytes. Linear time.

    Each ends where a match ends. None without Hyperscan. (Its own way to tell where matches start,
    HS_FLAG_SOM_LEFTMOST, is not used: Vectorscan 5.4.12 crashes on `a+b` and five kilobytes.)
    """
    library = _hyperscan()
    database = _locator(pattern, flags & CASELESS)
    if library is None or database is None:
        return None
    ends: dict[int, int] = {}

    def note(_number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        ends[end // _STEP] = max(end, ends.get(end // _STEP, 0))

    database.scan(content, match_event_handler=note, scratch=library.Scratch(database))
    regions: list[tuple[int, int]] = []
    for step, last in sorted(ends.items()):
        start = max(0, step * _STEP - reach)
        if regions and start < regions[-1][1]:
            start, _ = regions.pop()
        regions.append((start, last))
    return regions


@lru_cache(maxsize=512)
def _locator(pattern: str, flags: int) -> Any:
    """The pattern compiled to report every end of a match; None where it can't be."""
    library = _hyperscan()
    if library is None:
        return None
    try:
        return _database(library, [(0, pattern, flags)], 0)
    except library.error:
        return None

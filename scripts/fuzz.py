"""Fuzzes the parsers and the engine with atheris (libFuzzer): pip install atheris, then

    python scripts/fuzz.py TARGET [libFuzzer options, e.g. -max_total_time=60 -rss_limit_mb=1024 CORPUS_FOLDER]

A TARGET is a name of a format (keywatch/formats/registry.py), or `detect`, `unpack`, `sqlite`, `rules`, `ignore`.
Besides crashes, what must always hold is checked: spans in order and inside the content; editing nothing is nothing.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import atheris

with atheris.instrument_imports(include=["keywatch"]):
    from keywatch.detect import custom
    from keywatch.detect.aws import find_aws
    from keywatch.errors import ConfigError, FormatError
    from keywatch.formats.base import splice
    from keywatch.formats.registry import MODULES, find
    from keywatch.places.sqlite import DatabaseError, rows
    from keywatch.places.unpack import Limits, Stream, unpack
    from keywatch.suppress import parse_ignore
    from keywatch.sweep.ruleset import RuleSet


def parse(name: str) -> Callable[[bytes], None]:
    """The target of a format."""
    format_ = find(name)

    def run(data: bytes) -> None:
        with contextlib.suppress(FormatError):
            found = format_.parse(data)
            at = 0
            for binding in found:
                if not at <= binding.span.start <= binding.span.end <= len(data):
                    raise AssertionError(f"{name}: {binding.span} after {at} in {len(data)} bytes")
                at = binding.span.end
            same = [(each.span, data[each.span.start : each.span.end]) for each in found]
            if splice(data, same) != data:
                raise AssertionError(f"{name}: an edit of nothing changed something")
            find_aws(data, found)

    return run


def detect() -> Callable[[bytes], None]:
    """The engine and everything behind it."""
    rules = RuleSet()
    engine = rules.engine(None, b"")

    def run(data: bytes) -> None:
        from keywatch.detect.blocks import blocks_of
        from keywatch.detect.regions import regions_of
        from keywatch.detect.tokens import find_tokens

        mask = engine.scan(data)
        find_aws(data)
        blocks_of(data)
        regions_of(data, [(text, flags) for bit, text, flags in rules.patterns if mask >> bit & 1])
        find_tokens(data, [rule for bit, rule in rules.rule_bits if mask >> bit & 1])

    return run


def open_archive(data: bytes) -> None:
    """Archives and compressed files."""

    def visit(_via: tuple[str, ...], stream: Stream) -> None:
        while stream.read(1 << 16):
            pass

    unpack(io.BytesIO(data), Limits(bytes=4 << 20, members=200), visit, lambda _via, _why: None)


def open_database(data: bytes) -> None:
    """SQLite files."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        with contextlib.suppress(DatabaseError):
            for _ in rows(file.fileno(), os.fstat(file.fileno()).st_size):
                pass


def load(data: bytes) -> None:
    """Own rules and gitleaks' rule files."""
    with contextlib.suppress(ConfigError):
        custom.load_rules(data, "fuzzed.toml")


def ignore(data: bytes) -> None:
    """Ignore files."""
    with contextlib.suppress(ConfigError):
        parse_ignore(data, "fuzzed", "/")


OTHERS: dict[str, Callable[[], Callable[[bytes], None]]] = {
    "detect": detect,
    "unpack": lambda: open_archive,
    "sqlite": lambda: open_database,
    "rules": lambda: load,
    "ignore": lambda: ignore,
}


def main() -> None:
    """Fuzz the target that the first argument names."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in MODULES and name not in OTHERS:
        sys.exit(f"usage: fuzz.py TARGET …: one of {', '.join([*MODULES, *OTHERS])}")
    target = parse(name) if name in MODULES else OTHERS[name]()
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

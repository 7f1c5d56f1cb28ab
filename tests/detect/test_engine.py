"""The engine: Hyperscan and the fallback say the same, threads share it, stale blobs are refused."""

from __future__ import annotations

import random
import re
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keywatch.detect import engine as engine_module
from keywatch.detect.engine import CASELESS, Engine, PatternError, locate
from keywatch.detect.examples import expand
from keywatch.detect.rule import Rule
from keywatch.detect.rules import RULES
from keywatch.detect.tokens import patterns
from keywatch.errors import ConfigError

pytest.importorskip("hyperscan")
SOME = ((0, r"ghp_[a-z0-9]{4}", 0), (5, r"secret[_ ]{0,2}key", CASELESS), (130, r"\bSK[0-9a-f]{3}\b", 0))
TABLE = patterns(RULES)
FAST = Engine(TABLE)


def plain(table: tuple[tuple[int, str, int], ...]) -> Engine:
    """The engine as it is where hyperscan can't be imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "hyperscan", None)
        return Engine(table)


SLOW = plain(TABLE)


def test_bits_are_the_numbers_of_the_patterns() -> None:
    for engine in (Engine(SOME), plain(SOME)):
        assert engine.scan(b"") == 0
        assert engine.scan(b"ghp_ab1c") == 1
        assert engine.scan(b"SECRET_KEY ghp_0000 ghp_0000") == 1 | 1 << 5
        assert engine.scan(b"xSKabc SKabcd SKab") == 0
        assert engine.scan(b"(SKabc)") == 1 << 130


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda b: memoryview(bytearray(b))[0 : len(b)]])
def test_any_buffer(kind: type) -> None:
    for engine in (Engine(SOME), plain(SOME)):
        assert engine.scan(kind(b"..ghp_ab1c")) == 1


def test_an_engine_of_nothing() -> None:
    empty = Engine([])
    assert empty.scan(b"anything") == 0
    assert empty.dump("nothing") == b""


def _pieces() -> st.SearchStrategy[bytes]:
    texts = [text for rule in RULES for text in (*rule.examples, *rule.near_misses)]
    return st.one_of(
        st.builds(expand, st.sampled_from(texts), st.integers(0, 9)),
        st.binary(max_size=20),
        st.sampled_from([b"\n", b"\r\n", b"\x0b", b" ", b"\\n", b'"', b"_", b"=", b"SECRET_KEY", b"\xff", b"\x00"]),
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(_pieces(), max_size=6), st.data())
def test_both_engines_say_the_same(pieces: list[bytes], data: st.DataObject) -> None:
    content = bytearray(b"".join(pieces))
    for _ in range(data.draw(st.integers(0, 2)) if content else 0):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert FAST.scan(content) == SLOW.scan(content)


def test_a_hint_gives_way_to_its_pattern() -> None:
    engine = Engine(SOME, {0: "ghp_"})
    again = Engine.load("these", engine.dump("these"))
    assert again is not None
    for scan in (engine.scan, again.scan):
        assert scan(b"ghp_ab1c secretkey") == 33
        assert scan(b"ghp_ secretkey") == 32, "the hint alone is no match"
        assert scan(b"ghp_") == 0
    assert Engine(SOME, {0: "met nowhere"}).scan(b"ghp_ab1c secretkey") == 32, "only the hint is looked for"


#: the engine is told less of them than what is exact; of private keys it is told more: that there is something inside
SHORTER = [rule for rule in RULES if rule.exact and "-----BEGIN" not in rule.pattern]


@pytest.mark.parametrize("rule", SHORTER, ids=lambda rule: rule.id)
def test_what_the_engine_looks_for_is_in_all_that_is_exact(rule: Rule) -> None:
    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(re.compile(rule.exact.encode())))
    def check(content: bytes) -> None:
        assert re.compile(rule.pattern.encode()).search(content)

    check()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_hint_is_met_wherever_its_pattern_is(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from([rule for rule in RULES if rule.hint]))
    flags = re.IGNORECASE if rule.caseless else 0
    for text in (rule.pattern, rule.exact or rule.pattern):
        content = data.draw(st.from_regex(re.compile(text.encode(), flags)))
        assert re.compile(rule.hint.encode(), flags).search(content)
        assert re.compile(rule.pattern.encode(), flags).search(content)


def test_threads_share_an_engine() -> None:
    engine = Engine(SOME)
    contents = [(b"x" * 5000 + b"ghp_ab1c", 1), (b"y" * 5000 + b"secretkey", 32), (b"z" * 5000, 0)]
    wrong: list[int] = []

    def work(seed: int) -> None:
        source = random.Random(seed)
        for _ in range(300):
            content, expected = source.choice(contents)
            if engine.scan(content) != expected:
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_dump_loads() -> None:
    blob = Engine(SOME).dump("these")
    again = Engine.load("these", blob)
    assert again is not None
    assert again.scan(b"secretkey") == 32
    assert again.dump("these") == blob


def test_a_stale_blob_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import hyperscan

    blob = Engine(SOME, {0: "ghp_"}).dump("these")
    assert Engine.load("these", blob) is not None
    assert Engine.load("those", blob) is None, "made from something else"
    assert Engine.load("these", b"") is None
    for length in (20, 45, 60, len(blob) // 2, len(blob) - 7):
        assert Engine.load("these", blob[:length]) is None, "cut short"
    assert Engine.load("these", blob[:200] + bytes([blob[200] ^ 1]) + blob[201:]) is None, "a flipped bit"
    monkeypatch.setattr(hyperscan, "__version__", "0.0.0")
    assert Engine.load("these", blob) is None, "another version"


def test_a_blob_is_of_no_use_without_hyperscan(monkeypatch: pytest.MonkeyPatch) -> None:
    blob = Engine(SOME).dump("these")
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert Engine.load("these", blob) is None
    assert Engine(SOME).dump("these") == b""


@pytest.mark.parametrize("make", [Engine, plain])
def test_a_pattern_that_can_not_be_is_named(make: type) -> None:
    with pytest.raises(PatternError) as caught:
        make(((3, "fine", 0), (9, "(not", 0)))
    assert caught.value.number == 9
    assert isinstance(caught.value, ConfigError)


def test_a_storm_of_matches_calls_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    note = engine_module._note

    def counting(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        note(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(engine_module, "_note", counting)
    assert Engine(SOME).scan(b"ghp_ab1c " * 50_000) == 1
    assert calls == 1


def test_locate_gives_disjoint_regions_in_order() -> None:
    content = b"..aaab...aab" + b"." * 5000 + b"ab" + b"." * 50
    assert locate("a+b", 0, content, 100) == [(0, 12), (4 * 1024 - 100, 5014)]
    assert locate("A+B", CASELESS, b"xaab", 100) == [(0, 4)]
    assert locate("a+b", 0, b"ab" * 5000, 100) == [(0, 10_000)]
    assert locate("zz", 0, content, 100) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([b"key=", b"12345678", b"x" * 700, b"\n", b"key=1"]), max_size=30))
def test_no_match_ends_outside_the_regions(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    regions = locate("key=[0-9]{4,}", 0, content, 500)
    assert regions is not None
    for match in re.finditer(rb"key=[0-9]{4,}", content):
        assert any(start <= match.start() and match.end() <= end for start, end in regions)


def test_locate_without_hyperscan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert locate("a", 0, b"a", 1) is None

"""What files turn out to hold: encodings, archives, databases; broken and hostile ones among them."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import sqlite3
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.places.encoding import LineIndex, suspect_wide, to_ascii_compatible
from keywatch.places.magic import is_container
from keywatch.places.sqlite import DatabaseError, rows
from keywatch.places.unpack import Limits, unpack

WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
LETTERS = st.characters(min_codepoint=32, max_codepoint=126)


@given(st.text(LETTERS | st.just("\n"), min_size=8), st.sampled_from(WIDE), st.booleans())
def test_wide_text_comes_back(text, encoding, mark):
    data = (("\ufeff" if mark else "") + text).encode(encoding)
    assert suspect_wide(data)
    assert to_ascii_compatible(data) == (text.encode(), encoding)


@given(st.binary())
def test_any_bytes_have_an_encoding(data):
    plain, name = to_ascii_compatible(data)
    assert name in ("utf-8", "latin-1", "binary", *WIDE)
    if name in ("utf-8", "latin-1"):
        assert plain == data


@given(st.text(st.characters(exclude_characters="\r\x85\u2028\u2029", codec="utf-8")), st.data())
def test_lines_and_columns_are_those_of_an_editor(text, data):
    at = data.draw(st.integers(0, len(text)))
    before = text[:at]
    offset = len(before.encode())
    wanted = (before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
    line, column = LineIndex(text.encode()).locate(offset)
    assert line == wanted[0]
    if not (line == 1 and text.startswith("\ufeff")):
        assert column == wanted[1]


def test_a_mark_is_no_column_and_a_lone_return_ends_a_line():
    assert LineIndex(codecs.BOM_UTF8 + b"key").locate(3) == (1, 1)
    assert LineIndex(b"a\rb\rkey").locate(4) == (3, 1)
    assert LineIndex("gr\xf6\xdfe=key".encode("latin-1")).locate(6) == (1, 7)


def opened(data: bytes, **limits: int) -> tuple[dict[tuple[str, ...], bytes], dict[tuple[str, ...], str], bool]:
    """What unpacking gives: contents and problems by the way to them, and whether all was read."""
    contents: dict[tuple[str, ...], bytes] = {}
    problems: dict[tuple[str, ...], str] = {}

    def visit(via, stream):
        pieces = []
        while piece := stream.read(1 << 16):
            pieces.append(piece)
        contents[via] = b"".join(pieces)

    whole = unpack(io.BytesIO(data), Limits(**limits), visit, lambda via, why: problems.update({via: why}))
    return contents, problems, whole


def tar(members: dict[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


PACKERS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("kind", PACKERS)
@given(data=st.binary(max_size=3000))
def test_what_was_packed_comes_out(kind, data):
    if is_container(data) is None:
        assert opened(PACKERS[kind](data)) == ({(): data}, {}, True)


@pytest.mark.parametrize("kind", PACKERS)
def test_several_streams_and_padding_are_one(kind):
    pack = PACKERS[kind]
    assert opened(pack(b"one ") + pack(b"two"))[0] == {(): b"one two"}
    assert opened(pack(b"one") + bytes(512))[0] == {(): b"one"}


@pytest.mark.parametrize("kind", PACKERS)
def test_a_stream_cut_short_is_read_to_its_end_and_named(kind):
    packed = PACKERS[kind](os.urandom(900_000))
    contents, problems, whole = opened(packed[: len(packed) // 2])
    assert not whole
    assert len(problems) == 1
    if kind == "gzip":
        assert len(contents[()]) > 100_000


def test_names_of_members_lead_nowhere():
    odd = {"../../etc/passwd": b"a", "/etc/shadow": b"b", "x\ny": b"c", "": b"d"}
    contents, _, _ = opened(tar(odd))
    assert set(contents.values()) >= {b"a", b"b", b"c"}
    assert not os.path.exists("x\ny")


def test_links_devices_and_holes_of_an_archive_are_passed_over():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
            member = tarfile.TarInfo(f"kind{kind!r}")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert opened(out.getvalue()) == ({}, {}, True)


def test_nesting_has_a_bound():
    data = b"key"
    for _ in range(5):
        data = gzip.compress(data)
    contents, problems, whole = opened(data, depth=3)
    assert contents == {}
    assert not whole
    assert "more than 3 times" in problems[()]
    assert opened(data, depth=6)[0] == {(): b"key"}


def test_a_bomb_is_read_to_its_bound():
    """What comes out is counted, across all members and levels: a thousandfold archive costs what its bound says."""
    layer = zipped({f"{n}.txt": bytes(1 << 20) for n in range(40)})
    bomb = zipped({f"{n}.zip": layer for n in range(40)})
    contents, problems, whole = opened(bomb, bytes=20 << 20)
    assert not whole
    assert sum(map(len, contents.values())) <= 20 << 20
    assert any("more than 20 MiB" in why for why in problems.values())


def test_members_have_a_bound():
    contents, problems, whole = opened(zipped({f"{n}": b"x" for n in range(100)}), members=50)
    assert len(contents) == 50
    assert "more than 50 members" in problems[()]
    assert not whole


def test_a_member_with_a_password_is_named_and_the_others_read():
    data = bytearray(zipped({"open": b"one", "locked": b"two"}))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.rfind(mark)
        data[at + flags] |= 1
    contents, problems, whole = opened(bytes(data))
    assert contents == {("open",): b"one"}
    assert problems == {("locked",): "encrypted"}
    assert not whole


@given(st.data(), st.sampled_from(["zip", "tar", "tgz", "gzip", "bzip2", "xz"]))
def test_any_damage_is_told_and_never_raised(data, kind):
    packed = {
        "zip": zipped({"a": b"one" * 99, "b": b"two" * 99}), "tar": tar({"a": b"one" * 99}),
        "tgz": tar({"a": b"one" * 99}, "w:gz"), **{name: pack(b"one" * 99) for name, pack in PACKERS.items()},
    }[kind]  # fmt: skip
    damaged = bytearray(packed)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    opened(bytes(damaged[: data.draw(st.integers(1, len(damaged)))]))


def read_rows(path) -> dict[str, bytes]:
    fd = os.open(path, os.O_RDONLY)
    try:
        return dict(rows(fd, os.fstat(fd).st_size))
    finally:
        os.close(fd)


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "x.db"
    db = sqlite3.connect(path)
    yield path, db
    db.close()


def test_texts_and_blobs_of_every_table_are_read(database):
    path, db = database
    db.execute("create table plain (a text, n integer, b blob)")
    db.execute("create table keyed (k text primary key, v text) without rowid")
    db.execute('create table "odd ""name""" (v text)')
    db.execute("insert into plain values ('one', 7, x'74776f')")
    db.execute("insert into keyed values ('k', 'three')")
    db.execute('insert into "odd ""name""" values (\'four\')')
    db.commit()
    assert read_rows(path) == {
        "plain:1": b"a: one\nb: two\n", "keyed:1": b"k: k\nv: three\n", 'odd "name":1': b"v: four\n",
    }  # fmt: skip


def test_views_triggers_and_virtual_tables_are_never_run(database):
    path, db = database
    db.execute("create table t (v text)")
    db.execute("insert into t values ('x')")
    db.execute("create view w as select v || 'from a view' from t")
    db.execute("create virtual table f using fts5(body)")
    db.execute("insert into f values ('indexed text')")
    db.commit()
    found = read_rows(path)
    assert found["t:1"] == b"v: x\n"
    assert not any(name.startswith(("w:", "f:")) for name in found)


def test_a_schema_that_lies_is_refused(database):
    path, db = database
    db.execute("create table t (v text)")
    db.execute("insert into t values ('x')")
    db.execute("pragma writable_schema=on")
    db.execute(
        "update sqlite_master set sql = 'create table t (v text, w text generated always as (load_extension(v)))'"
    )
    db.commit()
    try:
        found = read_rows(path)
    except DatabaseError:
        return
    assert all(b"load" not in value for value in found.values())


@given(st.data())
def test_any_damage_of_a_database_is_told(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.db"
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path)
    db.execute("create table t (v text)")
    db.executemany("insert into t values (?)", [("x" * 50,)] * 100)
    db.commit()
    db.close()
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(16, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(100, len(content)))])
    try:
        read_rows(path)
    except DatabaseError as error:
        assert "x" * 50 not in str(error)


def test_too_large_a_database_is_left_to_the_plain_scan(tmp_path):
    path = tmp_path / "large.db"
    path.write_bytes(b"SQLite format 3\0")
    fd = os.open(path, os.O_RDONLY)
    with pytest.raises(DatabaseError, match="more than 256 MiB"):
        list(rows(fd, 1 << 30))
    os.close(fd)

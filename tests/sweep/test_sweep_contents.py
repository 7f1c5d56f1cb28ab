"""What a sweep finds, and where it says that it lies: the real program over real files of every wrapping."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import sqlite3
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from fakes import Fakes
from sweeping import Station


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "tree"
    path.mkdir()
    return path


def profile(key_id: str, secret: str) -> str:
    return f"# mine\nexport AWS_ACCESS_KEY_ID={key_id}\nexport AWS_SECRET_ACCESS_KEY='{secret}'\n"


def crontab(key_id: str, secret: str) -> bytes:
    return f"# jobs\n\n0 1 * * * root AWS_ACCESS_KEY_ID={key_id} AWS_SECRET_ACCESS_KEY={secret} backup\n".encode()


def test_a_pair_is_one_finding_with_both_lines(station: Station, tree: Path) -> None:
    fakes = Fakes(1)
    key_id, secret = fakes.key_id(), fakes.secret()
    (tree / "profile").write_text(profile(key_id, secret))
    swept = station.sweep(tree)
    assert swept.status == 1
    (finding,) = swept.findings
    assert finding["rule"] == "aws-access-key"
    assert finding["kind"] == "long-lived"
    assert [(part["role"], part["line"], part["column"]) for part in finding["parts"]] == [
        ("access_key_id", 2, 26),
        ("secret_access_key", 3, 31),
    ]
    assert finding["parts"][0]["masked"] == f"{key_id[:4]}…{key_id[-4:]}"
    assert secret not in swept.raw + swept.err
    assert key_id not in swept.raw + swept.err


def test_the_same_key_at_two_places_is_one_identity(station: Station, tree: Path) -> None:
    fakes = Fakes(2)
    text = profile(fakes.key_id(), fakes.secret())
    (tree / "a").write_text(text)
    (tree / "b.sh").write_text(text)
    swept = station.sweep(tree)
    assert len(swept.findings) == 2
    assert len({finding["identity"] for finding in swept.findings}) == 1
    assert len({finding["id"] for finding in swept.findings}) == 2


def packed(kind: str, data: bytes) -> bytes:
    if kind == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("etc/crontab", data)
        return out.getvalue()
    if kind == "tar":
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            member = tarfile.TarInfo("etc/crontab")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        return out.getvalue()
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[kind]
    return pack(data)


@pytest.mark.parametrize(
    ("kinds", "via"),
    [
        (("gz",), ()),
        (("bz2",), ()),
        (("xz",), ()),
        (("zip",), ("etc/crontab",)),
        (("tar",), ("etc/crontab",)),
        (("tar", "gz"), ("etc/crontab",)),
        (("tar", "bz2"), ("etc/crontab",)),
        (("tar", "xz"), ("etc/crontab",)),
        (("zip", "tar"), ("etc/crontab", "etc/crontab")),
        (("gz", "zip"), ("etc/crontab",)),
        (("tar", "gz", "zip", "xz"), ("etc/crontab", "etc/crontab")),
    ],
    ids="+".join,
)
def test_archives_are_opened(station: Station, tree: Path, kinds: tuple[str, ...], via: tuple[str, ...]) -> None:
    fakes = Fakes(3)
    data = crontab(fakes.key_id(), fakes.secret())
    for kind in kinds:
        data = packed(kind, data)
    (tree / "backup").write_bytes(data)
    (finding,) = station.sweep(tree).findings
    assert tuple(finding["place"]["via"]) == via
    assert [part["line"] for part in finding["parts"]] == [3, 3]


def test_a_place_in_an_archive_is_named_for_a_person(station: Station, tree: Path) -> None:
    fakes = Fakes(4)
    (tree / "backup.tgz").write_bytes(packed("gz", packed("tar", crontab(fakes.key_id(), fakes.secret()))))
    done = station.run("sweep", "--quiet", tree)
    assert f"{tree}/backup.tgz!etc/crontab:3" in done.stdout.decode()


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "latin-1"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_encodings_are_read_and_lines_counted(station: Station, tree: Path, encoding: str, newline: str) -> None:
    fakes = Fakes(5)
    text = "# größe\n" * 40 + profile(fakes.key_id(), fakes.secret())
    (tree / "profile").write_bytes(text.replace("\n", newline).encode(encoding))
    assert station.sweep(tree).lines("profile") == {"access_key_id": [42], "secret_access_key": [43]}


def test_what_is_wrapped_in_text_is_found(station: Station, tree: Path) -> None:
    def text(name: str, wrap: object) -> None:
        fakes = Fakes(sum(name.encode()))
        key_id, secret = fakes.key_id(), fakes.secret()
        (tree / name).write_text(wrap(key_id, secret))  # type: ignore[operator]

    text("block.txt", lambda i, s: "data: " + base64.b64encode(profile(i, s).encode()).decode() + "\n")
    text("url.txt", lambda i, s: f"https://x/?aws_access_key_id={i}&aws_secret_access_key={quote(s, safe='')}\n")
    text("log.json", lambda i, s: json.dumps({"m": json.dumps({"accessKeyId": i, "secretAccessKey": s})}))
    text("esc.json", lambda i, s: json.dumps({"accessKeyId": i, "secretAccessKey": s}).replace("/", "\\/"))
    text("uni.json", lambda i, s: json.dumps({"accessKeyId": i, "secretAccessKey": s}).replace("+", "\\u002b"))
    text("csv.csv", lambda i, s: f"Access key ID,Secret access key\n{i},{s}\n")
    swept = station.sweep(tree)
    names = {path.name for path in tree.iterdir()}
    assert {name for name, *_ in swept.where} == names
    for finding in swept.findings:
        assert [part["role"] for part in finding["parts"]] == ["access_key_id", "secret_access_key"], finding["place"]


def test_rows_of_a_database_are_read(station: Station, tree: Path) -> None:
    fakes = Fakes(6)
    with sqlite3.connect(tree / "state.db") as database:
        database.execute("create table notes (id integer primary key, body text)")
        database.executemany(
            "insert into notes (body) values (?)", [("nothing " * 900,), (profile(fakes.key_id(), fakes.secret()),)]
        )
    database.close()
    (finding,) = station.sweep(tree).findings
    assert len(finding["parts"]) == 2
    assert "notes" in finding["place"]["via"][0]


def test_standard_input_is_swept(station: Station) -> None:
    fakes = Fakes(7)
    swept = station.sweep("-", stdin=profile(fakes.key_id(), fakes.secret()).encode())
    (finding,) = swept.findings
    assert finding["place"]["path"] == "<stdin>"
    assert swept.status == 1


def test_other_tokens_and_private_keys_are_found(station: Station, tree: Path) -> None:
    fakes = Fakes(8)
    token = "gl" + "pat-" + "".join(fakes.random.choices("abcdefghjkmnpqrstuvwxyzABCDEFGH0123456789", k=20))
    (tree / "ci.env").write_text(f"GITLAB_TOKEN={token}\n")
    swept = station.sweep(tree)
    assert [finding["rule"] for finding in swept.findings] == ["gitlab-token"]
    assert token not in swept.raw


def test_what_is_no_key_is_counted_and_not_reported(station: Station, tree: Path) -> None:
    (tree / "README.md").write_text("aws_access_key_id = AKIAIOSFODNN7" + "EXAMPLE\n")
    (tree / ".env").write_text("AWS_SECRET_ACCESS_KEY=your-secret-access-key-goes-here-xxxxxxxxxxx\n")
    swept = station.sweep(tree)
    assert swept.status == 0
    assert swept.findings == []
    assert swept.report["dropped"]["documented-example"] == 1


def test_compiled_python_holds_what_its_source_held(station: Station, tree: Path) -> None:
    import py_compile

    for seed in range(20, 26):
        fakes = Fakes(seed)
        (tree / "conf.py").write_text(f'KEY = "{fakes.key_id()}"\nSECRET = "{fakes.secret()}"\nX = "y"\n')
        py_compile.compile(str(tree / "conf.py"), cfile=str(tree / f"conf{seed}.pyc"), doraise=True)
    (tree / "conf.py").unlink()
    swept = station.sweep(tree)
    assert len(swept.findings) == 6
    assert all(len(finding["parts"]) == 2 for finding in swept.findings)

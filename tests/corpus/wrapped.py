"""Keys inside other things: archives, compressed files, databases, base64, swap files; and among much else."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.corpus.registry import STYLES, Made, Style
from tests.corpus.template import Draft, Planted

CREDENTIALS = "[default]\naws_access_key_id = @ID@\naws_secret_access_key = @SK@\n"
EXPORTS = "# @sentence@\nexport AWS_ACCESS_KEY_ID=@ID@\nexport AWS_SECRET_ACCESS_KEY='@SK@'\n"


def _style(name: str, path: str, make: Callable[[Draft], Made], *, held: bool = False) -> None:
    STYLES[name] = Style(name, path, make, held)


def _zip(data: bytes, name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README", "nothing here\n")
        archive.writestr(name, data)
    return out.getvalue()


def _tar(data: bytes, name: str, mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _member(template: str, name: str, pack: Callable[[bytes, str], bytes]) -> Callable[[Draft], Planted]:
    return lambda draft: draft.plant(template).through(lambda data: pack(data, name)).within(name)


_style("gz", "bashrc.gz", lambda draft: draft.plant(EXPORTS).through(gzip.compress))
_style("bz2", "bashrc.bz2", lambda draft: draft.plant(EXPORTS).through(bz2.compress))
_style("xz", "bashrc.xz", lambda draft: draft.plant(EXPORTS).through(lzma.compress))
_style("zip", "backup.zip", _member(CREDENTIALS, "home/.aws/credentials", _zip))
_style("tar", "backup.tar", _member(CREDENTIALS, "home/.aws/credentials", _tar))
_style("tgz", "backup.tgz", _member(EXPORTS, "etc/profile", lambda data, name: _tar(data, name, "w:gz")))
_style("tar-bz2", "backup.tar.bz2", _member(EXPORTS, "etc/profile", lambda data, name: _tar(data, name, "w:bz2")))
_style("tar-xz", "backup.tar.xz", _member(EXPORTS, "etc/profile", lambda data, name: _tar(data, name, "w:xz")))
_style("zip-no-name", "backup.bin", _member(EXPORTS, "x", _zip))
_style(
    "zip-in-tgz",
    "nested.tgz",
    lambda draft: (
        draft.plant(CREDENTIALS)
        .through(lambda data: _tar(_zip(data, "aws/credentials"), "inner.zip", "w:gz"))
        .within("aws/credentials")
        .within("inner.zip")
    ),
)
_style(
    "wheel",
    "pkg.whl",
    _member('AWS_ACCESS_KEY_ID = "@ID@"\nAWS_SECRET_ACCESS_KEY = "@SK@"\n', "pkg/conf.py", _zip),
    held=True,
)


def _database(template: str) -> Callable[[Draft], Planted]:
    def make(draft: Draft) -> Planted:
        planted = draft.plant(template)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "x.db"
            database = sqlite3.connect(path)
            database.execute("create table messages (id integer primary key, role text, body text)")
            rows = [("user", draft.fill.log_line() * 90) for _ in range(12)] + [("user", planted.data.decode())]
            database.executemany("insert into messages (role, body) values (?, ?)", rows)
            database.commit()
            database.close()
            return planted.through(lambda _: path.read_bytes()).within("messages:13").loose()

    return make


_style("sqlite", "state.vscdb", _database(EXPORTS))
_style("sqlite-long-row", "history.db", _database("@logs@\n" * 300 + CREDENTIALS))


def _base64(template: str, wrap: int = 0) -> Callable[[Draft], Planted]:
    def encode(data: bytes) -> bytes:
        text = base64.b64encode(data).decode()
        if wrap:
            text = "\n".join(text[at : at + wrap] for at in range(0, len(text), wrap))
        return f"payload: {text}\n".encode()

    return lambda draft: draft.plant(template).loose().through(encode)


_style("base64-line", "secret.txt", _base64(CREDENTIALS))
_style("base64-wrapped", "secret.pem.txt", _base64(EXPORTS, 76))
_style("base64-json", "token.txt", _base64('{"accessKeyId": "@ID@", "secretAccessKey": "@SK@"}'), held=True)


def _buried(before: int, after: int) -> Callable[[Draft], Planted]:
    """The key in the midst of many lines."""

    def make(draft: Draft) -> Planted:
        lines = "\n".join(draft.fill.log_line() for _ in range(before))
        rest = "\n".join(draft.fill.log_line() for _ in range(after))
        return draft.plant(f"{lines}\nAWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n{rest}\n")

    return make


_style("buried-mid", "app.log", _buried(4_000, 4_000))
_style("buried-end", "app.log", _buried(30_000, 0))
_style("buried-start", "app.log", _buried(0, 9_000))


def _long_line(draft: Draft) -> Planted:
    words = " ".join(draft.fill.word() for _ in range(60_000))
    return draft.plant(f'x="{words}";k={{accessKeyId:"@ID@",secretAccessKey:"@SK@"}};y="{words}"\n')


_style("one-long-line", "bundle.js", _long_line)


def _binary(draft: Draft) -> Planted:
    planted = draft.plant("AWS_ACCESS_KEY_ID=@ID@\0AWS_SECRET_ACCESS_KEY=@SK@\0")
    junk = draft.rng.randbytes(60_000)
    return planted.loose().through(lambda data: b"\x7fELF" + junk + b"\0" + data + b"\0" + junk)


_style("core-dump", "core.1", _binary, held=True)


def _swap(draft: Draft) -> Planted:
    planted = draft.plant("export AWS_ACCESS_KEY_ID=@ID@\0export AWS_SECRET_ACCESS_KEY=@SK@\0")
    return planted.loose().through(lambda data: b"b0VIM 9.0\0\0" + bytes(4000) + data + bytes(90))


_style("vim-swap", ".bashrc.swp", _swap)

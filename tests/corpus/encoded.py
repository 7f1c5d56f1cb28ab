"""Styles: other encodings of a text, and text inside another: base64, percent, archives, databases."""

import base64
import bz2
import contextlib
import gzip
import io
import lzma
import sqlite3
import tarfile
import tempfile
import zipfile
from pathlib import Path

from tests.corpus.registry import style, text
from tests.corpus.template import Draft, Planted

_EXPORT = "export AWS_ACCESS_KEY_ID=@ID@\nexport AWS_SECRET_ACCESS_KEY=@SK@\n"
_INI = "[default]\naws_access_key_id = @ID@\naws_secret_access_key = @SK@\n"
_UMLAUT = "# Schlüssel für @word@ – geprüft\naws_access_key_id = @ID@\naws_secret_access_key = @SK@\n"

for _name, _encoding, _bom in (
    ("utf16le-bom", "utf-16-le", True),
    ("utf16be-bom", "utf-16-be", True),
    ("utf16le", "utf-16-le", False),
    ("utf16be", "utf-16-be", False),
    ("utf32le-bom", "utf-32-le", True),
    ("utf8-bom", "utf-8", True),
):
    text(f"encoding-{_name}", "aws.txt", _UMLAUT, encoding=_encoding, bom=_bom)
text("encoding-latin1", "aws.ini", _UMLAUT.replace("–", "-"), encoding="latin-1")
text("encoding-cp1252", "aws.ini", _UMLAUT, encoding="cp1252", held=True)
text("encoding-shift-jis", "aws.sh", "# 鍵の設定\n" + _EXPORT, encoding="shift-jis", held=True)
text("encoding-utf8-many", "aws.sh", "# 🔑 ключ 鍵 – \u200b\n" + _EXPORT)
text("newlines-crlf", ".env", _EXPORT.replace("export ", ""), newline="\r\n")
text("newlines-cr", "old-mac.txt", _EXPORT, newline="\r", held=True)
text("nul-padded", "aws.bin", "\0\0\0" + _INI + "\0" * 200, held=True)
text("form-feed", "keys.txt", "page 1\f\n" + _INI + "\f\npage 2\n", held=True)
text("no-newline-at-all", "k", "AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@")
text("unicode-quotes", "typo.txt", "aws_access_key_id = “@ID@”\naws_secret_access_key = “@SK@”\n", held=True)
text(
    "non-breaking-spaces",
    "copied.txt",
    "aws_access_key_id\u00a0=\u00a0@ID@\naws_secret_access_key\u00a0=\u00a0@SK@\n",
    held=True,
)

_BASE64 = (
    ("base64-block", "creds.b64", "{}\n", 76),
    ("base64-one-line", "secret.txt", "payload: {}\n", 0),
    ("base64-in-yaml", "secret.yaml", "apiVersion: v1\nkind: Secret\ndata:\n  credentials: {}\n", 0),
    ("base64-in-shell", "boot.sh", "#!/bin/sh\necho {} | base64 -d > ~/.aws/credentials\n", 0),
    ("base64-user-data", "user-data.json", '{{"UserData": {{"Value": "{}"}}}}\n', 0),
)


def _base64(template: str, width: int, draft: Draft) -> Planted:
    inner = draft.plant(_INI + "region = @region@\n").loose()
    encoded = base64.b64encode(inner.data).decode()
    if width:
        encoded = "\n".join(encoded[at : at + width] for at in range(0, len(encoded), width))
    return inner.through(lambda _: template.format(encoded).encode())


for _name, _path, _template, _width in _BASE64:
    style(_name, _path)(lambda draft, template=_template, width=_width: _base64(template, width, draft))  # type: ignore[misc]


@style("mail-base64-part", "part.eml", held=True)
def _mail_base64(draft: Draft) -> Planted:
    head = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    inner = draft.plant("Hello,\n\naccess key @ID@\nsecret key @SK@\n\n@sentence@\n").loose()
    return inner.through(lambda data: head.encode() + base64.encodebytes(data))


for _name, _suffix, _squeeze in (
    ("gzip", "gz", lambda data: gzip.compress(data, mtime=0)),
    ("bzip2", "bz2", bz2.compress),
    ("xz", "xz", lzma.compress),
):
    style(f"packed-{_name}", f"backup.sh.{_suffix}")(
        lambda draft, squeeze=_squeeze: draft.plant("#!/bin/sh\n" + _EXPORT + "@logs@\n").through(squeeze)  # type: ignore[misc]
    )


@style("packed-log-rotated", "app.log.2.gz", held=True)
def _rotated(draft: Draft) -> Planted:
    planted = draft.plant("\n".join(["@logs@"] * 20) + "\naccess_key=@ID@ secret_key=@SK@\n@logs@\n")
    return planted.through(lambda data: gzip.compress(data, mtime=0))


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def _tar(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@style("zip-member", "deploy.zip")
def _zipped(draft: Draft) -> Planted:
    inner = draft.plant(_INI)
    packed = _zip({"README.md": b"# hello\n", "home/.aws/credentials": inner.data})
    return inner.within("home/.aws/credentials").through(lambda _: packed)


@style("docx-like", "handover.docx", held=True)
def _docx(draft: Draft) -> Planted:
    body = "<w:document><w:body><w:p><w:r><w:t>Access Key ID: @ID@</w:t></w:r></w:p><w:p><w:r><w:t>Secret Access Key: @SK@</w:t></w:r></w:p></w:body></w:document>"
    inner = draft.plant('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + body)
    packed = _zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": inner.data})
    return inner.within("word/document.xml").through(lambda _: packed)


@style("xlsx-like", "accounts.xlsx", held=True)
def _xlsx(draft: Draft) -> Planted:
    items = "".join(
        f"<si><t>{cell}</t></si>" for cell in ("User", "Access key", "Secret key", "@user@", "@ID@", "@SK@")
    )
    inner = draft.plant(f'<?xml version="1.0"?>\n<sst count="6" uniqueCount="6">{items}</sst>')
    packed = _zip({"xl/workbook.xml": b"<workbook/>", "xl/sharedStrings.xml": inner.data})
    return inner.within("xl/sharedStrings.xml").through(lambda _: packed)


@style("jar-properties", "app.jar", held=True)
def _jar(draft: Draft) -> Planted:
    inner = draft.plant("aws.accessKeyId=@ID@\naws.secretKey=@SK@\n")
    packed = _zip({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\n", "application.properties": inner.data})
    return inner.within("application.properties").through(lambda _: packed)


@style("tar-gz-member", "etc.tgz")
def _tarball(draft: Draft) -> Planted:
    inner = draft.plant("SHELL=/bin/sh\nAWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n0 3 * * * root /bin/true\n")
    packed = gzip.compress(_tar({"etc/hostname": b"box\n", "etc/crontab": inner.data}), mtime=0)
    return inner.within("etc/crontab").through(lambda _: packed)


@style("tar-xz-member", "home.tar.xz")
def _tar_xz(draft: Draft) -> Planted:
    inner = draft.plant("# bash\n" + _EXPORT)
    packed = lzma.compress(_tar({"home/a/.bashrc": inner.data}))
    return inner.within("home/a/.bashrc").through(lambda _: packed)


@style("nested-zip-in-tar", "all.tar")
def _nested(draft: Draft) -> Planted:
    inner = draft.plant("AWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n")
    packed = _tar({"a/site.zip": _zip({"site/.env": inner.data}), "a/notes.txt": b"nothing\n"})
    return inner.within("site/.env").within("a/site.zip").through(lambda _: packed)


@style("nested-gzip-in-zip", "logs.zip", held=True)
def _nested_gzip(draft: Draft) -> Planted:
    inner = draft.plant("@logs@\nexport AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@\n")
    packed = _zip({"logs/a.log.gz": gzip.compress(inner.data, mtime=0)})
    return inner.within("logs/a.log.gz").through(lambda _: packed)


def database(*statements: tuple[str, tuple[object, ...]]) -> bytes:
    """The bytes of an SQLite database after these statements."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.db"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            for statement, values in statements:
                connection.execute(statement, values)
            connection.commit()
        return path.read_bytes()


@style("sqlite-rows", "settings.db")
def _sqlite_rows(draft: Draft) -> Planted:
    inner = draft.plant("@ID@\n@SK@\n").loose()
    first, second = inner.data.decode().splitlines()
    packed = database(
        ("CREATE TABLE settings (name TEXT, value TEXT)", ()),
        ("INSERT INTO settings VALUES ('theme', 'dark')", ()),
        ("INSERT INTO settings VALUES ('aws_access_key_id', ?)", (first,)),
        ("INSERT INTO settings VALUES ('aws_secret_access_key', ?)", (second,)),
    )
    return inner.through(lambda _: packed)


@style("sqlite-columns", "credentials.sqlite3", held=True)
def _sqlite_columns(draft: Draft) -> Planted:
    inner = draft.plant("@ID@\n@SK@\n@ID2@\n@SK2@\n").loose()
    values = inner.data.decode().splitlines()
    packed = database(
        ("CREATE TABLE accounts (id INTEGER PRIMARY KEY, access_key TEXT, secret_key TEXT)", ()),
        ("INSERT INTO accounts (access_key, secret_key) VALUES (?, ?)", (values[0], values[1])),
        ("INSERT INTO accounts (access_key, secret_key) VALUES (?, ?)", (values[2], values[3])),
    )
    return inner.through(lambda _: packed)


@style("sqlite-history", "history.db")
def _sqlite_history(draft: Draft) -> Planted:
    inner = draft.plant("export AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@").loose()
    packed = database(
        ("CREATE TABLE history (id TEXT, timestamp INTEGER, command TEXT)", ()),
        ("INSERT INTO history VALUES ('a', 1, 'ls -la')", ()),
        ("INSERT INTO history VALUES ('b', 2, ?)", (inner.data.decode(),)),
    )
    return inner.through(lambda _: packed)


@style("sqlite-state-json", "state.vscdb", held=True)
def _sqlite_json(draft: Draft) -> Planted:
    inner = draft.plant('{"aws": {"accessKeyId": "@ID@", "secretAccessKey": "@SK@"}}').loose()
    packed = database(
        ("CREATE TABLE ItemTable (key TEXT UNIQUE, value BLOB)", ()),
        ("INSERT INTO ItemTable VALUES ('chat.session', ?)", (inner.data,)),
    )
    return inner.through(lambda _: packed)


@style("side-by-side", "repo")
def _side_by_side(draft: Draft) -> dict[str, str]:
    """A working tree's files beside one another: none leads the scanner away from the others."""
    return {
        "README.md": "# @word@\n\n@sentence@\n",
        "src/main.py": "ID = '@ID@'\nSECRET = '@SK@'\n",
        ".env": "AWS_ACCESS_KEY_ID=@ID2@\nAWS_SECRET_ACCESS_KEY=@SK2@\n",
        "node_modules/x/config.js": "module.exports = {accessKeyId: '@ID3@', secretAccessKey: '@SK3@'}\n",
        "venv/lib/python3.12/site-packages/x/conf.py": "aws_access_key_id = '@ID4@'\naws_secret_access_key = '@SK4@'\n",
    }

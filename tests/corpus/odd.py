# fmt: off - one style a line, as in a table
"""Styles in which the usual help is missing: no name, no partner, a partner far off, a stranger nearer, odd containers."""

import base64
import gzip
import marshal
import pickle
import plistlib
import zlib

from tests.corpus.encoded import database
from tests.corpus.registry import BEYOND, style, text
from tests.corpus.template import Draft, Planted

# --- one half alone ---
text(
    "lone-secret-properties",
    "app.properties",
    "cloud.aws.region=@region@\ncloud.aws.credentials.secretKey=@SK@\n",
    held=True,
)
text("lone-secret-php", "config.php", "<?php\n$config['aws_secret_access_key'] = '@SK@';\n", held=True)
text("lone-secret-java", "K.java", 'static final String AWS_SECRET_KEY = "@SK@";\n', held=True)
text("lone-secret-csharp", "K.cs", 'options.SecretAccessKey = "@SK@";\n', held=True)
text("lone-secret-yaml", "s.yml", "worker:\n  secretAccessKey: @SK@\n")
text("lone-secret-xml", "s.xml", "<a><property><name>fs.s3a.secret.key</name><value>@SK@</value></property></a>\n")
text("lone-secret-rust", "k.rs", 'const AWS_SECRET_ACCESS_KEY: &str = "@SK@";\n', held=True)
text("lone-secret-elisp", "k.el", '(setenv "AWS_SECRET_ACCESS_KEY" "@SK@")\n', held=True)
text("lone-secret-sql", "k.sql", "INSERT INTO config VALUES ('aws_secret_access_key', '@SK@');\n", held=True)
text("lone-secret-fish", "k.fish", "set -gx AWS_SECRET_ACCESS_KEY @SK@\n")
text("lone-secret-csh", "k.csh", "setenv AWS_SECRET_ACCESS_KEY @SK@\n")
text("lone-secret-powershell", "k.ps1", "$env:AWS_SECRET_ACCESS_KEY='@SK@'\n", held=True)
text("lone-secret-batch", "k.bat", "set AWS_SECRET_ACCESS_KEY=@SK@\r\n", held=True)
text("lone-secret-k8s", "k.yaml", "env:\n- name: AWS_SECRET_ACCESS_KEY\n  value: @SK@\n")
text("lone-secret-mail", "m.txt", "The AWS secret access key is: @SK@\n", held=True)
text("lone-secret-go-map", "k.go", 'env := map[string]string{"AWS_SECRET_ACCESS_KEY": "@SK@"}\n', held=True)
text("lone-secret-helm-set", "h.sh", "helm install x y --set aws.secretAccessKey=@SK@\n", held=True)
text(
    "lone-secret-plist",
    "k.plist",
    "<plist><dict><key>AWS_SECRET_ACCESS_KEY</key><string>@SK@</string></dict></plist>\n",
    held=True,
)
text("lone-secret-escaped", "k.jsonl", r'{"cmd":"export AWS_SECRET_ACCESS_KEY=\"@SK@\""}' + "\n")
text("lone-id-words", "t.txt", "Revoke @ID@, please.\n(@ID2@) [@ID3@] '@ID4@' <@ID5@> @ID6@/@user@ user:@ID7@\n")
text("lone-id-arn-list", "ids.json", '["@ID@","@ID2@","@ID3@"]\n')
text("lone-id-underscores", "name.txt", "backup_@ID@_old.csv\n", held=True)
text("lone-token", "t.sh", "export AWS_SESSION_TOKEN=@ST@\n")
text("lone-token-json", "t.json", '{"SessionToken": "@ST@"}\n')

# --- shortened keys, by name only, elsewhere than in a shell ---
text("short-json", "s.json", '{"aws_access_key_id": "@SID@", "aws_secret_access_key": "@SSK@"}\n')
text("short-yaml", "s.yml", "aws_access_key_id: @SID@\naws_secret_access_key: '@SSK@'\n")
text("short-dotenv", ".env", "AWS_ACCESS_KEY_ID=@SID@\nAWS_SECRET_ACCESS_KEY=@SSK@\n")
text("short-python", "s.py", "AWS_ACCESS_KEY_ID = '@SID@'\nAWS_SECRET_ACCESS_KEY = '@SSK@'\n")
text("short-fish", "s.fish", "set -x AWS_ACCESS_KEY_ID @SID@\nset -x AWS_SECRET_ACCESS_KEY @SSK@\n")
text("short-csh", "s.csh", "setenv AWS_ACCESS_KEY_ID @SID@\nsetenv AWS_SECRET_ACCESS_KEY @SSK@\n", held=True)
text("short-crontab", "etc/crontab", "AWS_ACCESS_KEY_ID=@SID@\nAWS_SECRET_ACCESS_KEY=@SSK@\n0 1 * * * root true\n")
text("short-dockerfile", "Dockerfile", "FROM x\nENV AWS_ACCESS_KEY_ID=@SID@ AWS_SECRET_ACCESS_KEY=@SSK@\n", held=True)
text(
    "short-php",
    "s.php",
    "<?php define('AWS_ACCESS_KEY_ID', '@SID@'); define('AWS_SECRET_ACCESS_KEY', '@SSK@');\n",
    held=True,
)
text(
    "short-xml",
    "s.xml",
    '<e><add key="AWS_ACCESS_KEY_ID" value="@SID@"/><add key="AWS_SECRET_ACCESS_KEY" value="@SSK@"/></e>\n',
    held=True,
)
text("short-powershell", "s.ps1", '$env:AWS_ACCESS_KEY_ID = "@SID@"\n$env:AWS_SECRET_ACCESS_KEY = "@SSK@"\n', held=True)
text("short-history", ".bash_history", "ls\nexport AWS_ACCESS_KEY_ID=@SID@ AWS_SECRET_ACCESS_KEY=@SSK@\n")
text("short-commented", ".profile", "#export AWS_ACCESS_KEY_ID=@SID#@\n#export AWS_SECRET_ACCESS_KEY=@SSK#@\n")
text(
    "short-transcript",
    "s.jsonl",
    r'{"text":"run\nexport AWS_ACCESS_KEY_ID=\"@SID@\"\nexport AWS_SECRET_ACCESS_KEY=\"@SSK@\"\n"}' + "\n",
    held=True,
)

# --- partners apart, strangers near ---
text("far-named", "far.py", "ACCESS_KEY = '@ID@'\n" + "# @sentence@\n" * 40 + "SECRET_KEY = '@SK@'\n")
text("far-unnamed-within-five", "near.txt", "@ID@\n\n\n\n@SK@\n")
text(
    "interleaved-names",
    "two.ini",
    "old_access_key_id = @ID@\nnew_access_key_id = @ID2@\nold_secret_access_key = @SK@\nnew_secret_access_key = @SK2@\n",
    held=True,
)
text(
    "numbered-names",
    ".env",
    "AWS_ACCESS_KEY_ID_1=@ID@\nAWS_ACCESS_KEY_ID_2=@ID2@\nAWS_SECRET_ACCESS_KEY_1=@SK@\nAWS_SECRET_ACCESS_KEY_2=@SK2@\n",
    held=True,
)
text(
    "secret-first-pairs",
    "pairs.txt",
    "secret: @SK@\nid: @ID@\n\nsecret: @SK2@\nid: @ID2@\n\nsecret: @SK3@\nid: @ID3@\n",
    held=True,
)
text(
    "blocks-without-names",
    "list.txt",
    "@word@\n@ID@\n@SK@\n\n@word@\n@ID2@\n@SK2@\n\n@word@\n@ID3@\n@SK3@\n",
    held=True,
)
text(
    "columns-swapped",
    "swap.csv",
    "secret_access_key,user,access_key_id\n@SK@,@user@,@ID@\n@SK2@,@user@,@ID2@\n",
    held=True,
)
text("csv-no-header", "nohead.csv", "@user@,@ID@,@SK@,@region@\n@user@,@ID2@,@SK2@,@region@\n", held=True)
text("id-with-sha-near", "build.log", "deploy user @ID@\ncommit @hex40@\nsha1 @hex40@\nsha256 @hex64@\n")
text(
    "id-between-profiles",
    ".aws/credentials",
    "[a]\naws_access_key_id = @ID@\n\n[b]\naws_access_key_id = @ID2@\naws_secret_access_key = @SK2@\n",
)
text(
    "pair-with-sha-near",
    "release.env",
    "GIT_COMMIT=@hex40@\nAWS_ACCESS_KEY_ID=@ID@\nBUILD_SHA=@hex40@\nAWS_SECRET_ACCESS_KEY=@SK@\nIMAGE=app@sha256:@hex64@\n",
)
text(
    "lock-file-with-pair",
    "requirements.txt",
    "--extra-index-url https://@ID@:@SK:pct@@@host@/simple\nboto3==1.34.0 --hash=sha256:@hex64@\n",
    held=True,
)
text(
    "json-siblings",
    "s.json",
    '{"source": {"id": "@ID@", "target": {"id": "@ID2@", "secret": "@SK2@"}, "secret": "@SK@"}}\n',
    held=True,
)
text(
    "json-parallel-arrays",
    "arr.json",
    '{"access_keys": ["@ID@", "@ID2@"], "secret_keys": ["@SK@", "@SK2@"]}\n',
    held=True,
)
text("same-pair-again", "many.sh", "export AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@\n" * 3)

# --- odd writing ---
text("base64-url-in-header", "basic.http", "GET / HTTP/1.1\nX-Id: @ID@\nX-Secret: @SK@\n", held=True)
text(
    "har-encoded-json",
    "page.har",
    r'{"postData": {"mimeType": "application/json", "text": "{\"AccessKeyId\":\"@ID@\",\"SecretAccessKey\":\"@SK:slash@\"}"}}'
    + "\n",
    held=True,
)
text(
    "cookie-encoded-json",
    "cookie.txt",
    "Set-Cookie: aws=%7B%22accessKeyId%22%3A%22@ID@%22%2C%22secretAccessKey%22%3A%22@SK:pct@%22%7D; Path=/\n",
    held=True,
)
text(
    "json-triple-escaped",
    "deep.jsonl",
    r'{"a":"{\"b\":\"{\\\"accessKeyId\\\":\\\"@ID@\\\",\\\"secretAccessKey\\\":\\\"@SK@\\\"}\"}"}' + "\n",
    held=True,
)
text(
    "rtf",
    "note.rtf",
    r"{\rtf1\ansi{\fonttbl\f0 Helvetica;}\f0 Access key: @ID@\par Secret key: @SK@\par}" + "\n",
    held=True,
)
text(
    "latex",
    "thesis.tex",
    "\\newcommand{\\awsid}{@ID@}\n\\newcommand{\\awssecret}{@SK@}\n\\verb|aws_secret_access_key=@SK2@|\n",
    held=True,
)
text(
    "vcard-note", "a.vcf", "BEGIN:VCARD\nFN:AWS @word@\nNOTE:access key @ID@\\nsecret key @SK@\nEND:VCARD\n", held=True
)
text(
    "ics-description",
    "rotate.ics",
    "BEGIN:VEVENT\nSUMMARY:rotate\nDESCRIPTION:AWS_ACCESS_KEY_ID=@ID@\\nAWS_SECRET_ACCESS_KEY=@SK@\nEND:VEVENT\n",
    held=True,
)
text("python-repr-bytes", "r.log", r"b'AWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n'" + "\n", held=True)
text(
    "yaml-double-escaped",
    "y.yml",
    r'content: "aws_access_key_id = @ID@\naws_secret_access_key = @SK@\n"' + "\n",
    held=True,
)
text(
    "cloud-init",
    "user-data",
    "#cloud-config\nwrite_files:\n- path: /root/.aws/credentials\n  content: |\n    [default]\n    aws_access_key_id=@ID@\n    aws_secret_access_key=@SK@\n",
    held=True,
)
text(
    "kickstart",
    "ks.cfg",
    "%post\necho 'AWS_ACCESS_KEY_ID=@ID@' >> /etc/environment\necho 'AWS_SECRET_ACCESS_KEY=@SK@' >> /etc/environment\n%end\n",
    held=True,
)
text(
    "openssl-style-log",
    "env.log",
    "environ({'HOME': '/root', 'AWS_ACCESS_KEY_ID': '@ID@', 'AWS_SECRET_ACCESS_KEY': '@SK@'})\n",
    held=True,
)
text(
    "traceback-locals",
    "crash.txt",
    "Traceback (most recent call last):\n  File \"a.py\", line 3\n    access_key = '@ID@'\n    secret_key = '@SK@'\nKeyError\n",
    held=True,
)
text(
    "gdb-backtrace",
    "core.txt",
    '#1 0x00007f s3_connect (key=0x55d0 "@ID@", secret=0x55e0 "@SK@") at s3.c:90\n',
    held=True,
)


# --- odd containers ---
def _pair(draft: Draft) -> tuple[Planted, str, str]:
    planted = draft.plant("@ID@\n@SK@\n").loose()
    access_id, secret = planted.data.decode().splitlines()
    return planted, access_id, secret


def _environment(draft: Draft) -> tuple[Planted, dict[str, object]]:
    planted, access_id, secret = _pair(draft)
    return planted, {"AWS_ACCESS_KEY_ID": access_id, "AWS_SECRET_ACCESS_KEY": secret, "N": 3}


@style("binary-plist", "com.example.plist", held=True)
def _bplist(draft: Draft) -> Planted:
    planted, values = _environment(draft)
    return planted.through(lambda _: plistlib.dumps(values, fmt=plistlib.FMT_BINARY))


@style("pickle", "session.pkl", held=True)
def _pickle(draft: Draft) -> Planted:
    planted, values = _environment(draft)
    return planted.through(lambda _: pickle.dumps(values, protocol=4))


@style("python-bytecode", "__pycache__/conf.cpython-312.pyc", group=BEYOND)
def _pyc(draft: Draft) -> Planted:
    planted, access_id, secret = _pair(draft)
    source = f"AWS_ACCESS_KEY_ID = {access_id!r}\nAWS_SECRET_ACCESS_KEY = {secret!r}\n"
    code = marshal.dumps(compile(source, "conf.py", "exec"))
    return planted.through(lambda _: b"\xcb\x0d\x0d\x0a" + b"\0" * 12 + code)


@style("msgpack-like", "state.mp", held=True)
def _msgpack(draft: Draft) -> Planted:
    planted, access_id, secret = _pair(draft)
    pairs = (("aws_access_key_id", access_id), ("aws_secret_access_key", secret))
    body = b"".join(
        bytes([0xA0 | len(name)]) + name.encode() + b"\xd9" + bytes([len(value)]) + value.encode()
        for name, value in pairs
    )
    return planted.through(lambda _: b"\x82" + body)


@style("sqlite-utf16", "app.db", held=True)
def _sqlite_utf16(draft: Draft) -> Planted:
    planted, access_id, secret = _pair(draft)
    packed = database(
        ("PRAGMA encoding = 'UTF-16le'", ()),
        ("CREATE TABLE keys (access_key_id TEXT, secret_access_key TEXT)", ()),
        ("INSERT INTO keys VALUES (?, ?)", (access_id, secret)),
    )
    return planted.through(lambda _: packed)


@style("base64-of-gzip", "helm-release.txt", group=BEYOND)
def _base64_gzip(draft: Draft) -> Planted:
    planted = draft.plant("s3:\n  accessKeyId: @ID@\n  secretAccessKey: @SK@\n").loose()
    return planted.through(lambda data: base64.b64encode(gzip.compress(data, mtime=0)) + b"\n")


@style("base64-twice", "twice.txt", group=BEYOND)
def _base64_twice(draft: Draft) -> Planted:
    planted = draft.plant("aws_access_key_id=@ID@\naws_secret_access_key=@SK@\n").loose()
    return planted.through(lambda data: base64.b64encode(base64.b64encode(data)) + b"\n")


@style("base64-url-safe", "param.txt", held=True)
def _base64_url(draft: Draft) -> Planted:
    planted = draft.plant('{"accessKeyId":"@ID@","secretAccessKey":"@SK@"}').loose()
    return planted.through(lambda data: b"config=" + base64.urlsafe_b64encode(data).rstrip(b"=") + b"\n")


@style("git-loose-object", ".git/objects/ab/cdef0123456789abcdef0123456789abcdef01", group=BEYOND)
def _loose(draft: Draft) -> Planted:
    planted = draft.plant("AWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n").loose()
    return planted.through(lambda data: zlib.compress(b"blob %d\0" % len(data) + data))


@style("executable-strings", "usr/bin/tool", held=True)
def _executable(draft: Draft) -> Planted:
    planted = draft.plant("@ID@\0@SK@\0").loose()
    return planted.through(
        lambda data: b"\x7fELF\2\1\1" + bytes(9) + draft.rng.randbytes(4000) + b"\0" + data + bytes(64)
    )

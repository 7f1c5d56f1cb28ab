"""Decoys made by machines: hashes, lock files, sequences, images, certificates, packed objects."""

import hashlib
import zlib
from collections.abc import Callable

from tests.corpus.fill import Fill
from tests.corpus.registry import decoy, style
from tests.corpus.template import Draft, Planted


def _lines(name: str, path: str, count: int, line: Callable[[Fill], str], head: str = "", tail: str = "") -> None:
    """Register a decoy of `count` made lines."""

    def make(draft: Draft) -> Planted:
        body = "\n".join(line(draft.fill) for _ in range(count))
        return Planted((head + body + tail + "\n").encode(), ())

    style(name, path, is_decoy=True)(make)


def _letters(fill: Fill, alphabet: str, length: int) -> str:
    return "".join(fill.rng.choices(alphabet, k=length))


_AMINO = "ACDEFGHIKLMNPQRSTVWY"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALNUM = _UPPER + _UPPER.lower() + "0123456789"

_lines("uuids", "ids.csv", 200, lambda f: f"{f.uuid()},{f.word()},{f.uuid().upper()}", "id,name,parent\n")
_lines(
    "git-log",
    "log.txt",
    80,
    lambda f: (
        f"commit {f.hex(40)}\nAuthor: {f.word()} <a@example.com>\n\n    Rotate the aws secret access key {f.hex(7)}\n"
    ),
)
_lines("sha-near-secret", "secrets.lock", 60, lambda f: f"secret_key_sha1: {f.hex(40)}  # secret {f.hex(40)}")
_lines(
    "git-shas-as-keys",
    "cache.json",
    80,
    lambda f: f'"{f.hex(40)}": {{"key": "{f.hex(40)}", "etag": "{f.hex(32)}"}},',
    "{\n",
    '\n"end": 0}',
)
_lines("sha256sums", "SHA256SUMS", 80, lambda f: f"{f.hex(64)}  {f.word()}-{f.word()}.tar.gz")
_lines(
    "protein-fasta",
    "proteome.fasta",
    60,
    lambda f: (
        f">sp|P{f.rng.randrange(10000, 99999)}|{f.word().upper()}\n"
        + "\n".join(_letters(f, _AMINO, 60) for _ in range(6))
    ),
)
_lines(
    "protein-akia",
    "akia.fasta",
    40,
    lambda f: ">tr|X\n" + _letters(f, _AMINO, 22) + f.rng.choice(("AKIA", "ASIA", "ACCA")) + _letters(f, _AMINO, 34),
)
_lines(
    "protein-short-peptides",
    "peptides.tsv",
    60,
    lambda f: (
        f"{_letters(f, _AMINO, 9)}\t{f.rng.choice(('AKIA', 'ASIA'))}{_letters(f, _AMINO, f.rng.choice((8, 11, 13, 19, 23)))}\t0.{f.rng.randrange(999)}"
    ),
)
_lines("dna", "genome.fa", 120, lambda f: _letters(f, "ACGT", 70), ">chr1\n")
_lines(
    "package-lock",
    "package-lock.json",
    80,
    lambda f: (
        f'    "node_modules/{f.word()}": {{"version": "1.{f.rng.randrange(99)}.0", "resolved": "https://registry.npmjs.org/{f.word()}/-/{f.word()}.tgz", "integrity": "sha512-{f.base64(64)}"}},'
    ),
    '{\n  "lockfileVersion": 3,\n  "packages": {\n',
    '\n    "": {}\n  }\n}',
)
_lines(
    "yarn-lock",
    "yarn.lock",
    60,
    lambda f: (
        f'{f.word()}@^1.{f.rng.randrange(9)}.0:\n  version "1.2.3"\n  resolved "https://registry.yarnpkg.com/{f.word()}/-/{f.word()}.tgz#{f.hex(40)}"\n  integrity sha1-{f.base64(20)}\n'
    ),
)
_lines(
    "poetry-lock",
    "poetry.lock",
    60,
    lambda f: f'    {{file = "{f.word()}-1.0.tar.gz", hash = "sha256:{f.hex(64)}"}},',
    '[[package]]\nname = "keyring"\nfiles = [\n',
    "\n]\n",
)
_lines(
    "go-sum",
    "go.sum",
    100,
    lambda f: (
        f"github.com/{f.word()}/{f.word()} v1.{f.rng.randrange(40)}.0 h1:{f.base64(32)}\ngithub.com/aws/aws-sdk-go v1.{f.rng.randrange(40)}.0/go.mod h1:{f.base64(32)}"
    ),
)
_lines(
    "cargo-lock",
    "Cargo.lock",
    60,
    lambda f: (
        f'[[package]]\nname = "aws-credential-types"\nversion = "1.{f.rng.randrange(40)}.0"\nchecksum = "{f.hex(64)}"\n'
    ),
)
_lines(
    "pnpm-lock",
    "pnpm-lock.yaml",
    60,
    lambda f: f"  /{f.word()}@1.{f.rng.randrange(9)}.0:\n    resolution: {{integrity: sha512-{f.base64(64)}}}",
)
_lines(
    "sri-html",
    "index.html",
    30,
    lambda f: (
        f'<script src="https://cdn.example/{f.word()}.js" integrity="sha384-{f.base64(48)}" crossorigin="anonymous"></script>'
    ),
)
_lines(
    "base64-image",
    "logo.svg",
    1,
    lambda f: f'<svg><image href="data:image/png;base64,iVBORw0KGgo{f.base64(9000)}"/></svg>',
)
_lines(
    "base64-fonts-css",
    "fonts.css",
    6,
    lambda f: f"@font-face{{font-family:{f.word()};src:url(data:font/woff2;base64,d09GMgABAAAA{f.base64(4000)})}}",
)
_lines("base64-pdf", "invoice.txt", 300, lambda f: f.base64(57), "JVBERi0xLjcK\n")
_lines(
    "base64-with-akia",
    "blob.b64",
    40,
    lambda f: (
        f.base64(30)[:30]
        + f.rng.choice(("AKIA", "ASIA", "ABIA"))
        + _letters(f, _UPPER + "234567", 16)
        + f.base64(40)[:26]
    ),
)
_lines(
    "base64-akia-bounded",
    "cert.b64",
    40,
    lambda f: f.base64(30)[:29] + "+" + "AKIA" + _letters(f, _UPPER + "234567", 16) + "/" + f.base64(40)[:26],
)
_lines(
    "source-map",
    "app.js.map",
    1,
    lambda f: (
        '{"version":3,"mappings":"'
        + ";".join(_letters(f, _ALNUM, 4) + "," + _letters(f, _ALNUM, 5) for _ in range(4000))
        + '"}'
    ),
)
_lines(
    "minified-js",
    "vendor.min.js",
    40,
    lambda f: (
        f'!function(e,t){{var n={f.rng.randrange(99)},r="{_letters(f, _ALNUM, 12)}";e.{f.word()}=t({f.rng.randrange(9)})}}(this,function(e){{return e.accessKeyId||e.secretAccessKey}});'
    ),
)
_lines(
    "webpack-chunks",
    "manifest.json",
    60,
    lambda f: f'"static/{f.word()}.{f.hex(20)}.js": "{_letters(f, _ALNUM, 40)}",',
    "{",
    '"z":0}',
)
_lines(
    "hex-dump",
    "dump.hex",
    200,
    lambda f: (
        f"{f.rng.randrange(2**28):08x}: "
        + " ".join(f.hex(4) for _ in range(8))
        + "  "
        + _letters(f, _ALNUM + "....", 16)
    ),
)
_lines(
    "hex-dump-akia",
    "xxd.txt",
    60,
    lambda f: (
        f"{f.rng.randrange(2**28):08x}: 414b 4941 {' '.join(f.hex(4) for _ in range(6))}  AKIA"
        + _letters(f, _ALNUM + ".", 12)
    ),
)
_lines(
    "ssh-public",
    "authorized_keys",
    12,
    lambda f: (
        f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ{f.base64(270)} {f.word()}@{f.word()}\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{f.base64(32)} {f.word()}"
    ),
)
_lines(
    "known-hosts",
    ".ssh/known_hosts",
    20,
    lambda f: f"|1|{f.base64(20)}|{f.base64(20)} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{f.base64(32)}",
)
_lines(
    "certificate",
    "ca.pem",
    30,
    lambda f: (
        "-----BEGIN CERTIFICATE-----\nMIID" + "\n".join(f.base64(48) for _ in range(18)) + "\n-----END CERTIFICATE-----"
    ),
)
_lines(
    "pgp-public",
    "key.asc",
    20,
    lambda f: f.base64(48),
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQIN",
    "\n-----END PGP PUBLIC KEY BLOCK-----",
)
_lines(
    "jwks",
    "jwks.json",
    8,
    lambda f: (
        f'{{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "{f.hex(40)}", "e": "AQAB", "n": "{f.base64(256).rstrip("=").replace("+", "-").replace("/", "_")}"}},'
    ),
    '{"keys": [',
    '{"kty": "RSA"}]}',
)
_lines(
    "isbn",
    "books.csv",
    80,
    lambda f: (
        f"978-{f.rng.randrange(10)}-{f.rng.randrange(1000, 9999)}-{f.rng.randrange(1000, 9999)}-{f.rng.randrange(10)},The Secret Key of {f.word().title()},{f.rng.randrange(10**9, 10**10)}"
    ),
)
_lines(
    "order-numbers",
    "orders.csv",
    120,
    lambda f: f"{_letters(f, _UPPER + '0123456789', 20)},{_letters(f, _UPPER, 20)},{f.date()}",
    "order,customer,day\n",
)
_lines(
    "uppercase-runs",
    "tickers.txt",
    80,
    lambda f: " ".join(_letters(f, _UPPER, f.rng.randrange(3, 26)) for _ in range(6)),
)
_lines("base32-totp-like", "onion.txt", 40, lambda f: _letters(f, "abcdefghijklmnopqrstuvwxyz234567", 56) + ".onion")
_lines(
    "plan-hashes",
    "plan.json",
    40,
    lambda f: (
        f'{{"address": "aws_lambda_function.{f.word()}", "values": {{"source_code_hash": "{f.base64(32)}", "etag": "{f.hex(32)}", "id": "{f.hex(40)}"}}}},'
    ),
    "[",
    "{}]",
)
_lines(
    "css-modules",
    "app.css",
    80,
    lambda f: (
        f".{f.word()}_{_letters(f, _ALNUM, 5)}__{_letters(f, _ALNUM, 5)}{{background:url(/static/{f.hex(20)}.png)}}"
    ),
)
_lines(
    "request-ids",
    "s3.log",
    80,
    lambda f: (
        f'{f.date()}T{f.time()}Z x-amz-request-id={_letters(f, _UPPER + "0123456789", 16)} x-amz-id-2={f.base64(56)} etag="{f.hex(32)}"'
    ),
)
_lines(
    "logs-of-aws",
    "sdk.log",
    120,
    lambda f: f.log_line() + f" [aws] refreshed credentials, secret access key unchanged, hash {f.hex(40)}",
)
_lines("docker-digests", "images.txt", 60, lambda f: f"{f.word()}@sha256:{f.hex(64)}  {f.hex(12)}")
_lines(
    "torrent-magnet",
    "links.txt",
    40,
    lambda f: (
        f"magnet:?xt=urn:btih:{f.hex(40)}&dn={f.word()}\nmagnet:?xt=urn:btih:{_letters(f, _UPPER + '234567', 32)}"
    ),
)
_lines("ethereum", "chain.json", 40, lambda f: f'{{"address": "0x{f.hex(40)}", "tx": "0x{f.hex(64)}"}},', "[", "{}]")
_lines(
    "youtube-drive-ids",
    "bookmarks.html",
    60,
    lambda f: (
        f'<DT><A HREF="https://www.youtube.com/watch?v={_letters(f, _ALNUM + "-_", 11)}" ADD_DATE="{f.rng.randrange(10**9, 2 * 10**9)}">{f.word()}</A>'
    ),
)
_lines(
    "long-identifiers",
    "Generated.java",
    60,
    lambda f: (
        f"  public {f.word().title()}SecretAccessKeyConfiguration{f.word().title()}FactoryBean create{f.word().title()}() {{ return null; }}"
    ),
)

decoy(
    "jwt-public-claims",
    "claims.json",
    '{"iss": "https://@word@.example", "sub": "@uuid@", "kid": "@hex40@", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "nonce": "n-0S6_WzA2Mj"}\n',
)
decoy(
    "dockerfile-checksums",
    "Dockerfile",
    "FROM alpine@sha256:@hex64@\nENV GPG_KEY @hex40@\nENV PYTHON_SHA256 @hex64@\nRUN echo '@hex40@  key.tar' | sha1sum -c\n",
)
decoy(
    "pipfile-hashes", "requirements.txt", "boto3==1.34.0 \\\n    --hash=sha256:@hex64@ \\\n    --hash=sha256:@hex64@\n"
)
decoy(
    "kube-resource-version",
    "pod.yaml",
    "metadata:\n  uid: @uuid@\n  resourceVersion: '@int@'\n  annotations:\n    checksum/secret: @hex64@\n    pod-template-hash: 6d4cf56db6\n",
)
decoy(
    "gpg-fingerprints",
    "apt.txt",
    "pub rsa4096 2020-01-01\n      @hex40@\nKey fingerprint = 9DC8 5822 9FC7 DD38 854A  E2D8 8D81 803C 0EBF CD88\nsigned-by secret key @hex40@\n",
)


@style("git-pack", "objects/pack/pack-1.pack", is_decoy=True)
def _pack(draft: Draft) -> Planted:
    """Compressed objects one after another, as a pack has them."""
    objects = b"".join(b"\xb5\x09" + zlib.compress(draft.fill.log_line().encode() * 9) for _ in range(200))
    body = b"PACK\0\0\0\x02\0\0\0\xc8" + objects
    return Planted(body + hashlib.sha1(body).digest(), ())


@style("random-bytes", "firmware.bin", is_decoy=True)
def _random(draft: Draft) -> Planted:
    """Bytes of every value."""
    return Planted(draft.rng.randbytes(200_000), ())


@style("png-like", "photo.png", is_decoy=True)
def _png(draft: Draft) -> Planted:
    """An image's head and compressed rows."""
    return Planted(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + zlib.compress(draft.rng.randbytes(60_000)), ())

"""Data that falls into the shape of keys by chance: sequences, dumps, encodings, minified code, shouting."""

from __future__ import annotations

import base64
import random
import struct
import zlib
from collections.abc import Callable

from tests.corpus.registry import STYLES, Style
from tests.corpus.template import Draft, Planted

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _decoy(name: str, path: str, make: Callable[[random.Random], str | bytes]) -> None:
    def draft_it(draft: Draft) -> Planted:
        made = make(draft.rng)
        return Planted(made if isinstance(made, bytes) else made.encode(), ())

    STYLES[name] = Style(name, path, draft_it, decoy=True)


def _lines(rng: random.Random, letters: str, width: int, count: int) -> str:
    return "\n".join("".join(rng.choices(letters, k=width)) for _ in range(count)) + "\n"


def _protein(rng: random.Random) -> str:
    """FASTA; some sequences begin as ids do, for AKIA is a common run of amino acids."""
    acids = "ACDEFGHIKLMNPQRSTVWY"
    records = []
    for number in range(40):
        body = "AKIA" + "".join(rng.choices(acids, k=300)) if number % 3 == 0 else "".join(rng.choices(acids, k=300))
        wrapped = "\n".join(body[at : at + 60] for at in range(0, len(body), 60))
        records.append(f">sp|P{rng.randrange(10000, 99999)}|X_HUMAN\n{wrapped}")
    return "\n".join(records) + "\n"


_decoy("protein", "x.fasta", _protein)
_decoy(
    "protein-line",
    "x.csv",
    lambda rng: (
        "id,sequence\n"
        + "".join(
            f"{n},M{''.join(rng.choices('ACDEFGHIKLMNPQRSTVWY', k=30))}AKIA{''.join(rng.choices('ACDEFGHIKLMNPQRSTVWY', k=60))}\n"
            for n in range(40)
        )
    ),
)
_decoy("dna", "x.fa", lambda rng: _lines(rng, "ACGT", 70, 200))
_decoy(
    "base64-long",
    "x.pem",
    lambda rng: (
        "-----BEGIN CERTIFICATE-----\n"
        + base64.encodebytes(rng.randbytes(6_000)).decode()
        + "-----END CERTIFICATE-----\n"
    ),
)
_decoy("base64-one-line", "x.txt", lambda rng: "data: " + base64.b64encode(rng.randbytes(40_000)).decode() + "\n")
_decoy(
    "base64-with-id-inside",
    "x.txt",
    lambda rng: (
        base64.b64encode(rng.randbytes(300)).decode()
        + "AKIA"
        + "".join(rng.choices(BASE32, k=16))
        + base64.b64encode(rng.randbytes(300)).decode()
        + "\n"
    ),
)
_decoy("base64-40-lines", "x.txt", lambda rng: _lines(rng, BASE32.lower() + BASE32 + "0189+/", 40, 300))
_decoy(
    "base64-image",
    "x.html",
    lambda rng: f'<img src="data:image/png;base64,{base64.b64encode(rng.randbytes(9_000)).decode()}">\n',
)
_decoy(
    "source-map",
    "x.js.map",
    lambda rng: (
        '{"version":3,"mappings":"'
        + ",".join("".join(rng.choices("ACEGIKMOQSUWYcegikmoqsuwy", k=rng.randrange(3, 8))) for _ in range(9_000))
        + '"}\n'
    ),
)
_decoy(
    "hex-dump",
    "x.hex",
    lambda rng: "".join(
        f"{at:08x}  {' '.join(f'{b:02x}' for b in rng.randbytes(16))}  |{'.' * 16}|\n" for at in range(0, 16_000, 16)
    ),
)
_decoy(
    "intel-hex",
    "x.ihex",
    lambda rng: "".join(f":10{at:04X}00{rng.randbytes(16).hex().upper()}00\n" for at in range(0, 9_000, 16)),
)
_decoy("uppercase-words", "x.txt", lambda rng: _lines(rng, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 90, 300))
_decoy(
    "akia-in-words",
    "x.txt",
    lambda rng: (
        "SLOVAKIAN CZECHOSLOVAKIA LOVAKIAQWERTYUIOPASDFGH xAKIA"
        + "".join(rng.choices(BASE32, k=16))
        + " AKIA"
        + "".join(rng.choices(BASE32, k=30))
        + "\n"
    ),
)
_decoy(
    "wrong-length",
    "x.txt",
    lambda rng: "".join(f"AKIA{''.join(rng.choices(BASE32, k=k))}\n" for k in (9, 12, 22, 25, 40)),
)
_decoy("lower-case", "x.txt", lambda rng: "akia" + "".join(rng.choices(BASE32.lower(), k=16)) + "\n")
_decoy("random-binary", "x.bin", lambda rng: rng.randbytes(300_000))
_decoy("zlib-pack", "x.pack", lambda rng: b"PACK" + b"".join(zlib.compress(rng.randbytes(900)) for _ in range(90)))
_decoy("floats", "x.npy", lambda rng: b"\x93NUMPY" + b"".join(struct.pack("<d", rng.random()) for _ in range(9_000)))
_decoy(
    "minified-js",
    "x.min.js",
    lambda rng: (
        ";".join(
            f"function {rng.choice('abcdefgh')}{n}(e,t,n){{var r=e.secretKey||t.accessKey;return n?e[r]:void 0}}"
            for n in range(900)
        )
        + "\n"
    ),
)
_decoy(
    "webpack-hashes",
    "manifest.json",
    lambda rng: (
        "{"
        + ",".join(
            f'"chunk{n}.js": "/static/{rng.randbytes(10).hex()}.{rng.randbytes(20).hex()}.js"' for n in range(90)
        )
        + "}\n"
    ),
)
_decoy(
    "etags",
    "list.xml",
    lambda rng: "".join(
        f"<Contents><Key>k{n}</Key><ETag>&quot;{rng.randbytes(16).hex()}&quot;</ETag></Contents>\n" for n in range(90)
    ),
)
_decoy(
    "request-ids",
    "s3.log",
    lambda rng: "".join(
        f"x-amz-request-id: {''.join(rng.choices('0123456789ABCDEF', k=16))} x-amz-id-2: "
        f"{base64.b64encode(rng.randbytes(56)).decode()}\n"
        for n in range(60)
    ),
)
_decoy(
    "serials",
    "x.csv",
    lambda rng: (
        "serial,key\n"
        + "".join("-".join("".join(rng.choices(BASE32, k=5)) for _ in range(5)) + f",{n}\n" for n in range(90))
    ),
)
_decoy("totp", "x.txt", lambda rng: f"otpauth://totp/x?secret={''.join(rng.choices(BASE32, k=32))}&issuer=y\n")
_decoy("utf16-text", "x.txt", lambda rng: "AWS access key and secret access key, explained\r\n".encode("utf-16") * 40)

"""The compiled engine, kept in the cache folder between runs: compiling takes longer than sweeping a home.

It lies there under an HMAC of the installation's key: a cache that somebody else wrote is never loaded, and one that
can't be read or written only costs time. Loads no rule: what the engine was made from is named by a stamp.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence

from keywatch.detect.engine import Engine
from keywatch.errors import StateError
from keywatch.paths import private_dir

_CACHE_MAX = 64 << 20
#: so many are kept: versions side by side, other rule files
_KEPT = 5


def load_engine(folder: str, key: bytes, under: str) -> Engine | None:
    """The engine that was stored `under` this text (sweep/stamp.py) on this machine; None where there is none."""
    try:
        fd = os.open(_path(folder, under), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(fd, "rb") as file:
        blob = file.read(_CACHE_MAX)
    tag, body = blob[:32], blob[32:]
    return Engine.load(under, body) if hmac.compare_digest(tag, _tag(key, body)) else None


def store_engine(folder: str, key: bytes, under: str, engine: Engine) -> None:
    """Write the cache beside and rename it in place; older ones go."""
    import secrets  # 5 ms: once for each version of the rules

    blob = engine.dump(under)
    if not blob:
        return
    path = _path(folder, under)
    try:
        private_dir(folder)
        temp = os.path.join(folder, f".engine-{secrets.token_hex(8)}")
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(_tag(key, blob) + blob)
        os.replace(temp, path)
        _forget(folder, os.path.basename(path))
    except (OSError, StateError):
        return


def _path(folder: str, under: str) -> str:
    return os.path.join(folder, f"engine-{hashlib.sha256(under.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}")


def _tag(key: bytes, blob: bytes) -> bytes:
    return hmac.digest(key, b"keywatch engine cache\0" + blob, "sha256")


def _forget(folder: str, kept: str) -> None:
    old: Sequence[str] = [n for n in os.listdir(folder) if n.startswith("engine-") and n != kept]
    by_age = sorted(old, key=lambda name: os.stat(os.path.join(folder, name)).st_mtime, reverse=True)
    for name in by_age[_KEPT - 1 :]:
        os.unlink(os.path.join(folder, name))

"""What every process shows of itself while a test runs: command lines and environments, sampled from /proc."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote


@dataclass
class Looker:
    """Every distinct text that was seen, kept so that secrets which become known later are looked for as well."""

    seen: set[bytes] = field(default_factory=set)
    _known: set[int] = field(default_factory=set)

    def look(self) -> None:
        """One look at all processes but this one."""
        for entry in os.listdir("/proc"):
            if entry.isdigit() and int(entry) != os.getpid():
                for name in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):
                        self.seen.add(Path(f"/proc/{entry}/{name}").read_bytes())

    def has_seen(self, word: str) -> bool:
        """Whether some process showed that."""
        return any(word.encode() in text for text in self.seen)

    def shown(self, secrets: Iterable[str]) -> list[bytes]:
        """The texts with one of the secrets in it, in any spelling."""
        wanted = [spelling for secret in secrets for spelling in spellings(secret)]
        return [text for text in self.seen if any(spelling in text for spelling in wanted)]


@contextlib.contextmanager
def looking() -> Iterator[Looker]:
    """Looks again and again until the block ends."""
    looker, stop = Looker(), threading.Event()

    def go_on() -> None:
        while not stop.wait(0.005):  # what is looked at needs the processor too
            looker.look()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield looker
    finally:
        stop.set()
        thread.join()


def spellings(secret: str) -> set[bytes]:
    """A secret as it is, and as URLs, JSON and base64 have it."""
    # of the three places at which it may begin in base64, what does not depend on its neighbours
    encoded = {base64.b64encode(b"\0" * before + secret.encode())[4 if before else 0 : -4] for before in range(3)}
    return {secret.encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode(), *encoded}


def holding(folders: Iterable[Path], secrets: Iterable[str]) -> list[str]:
    """The files below the folders that have one of the secrets in it, in any spelling."""
    wanted = [spelling for secret in secrets for spelling in spellings(secret)]
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [str(path) for path in files if any(spelling in path.read_bytes() for spelling in wanted)]

"""Neutral random text around the planted keys: words, hosts, hashes, log lines. Holds no key and nothing like one."""

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Callable

WORDS = [
    "alpha",
    "backup",
    "billing",
    "cache",
    "cluster",
    "data",
    "deploy",
    "docs",
    "edge",
    "events",
    "export",
    "files",
    "frontend",
    "gateway",
    "import",
    "infra",
    "ingest",
    "jobs",
    "ledger",
    "lambda",
    "mail",
    "media",
    "metrics",
    "mobile",
    "orders",
    "parser",
    "photos",
    "portal",
    "queue",
    "reports",
    "sandbox",
    "search",
    "staging",
    "store",
    "stream",
    "sync",
    "tiles",
    "upload",
    "video",
    "warehouse",
    "web",
    "worker",
]
USERS = "alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil trent".split()  # noqa: SIM905
REGIONS = "us-east-1 us-west-2 eu-west-1 eu-central-1 ap-northeast-1 ap-southeast-2 sa-east-1 eu-north-1".split()  # noqa: SIM905
SENTENCES = (
    "The nightly job copies yesterday's partitions to the archive bucket.",
    "Ask the platform team before you change the retention period.",
    "Deploys run from the main branch after review.",
    "This page was last checked in spring; mend it when it is wrong.",
    "Rollback takes about four minutes on a quiet cluster.",
    "Credentials are rotated every quarter, at least on paper.",
    "The dashboard shows p99 latency per region.",
)


class Fill:
    """Draws neutral text from one random source; `named` maps the fills a template may ask for to their makers."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.named: dict[str, Callable[[], str]] = {
            "word": self.word,
            "user": lambda: rng.choice(USERS),
            "region": lambda: rng.choice(REGIONS),
            "bucket": lambda: f"{self.word()}-{self.word()}-{rng.randrange(10, 99)}",
            "host": lambda: f"{self.word()}-{rng.randrange(1, 40)}.{self.word()}.internal",
            "int": lambda: str(rng.randrange(2, 9000)),
            "pid": lambda: str(rng.randrange(300, 90000)),
            "epoch": lambda: str(rng.randrange(1_600_000_000, 1_780_000_000)),
            "date": self.date,
            "time": self.time,
            "stamp": lambda: f"{self.date()}T{self.time()}.{rng.randrange(1000):03}Z",
            "account": lambda: str(rng.randrange(10**11, 10**12)),
            "uuid": self.uuid,
            "hex32": lambda: self.hex(32),
            "hex40": lambda: self.hex(40),
            "hex64": lambda: self.hex(64),
            "b64": lambda: self.base64(rng.randrange(90, 400)),
            "sentence": lambda: rng.choice(SENTENCES),
            "log": self.log_line,
            "logs": lambda: "\n".join(self.log_line() for _ in range(rng.randrange(2, 12))),
            "resource": self.resource_id,
        }

    def word(self) -> str:
        """A lower-case word."""
        return self.rng.choice(WORDS)

    def hex(self, digits: int) -> str:
        """That many hex digits."""
        return f"{self.rng.getrandbits(4 * digits):0{digits}x}"

    def base64(self, size: int) -> str:
        """Base64 text of that many random bytes."""
        return base64.b64encode(self.rng.randbytes(size)).decode()

    def uuid(self) -> str:
        """A version 4 UUID."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def date(self) -> str:
        """A day as YYYY-MM-DD."""
        return f"20{self.rng.randrange(19, 27)}-{self.rng.randrange(1, 13):02}-{self.rng.randrange(1, 29):02}"

    def time(self) -> str:
        """A time of day as HH:MM:SS."""
        return f"{self.rng.randrange(24):02}:{self.rng.randrange(60):02}:{self.rng.randrange(60):02}"

    def resource_id(self) -> str:
        """An AWS unique id that names a resource and is no secret."""
        prefix = self.rng.choice(("AIDA", "AROA", "AGPA", "ANPA", "ANVA", "APKA", "ASCA", "AIPA"))
        return prefix + "".join(self.rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=17))

    def log_line(self) -> str:
        """A line of a service's log, with a request id in it."""
        level = self.rng.choice(("INFO", "DEBUG", "WARN"))
        milliseconds = self.rng.randrange(900)
        return f"{self.date()}T{self.time()}Z {level} [{self.word()}] request={self.uuid()} took {milliseconds}ms"

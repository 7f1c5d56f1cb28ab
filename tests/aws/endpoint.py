"""An AWS on loopback that is as strict as the real one where moto is not, and as unreliable as a test wants it.

moto answers; a proxy before it logs who signed, refuses keys that are unknown, inactive or too new, enforces the limit
of two keys a user, denies and throttles operations, and loses answers.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.aws.sts import ACCOUNT, Sts
from tests.warm import remember_models

#: an administrator whom every check lets through
ADMIN = ("AKIAADMINADMINADMIN7", "an-administrators-secret-of-forty-chars.")
_CREDENTIAL = re.compile(r"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/")
_KEPT = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})


@dataclass(frozen=True, slots=True)
class Signed:
    """One request: who signed it, for which operation (`iam:CreateAccessKey`), whether with a session token."""

    key_id: str
    operation: str
    token: bool
    body: str = field(default="", compare=False, repr=False)


@dataclass
class Endpoint:
    """Where it listens, what it logged, and how it is to misbehave; each may be changed while it runs."""

    url: str = ""
    #: moto itself, behind
    moto: str = ""
    log: list[Signed] = field(default_factory=list)
    #: operations that are denied, to all but the administrator, or (key id, operation) pairs
    denied: set[str | tuple[str, str]] = field(default_factory=set)
    #: operation → how many of its next calls are throttled
    throttled: Counter[str] = field(default_factory=Counter)
    #: operation → how many of its next calls are done, and their answers lost
    lost: Counter[str] = field(default_factory=Counter)
    #: how often a key that was just made is refused before all of AWS knows it
    news_travels: int = 0
    #: called with `asked` before a request is judged and `done` before it is answered: a place to kill who asked
    at: Callable[[str, Signed], None] = lambda _when, _signed: None
    #: keys that STS takes for the root user's, and keys of other accounts by their account
    roots: set[str] = field(default_factory=set)
    accounts: dict[str, str] = field(default_factory=dict)
    #: operation → 1: once it was called, every later call's connection is closed without an answer
    broken_after: dict[str, int] = field(default_factory=dict)
    #: called when an answer is about to be lost
    on_lost: Callable[[], object] = lambda: None
    _broken: bool = False
    _admins: dict[str, Any] = field(default_factory=dict)
    sts: Sts = field(default_factory=Sts)
    _fresh: Counter[str] = field(default_factory=Counter)

    def admin(self, service: str = "iam") -> Any:
        """boto3's client of the administrator."""
        import boto3

        if service not in self._admins:
            remember_models()
            self._admins[service] = boto3.client(
                service, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=ADMIN[0],
                aws_secret_access_key=ADMIN[1],
            )  # fmt: skip
        return self._admins[service]

    def keys(self, user: str) -> dict[str, str]:
        """The state of each of a user's keys, by id, as IAM has it."""
        listed = self.admin().list_access_keys(UserName=user)["AccessKeyMetadata"]
        return {each["AccessKeyId"]: each["Status"] for each in listed}

    def make_user(self, name: str) -> dict[str, str]:
        """A user with one key that all of AWS knows: IAM's `AccessKey`."""
        iam = self.admin()
        iam.create_user(UserName=name)
        made: dict[str, str] = iam.create_access_key(UserName=name)["AccessKey"]
        self._fresh[made["AccessKeyId"]] = 1 << 30
        return made

    def used_by(self, key_id: str) -> list[str]:
        """The operations that a key signed."""
        return [each.operation for each in self.log if each.key_id == key_id]

    def identity(self, signed: Signed, data: bytes) -> bytes:
        """What STS says of who signed, where that is to be another's."""
        if signed.operation != "sts:GetCallerIdentity":
            return data
        if signed.key_id in self.roots:
            data = re.sub(rb"(<Arn>arn:aws:iam::\d+:)[^<]*", rb"\1root", data)
        if account := self.accounts.get(signed.key_id):
            data = data.replace(ACCOUNT.encode(), account.encode())
        return data

    def breaks(self, signed: Signed) -> bool:
        """Whether the network is down by now."""
        broken, self._broken = self._broken, self._broken or signed.operation in self.broken_after
        return broken and bool(self.broken_after)

    def refusal(self, signed: Signed, body: str) -> tuple[int, str] | None:
        """What is wrong with a request: the status and AWS's code."""
        if self.throttled[signed.operation] > 0:
            self.throttled[signed.operation] -= 1
            return 400, "Throttling"
        if (wrong := self.sts.refusal(signed.key_id, signed.token)) is not None:
            return wrong
        known = _known_keys()
        if signed.key_id != ADMIN[0]:
            status = known.get(signed.key_id, ("Active", "") if signed.key_id.startswith("ASIA") else ("Gone", ""))[0]
            if status != "Active":
                return 403, "InvalidClientTokenId"
            self._fresh[signed.key_id] += 1
            if self._fresh[signed.key_id] <= self.news_travels:
                return 403, "InvalidClientTokenId"
            if self.denied & {signed.operation, (signed.key_id, signed.operation)}:
                return 403, "AccessDenied"
        if signed.operation == "iam:CreateAccessKey":
            asked = parse_qs(body).get("UserName", [known.get(signed.key_id, ("", ""))[1]])[0]
            if sum(user == asked for _, user in known.values()) >= 2:
                return 409, "LimitExceeded"
        return None


def _known_keys() -> dict[str, tuple[str, str]]:
    """Status and user of every key, by id, from moto's own store."""
    from moto.iam.models import iam_backends

    users = iam_backends[ACCOUNT]["aws"].users.values()
    return {key.access_key_id: (key.status, user.name) for user in users for key in user.access_keys}


def backdate(key_id: str, days: float, service: str, region: str, made: float = 0.0) -> None:
    """Have a key been used last so many days ago, and made so many: in moto's own store."""
    from moto.iam.models import AccessKeyLastUsed, iam_backends

    users = iam_backends[ACCOUNT]["aws"].users.values()
    (key,) = [key for user in users for key in user.access_keys if key.access_key_id == key_id]
    now = datetime.now(UTC).replace(tzinfo=None)
    key.last_used = AccessKeyLastUsed(timestamp=now - timedelta(days=days), service=service, region=region)
    if made:
        key.create_date = now - timedelta(days=made)


@contextmanager
def aws() -> Iterator[Endpoint]:
    """The endpoint for the time of the block, empty at first."""
    import requests
    from moto.server import ThreadedMotoServer

    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    requests.post(f"http://{host}:{port}/moto-api/reset", timeout=10)
    endpoint = Endpoint(moto=f"http://{host}:{port}")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = _CREDENTIAL.search(self.headers.get("Authorization", ""))
            key_id, service = found.groups() if found else ("-", "-")
            action = parse_qs(body.decode("utf-8", "replace")).get("Action", [self.command])[0]
            signed = Signed(
                key_id, f"{service}:{action}", "X-Amz-Security-Token" in self.headers, body.decode("utf-8", "replace")
            )
            endpoint.log.append(signed)
            endpoint.at("asked", signed)
            if endpoint.breaks(signed):
                self._hang_up()
                return
            refused = endpoint.refusal(signed, body.decode("utf-8", "replace"))
            if refused is not None:
                status, code = refused
                text = f"<Code>{code}</Code><Message>of a secret thing</Message>"
                text = f"<ErrorResponse><Error>{text}</Error></ErrorResponse>"
                self._send(status, [("Content-Type", "text/xml")], text.encode())
                return
            asked = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
            own = None
            if service == "sts":
                own = endpoint.sts.answer(key_id, _known_keys().get(key_id, ("", ""))[1], asked)
            if own is not None:
                if not self._lose(signed.operation):
                    self._send(own[0], [("Content-Type", "text/xml")], own[1].encode())
                return
            connection = http.client.HTTPConnection(host, int(port), timeout=20)
            kept = {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "expect")}
            connection.request(self.command, self.path, body, kept)
            reply = connection.getresponse()
            data = reply.read()
            connection.close()
            endpoint.at("done", signed)
            if self._lose(signed.operation):
                return
            data = endpoint.identity(signed, data)
            self._send(reply.status, [h for h in reply.getheaders() if h[0].lower() not in _KEPT], data)

        def _lose(self, operation: str) -> bool:
            if endpoint.lost[operation] <= 0:
                return False
            endpoint.lost[operation] -= 1
            endpoint.on_lost()
            self._hang_up()
            return True

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.close()

        def _send(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            pass

        def finish(self) -> None:
            with contextlib.suppress(OSError, ValueError):  # an answer was lost on purpose
                super().finish()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        moto.stop()

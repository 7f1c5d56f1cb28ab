"""An AWS endpoint on loopback: answers the two calls that tell who is asking, and checks each request's signature.

A client that got another key than the one expected, or half of it, is refused as AWS would refuse it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?"
    r"Signature=(\w+)"
)
_IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::123456789012:user/work</Arn><UserId>AIDAX</UserId><Account>123456789012</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
_BUCKETS = (
    '<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>x</ID></Owner><Buckets>'
    "<Bucket><Name>photos</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets>"
    "</ListAllMyBucketsResult>"
)


@dataclass
class Endpoint:
    """Where it listens, the secrets it knows by key id, and the ids that asked, with whether they signed rightly."""

    url: str
    secrets: dict[str, str]
    asked: list[tuple[str, bool]] = field(default_factory=list)


@contextmanager
def aws_endpoint(secrets: dict[str, str]) -> Iterator[Endpoint]:
    """The endpoint for the time of the block."""
    endpoint = Endpoint("", secrets)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = _AUTHORIZATION.fullmatch(self.headers.get("Authorization", ""))
            key_id = found[1] if found else "-"
            right = (
                found is not None and key_id in secrets and _signature(self, found, secrets[key_id], body) == found[6]
            )
            endpoint.asked.append((key_id, right))
            answer = (_IDENTITY if b"GetCallerIdentity" in body else _BUCKETS).encode() if right else b"<Error/>"
            self.send_response(200 if right else 403)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _answer  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _signature(request: BaseHTTPRequestHandler, found: re.Match[str], secret: str, body: bytes) -> str:
    """Signature Version 4, as AWS documents it."""
    _, day, region, service, names, _ = found.groups()
    path = urlsplit(request.path)
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(parse_qsl(path.query, keep_blank_values=True))
    )
    headers = "".join(f"{name}:{' '.join((request.headers.get(name) or '').split())}\n" for name in names.split(";"))
    digest = request.headers.get("X-Amz-Content-SHA256") or hashlib.sha256(body).hexdigest()
    canonical = "\n".join((request.command, path.path or "/", query, headers, names, digest))
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(
        ("AWS4-HMAC-SHA256", request.headers["X-Amz-Date"], scope, hashlib.sha256(canonical.encode()).hexdigest())
    )
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()

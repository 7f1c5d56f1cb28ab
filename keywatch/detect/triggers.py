"""What makes a content worth a closer look for AWS credentials: patterns for the one pass of the matching engine.

They only trigger, so they may hit too often but never too seldom: whatever detect/aws.py can find alone in a file holds
one of these. Syntax is what both Python's `re` and Hyperscan read; all are caseless where `caseless` says so.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trigger:
    """A pattern of the engine's pass. `id` names it in measurements; a `name` speaks for what stands near it only."""

    id: str
    pattern: str
    caseless: bool = False
    name: bool = False


def _in_base64(text: str) -> list[str]:
    """What stands in base64 for `text`, for each of the three ways it can fall on the 6-bit grid."""
    found = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + text.encode()).decode()
        first = -(-8 * shift // 6)
        last = (8 * (shift + len(text))) // 6
        found.append(encoded[first:last].replace("+", r"\+"))
    return found


#: what may stand between the words of a name: [_\-. ], but said by what it is not, for with that class the engine takes
#: up to half as long again for everything
_GAP = r"[^a-z0-9\n:/\"'<>(),=]{0,2}"
_PREFIXES = ("AKIA", "ASIA", "ABIA", "ACCA")
_NAMES = ("SECRET_ACCESS_KEY", "secret_access_key", "ACCESS_KEY_ID", "access_key_id", "ecretAccessKey", "ccessKeyId")

TRIGGERS: tuple[Trigger, ...] = (
    Trigger("aws-id", rf"(?:{'|'.join(_PREFIXES)}|A3T[A-Z0-9])[A-Z0-9]{{16}}"),
    Trigger("aws-secret-name", rf"secret{_GAP}access{_GAP}key", caseless=True, name=True),
    Trigger("aws-id-name", rf"access{_GAP}key{_GAP}(?:id|secret)", caseless=True, name=True),
    Trigger(
        "aws-name",
        rf"(?:aws|amazon|amz){_GAP}(?:secret|access{_GAP}key|session{_GAP}token|security{_GAP}token|key|id)",
        caseless=True,
        name=True,
    ),
    Trigger("s3-name", rf"s3a?{_GAP}(?:secret|access{_GAP}key|key)", caseless=True, name=True),
    Trigger("aws-session-token", r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|FQoDYXdz|AQoDYXdz)[A-Za-z0-9/+=]{60}"),
    Trigger("base64-id", "(?:" + "|".join(t for p in _PREFIXES for t in _in_base64(p)) + ")[A-Za-z0-9+/]{20}"),
    Trigger("base64-name", "(?:" + "|".join(t for n in _NAMES for t in _in_base64(n)) + ")"),
)

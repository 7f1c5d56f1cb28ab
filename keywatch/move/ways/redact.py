"""Places that nothing reads: histories, transcripts, logs, editors' leftovers, downloads. Markers stand for the key.

Every byte that is not the key's stays, and so does the file's length: records, timestamps and structures remain valid.
"""

from __future__ import annotations

import os
import re

from keywatch.errors import CannotMoveError
from keywatch.move.base import Held, Topic
from keywatch.move.draft import Draft
from keywatch.move.redaction import redact_all
from keywatch.move.ways.base import Way

#: transcripts and memories of AI assistants (places/rows.py), told by their paths: their settings are no records
_RECORDS = re.compile(
    r"/\.(?:claude|codex|gemini|copilot|aider|continue)[/.][^\0]*(?:\.jsonl|history|sessions?/|chats?/|logs|todos/|paste-cache"
    r"|shell-snapshots)|\.log(?:\.\d+)?\Z"
)
_DATABASES = (".db", ".sqlite", ".sqlite3", ".vscdb")


def _apply(held: Held, draft: Draft) -> None:
    if held.path.endswith(_DATABASES):
        raise CannotMoveError(
            f"{held.path}: a database, which is not rewritten byte by byte",
            "delete the record with the program that wrote it, then let it compact the file (VACUUM)",
        )
    content = draft.content(held.path) or b""
    values = [part.value for part in held.credential.parts]
    for span, new in redact_all(content, values, [part.span for part in held.credential.parts]):
        draft.replace(held.path, span, new)
    draft.say(Topic.AFTER, "the key's bytes are overwritten by a marker of the same length", held.path)
    if held.format == "history":
        draft.say(
            Topic.TODO,
            "shells that run now write their memory over the file when they end: in each run "
            "history -c; history -r (bash), or end it with kill -9 $$ (any shell)",
            held.path,
        )


def is_record(held: Held) -> bool:
    """True for a place that no program takes the key from."""
    nobody = held.consumer.startswith("nobody") or held.format == "history"
    return nobody or bool(_RECORDS.search(held.path)) or os.path.basename(held.path).endswith("~")


WAYS = (Way("redact", "overwrite the key where nothing reads it", is_record, _apply),)

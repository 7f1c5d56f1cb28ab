"""Plain text: whatever no other format explains. Its bindings are names of AWS credentials with a value right behind.

Source code, prose, logs and malformed files come here. Nothing is known of sections or statements, so every binding has
a path of its own line.
"""

from __future__ import annotations

from keywatch.detect.labels import Labels
from keywatch.formats.base import Format
from keywatch.model import Binding, Secret


def parse(content: bytes) -> list[Binding]:
    """Bindings of names that speak of AWS credentials, wherever a value follows."""
    bindings: list[Binding] = []
    line, at = 1, 0
    for label in Labels(content).strict(content):
        if bindings and label.value.start < bindings[-1].span.end:
            continue
        line += content.count(b"\n", at, label.value.start)
        at = label.value.start
        value = Secret(content[label.value.start : label.value.end])
        bindings.append(Binding(label.name, value, label.value, (f"line {line}",)))
    return bindings


FORMATS = {"text": Format("text", "plain text", parse)}

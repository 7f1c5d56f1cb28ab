"""`keywatch forward --otlp URL`: events on standard input go out as OpenTelemetry logs (OTLP/HTTP).

Takes lines of `journalctl -o json` and of `--log json`, and sends on what is keywatch's. A process of its own beside
the services, so that none of them has a network or this library (extra `otel`). What could not be delivered is counted
and said.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from typing import IO, Any
from urllib.parse import urlsplit

from keywatch import __version__
from keywatch.errors import ReportError, UsageError
from keywatch.events import EVENTS, FIELDS

_PREFIX = "KEYWATCH_"
_MOST_LINE = 256 << 10
#: syslog(3)'s levels as OpenTelemetry's severities, and --log json's
_SEVERITIES = {3: 17, 4: 13, 5: 10, 6: 9, 7: 5}
_LEVELS = {"error": 3, "warning": 4, "notice": 5, "info": 6, "debug": 7}


def run_forward(options: argparse.Namespace) -> int:
    """Send on until the input ends; the exit status."""
    url = urlsplit(options.otlp)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise UsageError(f"{options.otlp}: expected a URL such as https://collector.example.org:4318")
    endpoint = options.otlp if url.path not in ("", "/") else options.otlp.rstrip("/") + "/v1/logs"
    sender = _Sender(endpoint)
    try:
        for event in read_events(sys.stdin.buffer):
            sender.send(event)
    finally:
        sender.close()
    if sender.lost:
        raise ReportError(f"{endpoint}: {sender.lost:,} events could not be delivered")
    return 0


def read_events(lines: IO[bytes]) -> Iterator[dict[str, Any]]:
    """keywatch's events among JSON lines: `event`, `message`, `priority`, `time` in ns, `fields`. Others are passed."""
    while line := lines.readline(_MOST_LINE):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict) and (event := _of_journal(record) or _of_line(record)):
            yield event


def _of_journal(record: Mapping[str, Any]) -> dict[str, Any] | None:
    event = record.get(f"{_PREFIX}EVENT")
    if event not in EVENTS or record.get("SYSLOG_IDENTIFIER") != "keywatch":
        return None
    named = {name[len(_PREFIX) :].lower(): value for name, value in record.items() if name.startswith(_PREFIX)}
    host = record.get("_HOSTNAME")
    return {
        "event": event, "message": str(record.get("MESSAGE", ""))[:2000], "priority": _whole(record.get("PRIORITY"), 6),
        "time": _whole(record.get("__REALTIME_TIMESTAMP"), time.time_ns() // 1000) * 1000,
        "host": host if isinstance(host, str) else "", "unit": str(record.get("_SYSTEMD_UNIT", "")),
        "fields": _fields(named),
    }  # fmt: skip


def _of_line(record: Mapping[str, Any]) -> dict[str, Any] | None:
    if record.get("event") not in EVENTS:
        return None
    moment = record.get("time")
    return {
        "event": record["event"], "message": str(record.get("message", ""))[:2000],
        "priority": _LEVELS.get(str(record.get("level")), 6),
        "time": int(moment * 1e9) if isinstance(moment, (int, float)) else time.time_ns(), "host": "", "unit": "",
        "fields": _fields(record),
    }  # fmt: skip


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """The known fields; numbers as numbers, for the journal holds texts."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if name in FIELDS and isinstance(value, (str, int)):
            found[name] = _whole(value, value) if FIELDS[name][0] == "number" else str(value)[:2000]
    return found


def _whole(value: object, other: Any) -> Any:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else other


class _Sender:
    """OpenTelemetry's log pipeline: batches, a bounded queue, and a count of what the collector did not take."""

    def __init__(self, endpoint: str) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
            from opentelemetry.sdk._logs import LoggerProvider
            from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExportResult
            from opentelemetry.sdk.resources import Resource
        except ImportError:
            raise UsageError("forwarding needs OpenTelemetry: pip install 'keywatch[otel]'") from None
        self.lost = 0
        sender = self

        class Counting(OTLPLogExporter):
            def export(self, batch: Any) -> Any:
                result = super().export(batch)
                if result is not LogRecordExportResult.SUCCESS:
                    sender.lost += len(batch)
                return result

        resource = Resource.create(
            {"service.name": "keywatch", "service.version": __version__, "host.name": socket.gethostname()}
        )
        self._provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_log_record_processor(BatchLogRecordProcessor(Counting(endpoint=endpoint)))
        self._logger = self._provider.get_logger("keywatch", __version__)

    def send(self, event: dict[str, Any]) -> None:
        """Queue one event."""
        from opentelemetry._logs import LogRecord, SeverityNumber

        attributes = {f"keywatch.{name}": value for name, value in event["fields"].items()}
        attributes |= {
            name: event[key] for name, key in (("host.name", "host"), ("systemd.unit", "unit")) if event[key]
        }
        number = _SEVERITIES.get(event["priority"], 9)
        self._logger.emit(
            LogRecord(
                timestamp=event["time"], observed_timestamp=time.time_ns(), severity_number=SeverityNumber(number),
                severity_text={v: k for k, v in _LEVELS.items()}.get(event["priority"], "info"), body=event["message"],
                attributes=attributes, event_name=f"keywatch.{event['event']}",
            )
        )  # fmt: skip

    def close(self) -> None:
        """Send what is queued."""
        self._provider.shutdown()

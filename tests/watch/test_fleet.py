"""Events to central places: OTLP, rsyslog over TLS, Prometheus."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from booted import KEYWATCH, REQUIRED, Booted, boot
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from daemonlab import Key, wait_for

from keywatch.report.prometheus import render

ROOT = Path(__file__).parents[2]
FLEET = ROOT / "scripts/fleet"
JOURNAL = {
    "__REALTIME_TIMESTAMP": "1795515477755840", "_HOSTNAME": "web-1", "_SYSTEMD_UNIT": "keywatch-agent.service",
    "SYSLOG_IDENTIFIER": "keywatch", "PRIORITY": "4", "MESSAGE": "refused work", "KEYWATCH_EVENT": "refused",
    "KEYWATCH_ENTRY": "work", "KEYWATCH_UID": "1001", "KEYWATCH_AUDIT_N": "7", "KEYWATCH_WHATEVER": "x",
}  # fmt: skip
LINE = {
    "time": 1795515478.5,
    "level": "notice",
    "event": "finding-appeared",
    "message": "a key",
    "path": "/etc/crontab",
}


class Receiver:
    """An OTLP/HTTP receiver of logs, decoding the protocol's own messages. `status`: what it answers."""

    def __init__(self, status: int = 200) -> None:
        from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
            ExportLogsServiceRequest,
            ExportLogsServiceResponse,
        )

        records: list[tuple[str, dict[str, object], str, int, int, str]] = []
        self.records = records

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                request = ExportLogsServiceRequest.FromString(body)
                for resource in request.resource_logs:
                    name = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
                    for scope in resource.scope_logs:
                        for record in scope.log_records:
                            told = {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in record.attributes}
                            records.append(
                                (record.event_name, told, record.body.string_value, record.severity_number,
                                 record.time_unix_nano, f"{self.path} {name}")
                            )  # fmt: skip
                answer = ExportLogsServiceResponse().SerializeToString()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def forward(url: str, lines: list[object]) -> subprocess.CompletedProcess[str]:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    command = [os.path.join(os.path.dirname(sys.executable), "keywatch"), "forward", "--otlp", url]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)


def test_events_arrive_as_opentelemetry_logs() -> None:
    other = {**JOURNAL, "SYSLOG_IDENTIFIER": "sshd"}
    garbage = ["no json", [1], {"event": "unheard-of"}, {**JOURNAL, "KEYWATCH_EVENT": "unheard-of"}, other]
    with Receiver() as receiver:
        done = forward(receiver.url, [JOURNAL, *garbage, LINE])
    assert (done.returncode, done.stderr) == (0, "")
    first, second = receiver.records
    assert first == (
        "keywatch.refused",
        {"keywatch.entry": "work", "keywatch.uid": 1001, "keywatch.audit_n": 7, "host.name": "web-1",
         "systemd.unit": "keywatch-agent.service"},
        "refused work", 13, 1795515477755840000, "/v1/logs keywatch",
    )  # fmt: skip
    assert second[0] == "keywatch.finding-appeared"
    assert second[1] == {"keywatch.path": "/etc/crontab"}
    assert second[3:5] == (10, 1795515478500000000)


def test_what_a_collector_refuses_is_counted_and_said() -> None:
    with Receiver(400) as receiver:
        done = forward(receiver.url, [JOURNAL, LINE])
    assert done.returncode == 2
    assert "2 events could not be delivered" in done.stderr
    assert "Traceback" not in done.stderr
    assert "expected a URL" in forward("collector:4318", []).stderr


STATUS = {
    "watching": True, "daemon": {"last_sweep": 1795515477.5}, "problems": ["one"], "offers": [{}, {}],
    "moves": {"unfinished": []}, "findings": {"by_severity": {"critical": 0, "high": 2}, "all": []},
    "system": {"last_sweep": 1795515400.0, "findings": {"by_severity": {"high": 5}, "all": []}},
}  # fmt: skip


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_textfile_is_what_prometheus_reads() -> None:
    found = samples(render(STATUS))
    assert found["keywatch_findings", ("high", "user")] == 2
    assert found["keywatch_findings", ("high", "system")] == 5
    assert found["keywatch_watching", ("user",)] == found["keywatch_watching", ("system",)] == 1
    assert found["keywatch_last_sweep_timestamp_seconds", ("user",)] == 1795515477.5
    assert found["keywatch_problems", ()] == 1
    assert found["keywatch_offers", ()] == 2
    assert samples(render({}))["keywatch_watching", ("user",)] == 0


@pytest.mark.e2e
def test_a_real_node_exporter_serves_the_counts(tmp_path: Path) -> None:
    program = shutil.which("prometheus-node-exporter")
    if program is None:
        assert not REQUIRED, "no prometheus-node-exporter"
        pytest.skip("no prometheus-node-exporter")
    env = {**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    keywatch = os.path.join(os.path.dirname(sys.executable), "keywatch")
    file = tmp_path / "metrics/keywatch.prom"
    file.parent.mkdir()
    done = subprocess.run([keywatch, "status", "--textfile", str(file)], env=env, check=False)
    assert done.returncode == 3, "nobody watches, which the file says"
    assert file.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in file.parent.iterdir()] == ["keywatch.prom"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [program, f"--web.listen-address={address}", f"--collector.textfile.directory={file.parent}",
               "--collector.disable-defaults", "--collector.textfile"]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as exporter:
        try:
            end = time.monotonic() + 20
            while True:
                try:
                    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
                        text = answer.read().decode()
                    break
                except OSError:
                    assert time.monotonic() < end
                    time.sleep(0.1)
        finally:
            exporter.terminate()
    assert 'keywatch_watching{by="user"} 0' in text
    assert "node_textfile_scrape_error 0" in text


@contextmanager
def machine_with_rsyslog() -> Iterator[Booted]:
    if shutil.which("rsyslogd") is None or not Path("/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so").exists():
        assert not REQUIRED, "no rsyslog with rsyslog-gnutls"
        pytest.skip("no rsyslog with rsyslog-gnutls")
    machine = boot()
    try:
        yield machine
    finally:
        machine.close()


def certificates(names: list[str]) -> dict[str, str]:
    """A CA, and a certificate it signed for each name; `stranger` has one of another CA."""
    made: dict[str, str] = {}
    now = datetime.now(UTC)

    def build(
        name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, signer: ec.EllipticCurvePrivateKey, *, ca: bool
    ) -> str:
        builder = x509.CertificateBuilder(
            issuer, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key(),
            x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=2),
        )  # fmt: skip
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def pem(key: ec.EllipticCurvePrivateKey) -> str:
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    for authority, served in (("ca", names), ("other-ca", ["stranger.example.org"])):
        root = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, authority)])
        made[f"{authority}.pem"] = build(authority, root, issuer, root, ca=True)
        for name in served:
            key = ec.generate_private_key(ec.SECP256R1())
            short = name.partition(".")[0]
            made[f"{short}.pem"], made[f"{short}.key"] = build(name, key, issuer, root, ca=False), pem(key)
    return made


@pytest.mark.e2e
@pytest.mark.xdist_group("systemd")
def test_rsyslog_brings_an_event_to_a_central_host_over_tls() -> None:
    """Client and central host are two rsyslogds with the configurations of scripts/fleet, on one booted machine."""
    central = (FLEET / "rsyslog/keywatch-central.conf").read_text()
    client = (FLEET / "rsyslog/keywatch-client.conf").read_text()
    with machine_with_rsyslog() as machine:
        for name, text in certificates(["log.example.org", "host.example.org"]).items():
            machine.run('mkdir -p /etc/keywatch/tls; printf %s "$2" > "/etc/keywatch/tls/$1"', name, text)
        machine.run("cd /etc/keywatch/tls; cp log.pem central.pem; cp log.key central.key")
        machine.run(
            "echo 127.0.0.1 log.example.org >> /etc/hosts; systemctl stop rsyslog syslog.socket || true", check=False
        )
        stranger = client.replace("/tls/host.", "/tls/stranger.").replace("keywatch-journal", "stranger-journal")
        for name, text in (("central", central), ("client", client), ("stranger", stranger)):
            head = f'global(workDirectory="/var/spool/{name}")\n'
            machine.run('mkdir -p "/var/spool/$1"; printf %s "$2" > "/etc/$1.conf"', name, head + text)
            assert machine.run(f"rsyslogd -N1 -f /etc/{name}.conf 2>&1", check=False).count("error") == 0
        machine.run("rsyslogd -f /etc/central.conf -i /run/central.pid")
        wait_for(lambda: ":1972 " in machine.run("cat /proc/net/tcp"), "port 6514")
        machine.run("rsyslogd -f /etc/client.conf -i /run/client.pid")
        machine.run(f"{KEYWATCH} install --system")
        key = Key()
        machine.run('printf %s "$1" > /etc/cron.d/backup', f"{key.text}@reboot root true\n")
        arrived = wait_for(
            lambda: machine.run("grep -h finding-appeared /var/log/keywatch/*.jsonl 2>/dev/null || true").strip()
        )
        event = json.loads(arrived.splitlines()[0])
        assert event["KEYWATCH_EVENT"] == "finding-appeared"
        assert event["KEYWATCH_PATH"] == "/etc/cron.d/backup"
        everything = machine.run("cat /var/log/keywatch/*.jsonl")
        assert key.secret not in everything and key.id not in everything
        machine.run("kill $(cat /run/client.pid)")
        before = machine.run("cat /var/log/keywatch/*.jsonl | wc -l")
        machine.run("rsyslogd -f /etc/stranger.conf -i /run/stranger.pid")
        machine.run('printf %s "$1" > /etc/cron.d/other; sleep 4', f"{Key().text}@reboot root true\n")
        assert machine.run("cat /var/log/keywatch/*.jsonl | wc -l") == before, "a certificate of another CA is refused"
        machine.run("kill -0 $(cat /run/stranger.pid)")

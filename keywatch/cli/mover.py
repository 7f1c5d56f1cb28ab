"""`keywatch mover`: one move, undo or recovery of the system's files for whoever may ask; and how it is asked.

systemd starts it for each connection at its socket (keywatch-mover@.service), the connection being its standard input.
One JSON line comes in and one goes out. It runs the same commands as a person would, on the system's places alone;
what the person agreed to is what is done, or nothing is.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from keywatch import audit
from keywatch.errors import KeywatchError, MoveError, UsageError
from keywatch.paths import system_homes
from keywatch.serve.reads import peer_of
from keywatch.wire.protocol import MOVER

#: where the mover may write (systemd/keywatch-mover@.service)
PLACES = ("/etc", "/var/spool/cron", "/root", "/usr/local", "/opt", "/srv")
COMMANDS = ("move", "redact", "undo", "recover")
_MOST = 1 << 20
_MOST_REPLY = 16 << 20
#: seconds for a request to arrive; and for a move to be made
_PATIENCE = 10.0
_MOVING = 3600.0
#: options that are passed on, by what argparse calls them
_TEXTS = {"way": "--as", "entry": "--entry"}
_FLAGS = {"all": "--all", "dry_run": "--dry-run", "yes": "--yes", "json": "--json", "list": "--list",
          "remove_entry": "--remove-entry"}  # fmt: skip


def run_mover(_options: argparse.Namespace) -> int:
    """Serve the connection on standard input; the exit status."""
    connection = socket.socket(fileno=os.dup(0))
    connection.settimeout(_PATIENCE)
    pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    from keywatch.watch.systemdesk import may_see_all

    try:
        if not may_see_all(uid):
            raise UsageError("only root and the group keywatch may ask the mover")
        request = _read(connection)
        argv = arguments_of(request)
        peer = peer_of(pid, uid)
        audit.append(
            system_homes().state, "asked", durable=True, what=argv[0], uid=uid, pid=pid, executable=peer.executable,
            words=argv[1:],
        )  # fmt: skip
        audit.context["for_uid"] = uid
        reply = _serve(argv, str(request.get("agreed", "")))
    except KeywatchError as error:
        reply = {"status": error.exit_code, "out": "", "err": f"keywatch: error: {error}\n"}
    connection.settimeout(_PATIENCE)
    connection.sendall(json.dumps(reply).encode() + b"\n")
    return 0


def arguments_of(request: dict[str, Any]) -> list[str]:
    """The command line that a request stands for. `UsageError` for what may not be asked for."""
    command = request.get("command")
    if command not in COMMANDS:
        raise UsageError("the mover moves, redacts, undoes and recovers")
    argv = [command]
    for name, option in _FLAGS.items():
        if request.get(name) is True:
            argv.append(option)
    for name, option in _TEXTS.items():
        value = request.get(name, "")
        if not isinstance(value, str) or value.startswith("-"):
            raise UsageError(f"{option}: expected a text")
        if value:
            argv += [option, value]
    words = request.get("words", [])
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise UsageError("expected a list of words")
    for word in words:
        if word.startswith("-") or ("/" in word and not within(word)):
            raise UsageError(f"{word}: the mover moves keys of {', '.join(PLACES)} alone")
    return [*argv, *words]


def within(path: str) -> bool:
    """True for a place that the mover may rewrite."""
    return os.path.isabs(path) and any(
        os.path.normpath(path) == place or os.path.normpath(path).startswith(f"{place}/") for place in PLACES
    )


def _serve(argv: Sequence[str], agreed: str) -> dict[str, Any]:
    """Run a command as the program would. `agreed`: the digest of the plan that was shown to a person."""
    if agreed and "--yes" in argv:
        shown = _run(["--dry-run" if word == "--yes" else word for word in argv])
        if digest_of(shown["out"]) != agreed:
            raise MoveError("what would be done is no longer what was shown: nothing was changed; look again")
    return _run(argv)


def _run(argv: Sequence[str]) -> dict[str, Any]:
    from keywatch.cli.arguments import parse
    from keywatch.cli.move import run_move, run_recover, run_undo

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            options = parse(argv)
            options.within = within
            run = {"undo": run_undo, "recover": run_recover}.get(argv[0], run_move)
            status = run(options)
        except KeywatchError as error:
            status = error.exit_code
            err.write(f"keywatch: error: {error}\n")
        except SystemExit as error:
            status = int(error.code or 0)
    return {"status": status, "out": out.getvalue(), "err": err.getvalue()}


def _read(connection: socket.socket) -> dict[str, Any]:
    line = b""
    try:
        while b"\n" not in line and len(line) < _MOST and (piece := connection.recv(65536)):
            line += piece
        request = json.loads(line)
    except (OSError, ValueError, RecursionError):
        raise UsageError("not a request") from None
    if not isinstance(request, dict):
        raise UsageError("not a request")
    return request


# -- the other end -----------------------------------------------------------------------------------------------------


def digest_of(text: str) -> str:
    """What names a plan that was shown."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def ask_mover(request: dict[str, Any], path: str = MOVER) -> dict[str, Any]:
    """The mover's reply: `status`, `out`, `err`. `MoveError` where there is none."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        connection.settimeout(_PATIENCE)
        connection.connect(path)
        connection.sendall(json.dumps(request).encode() + b"\n")
        connection.settimeout(_MOVING)
        pieces: list[bytes] = []
        while (piece := connection.recv(1 << 16)) and sum(map(len, pieces)) < _MOST_REPLY:
            pieces.append(piece)
        reply = json.loads(b"".join(pieces))
        return {"status": int(reply["status"]), "out": str(reply["out"]), "err": str(reply["err"])}
    except PermissionError:
        raise MoveError(f"{path}: only root and the group keywatch may ask the mover") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = getattr(error, "strerror", None) or "no answer"
        raise MoveError(f"the mover does not answer at {path}: {why}: systemctl status keywatch-mover.socket") from None
    finally:
        connection.close()


def move_by_mover(options: argparse.Namespace, command: str) -> int:
    """Have the mover do what the options say; a person is shown the plan and asked here. The exit status."""
    from keywatch.cli.move import confirm

    request: dict[str, Any] = {"command": command}
    request |= {name: True for name in _FLAGS if getattr(options, name, False)}
    request |= {name: getattr(options, name, "") for name in _TEXTS if getattr(options, name, "")}
    words = getattr(options, "words", None)
    request["words"] = [_absolute(word) for word in words] if words is not None else _named(options)
    asks = command != "recover" and not any(request.get(name) for name in ("dry_run", "yes", "list", "json"))
    if not asks:
        return _show(ask_mover(request))
    if command == "undo":
        _show(ask_mover({"command": "undo", "list": True, "words": []}))
        if not confirm("Put the key back, in plaintext?"):
            sys.stdout.write("nothing was changed\n")
            return 1
        return _show(ask_mover(request | {"yes": True}))
    shown = ask_mover(request | {"dry_run": True})
    if _show(shown) not in (0, 1) or not shown["out"]:
        return int(shown["status"])
    if not confirm("Make these changes?"):
        sys.stdout.write("nothing was changed\n")
        return 1
    return _show(ask_mover(request | {"yes": True, "agreed": digest_of(shown["out"])}))


def _named(options: argparse.Namespace) -> list[str]:
    move = getattr(options, "move", "")
    return [move] if move else []


def _absolute(word: str) -> str:
    return os.path.abspath(word) if os.path.lexists(word) or word.startswith(("/", "./", "../")) else word


def _show(reply: dict[str, Any]) -> int:
    sys.stdout.write(reply["out"])
    sys.stderr.write(reply["err"])
    return int(reply["status"])

"""The agent: a Unix socket at which programs ask for entries; this user's, or for the system's agent everybody's.

One thread and one loop. Each connection has a bounded line, a bounded time and one request; whoever is slow, silent,
garbled or another user costs a descriptor for two seconds and holds up nobody.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from keywatch.errors import StateError
from keywatch.paths import private_dir
from keywatch.serve.errands import Errand, Errands
from keywatch.serve.reads import Peer, peer_of
from keywatch.wire.protocol import ASKING, MOST_DEPOSIT, MOST_REQUEST, MOST_SESSION, REFUSED, socket_path
from keywatch.wire.protocol import PATIENCE as PERSONS_PATIENCE

#: seconds for a peer to say what it wants and to take the answer
PATIENCE = 2.0
#: connections at once; more wait in the listen queue
MOST_PEERS = 1500
#: of them, those of one user at the system's socket
MOST_OF_ONE = 100
_BACKLOG = 4096
#: sys/mman.h: MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT: what is used, not whole thread stacks that never are
_MCL = 7


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    peer: Peer
    until: float
    line: bytes = b""
    reply: bytes = b""
    asking: bytes = b""


class Answers(Protocol):
    """Who answers: the keeper of the vault (keeper.py), or the daemon's desk before it."""

    def errand(self, line: bytes, peer: Peer, *, allowed: bool = False) -> Errand | None:
        """What is to be done first, if anything. `allowed`: a person has consented."""

    def answer(self, line: bytes, peer: Peer) -> bytes:
        """The reply to one request. Never raises for what a peer says."""

    def lock(self) -> None:
        """Forget everything."""


def serve_everybody(keeper: Answers, listener: socket.socket, stopped: Callable[[], bool], every: float) -> None:
    """Answer every user at a socket that the service manager made, until `stopped`. The keeper judges who gets what."""
    _protect_memory()
    with listener:
        listener.settimeout(0)
        try:
            _Server(keeper, listener, everybody=True).run(stopped, every)
        finally:
            keeper.lock()


def inherited_listener() -> socket.socket:
    """The socket that systemd gave to this process (sd_listen_fds(3)). `StateError` where it gave none."""
    given = os.environ.pop("LISTEN_FDS", ""), os.environ.pop("LISTEN_PID", "")
    if given != ("1", str(os.getpid())):
        raise StateError("no socket was given to this process: its socket unit starts it, not a person")
    os.set_inheritable(3, False)  # noqa: FBT003
    return socket.socket(fileno=3)


def serve(keeper: Answers, runtime: str, stopped: Callable[[], bool], every: float = 0.25) -> None:
    """Answer until `stopped`, which is asked every so many seconds.

    `StateError` where the socket can't be made, or another agent is there.
    """
    path = socket_path(private_dir(runtime))
    _protect_memory()
    with _listen(path) as listener:
        try:
            _Server(keeper, listener).run(stopped, every)
        finally:
            keeper.lock()
            with contextlib.suppress(OSError):
                os.unlink(path)


def _listen(path: str) -> socket.socket:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.settimeout(1)
        if other.connect_ex(path) == 0:
            raise StateError(f"{path}: an agent is running already")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        before = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(before)
        listener.listen(_BACKLOG)
        listener.settimeout(0)
    except OSError as error:
        listener.close()
        raise StateError(f"{path}: the agent can't listen there: {error.strerror or error}") from None
    return listener


def _protect_memory() -> None:
    """Keep what is held out of the swap file, as far as the limits allow, and have room for many peers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, MOST_PEERS + 64), hard), hard))
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mlockall(_MCL)


class _Server:
    def __init__(self, keeper: Answers, listener: socket.socket, *, everybody: bool = False) -> None:
        self._everybody = everybody
        self._keeper = keeper
        self._listener = listener
        self._open: dict[int, _Connection] = {}
        self._selector = selectors.DefaultSelector()
        self._listening = False
        self._wake = os.pipe()
        self._errands: Errands[_Connection] = Errands(self._ring)
        self._selector.register(self._wake[0], selectors.EVENT_READ)

    def run(self, stopped: Callable[[], bool], every: float) -> None:
        try:
            while not stopped():
                self._mind_the_door()
                for key, events in self._selector.select(every):
                    if key.fd == self._listener.fileno():
                        self._accept()
                    elif key.fd == self._wake[0]:
                        self._end_errands()
                    elif (connection := self._open.get(key.fd)) is not None:
                        self._attend(connection, events)
                self._send_away()
        finally:
            for connection in list(self._open.values()):
                self._close(connection)
            self._selector.close()
            for fd in self._wake:
                os.close(fd)

    def _mind_the_door(self) -> None:
        """Listen while there is room for one more."""
        room = len(self._open) < MOST_PEERS
        if room and not self._listening:
            self._selector.register(self._listener, selectors.EVENT_READ)
        elif not room and self._listening:
            self._selector.unregister(self._listener)
        self._listening = room

    def _accept(self) -> None:
        for _ in range(64):
            if len(self._open) >= MOST_PEERS:
                return
            try:
                accepted, _address = self._listener.accept()
            except OSError:
                return
            pid, uid, _gid = struct.unpack("3i", accepted.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            if not self._may_enter(uid):
                accepted.close()
                continue
            accepted.settimeout(0)
            connection = _Connection(accepted, Peer(pid, uid), time.monotonic() + PATIENCE)
            self._open[accepted.fileno()] = connection
            self._selector.register(accepted, selectors.EVENT_READ)

    def _may_enter(self, uid: int) -> bool:
        """This user and root; at the system's socket everybody, but nobody so often that others find no room."""
        if uid in (os.geteuid(), 0):
            return True
        return self._everybody and sum(each.peer.uid == uid for each in self._open.values()) < MOST_OF_ONE

    def _attend(self, connection: _Connection, events: int) -> None:
        try:
            if events & selectors.EVENT_READ and not connection.reply:
                self._hear(connection)
            if connection.reply:
                self._tell(connection)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._close(connection)

    def _hear(self, connection: _Connection) -> None:
        piece = connection.socket.recv(MOST_REQUEST)
        if connection.asking:  # it has said all that it may; nothing more is an end
            if not piece:
                self._close(connection)
            return
        connection.line += piece
        if not piece or len(connection.line) > self._longest(connection):
            self._close(connection)
            return
        line, end, _ = connection.line.partition(b"\n")
        if end:
            connection.peer = peer_of(connection.peer.pid, connection.peer.uid)
            connection.line = b""
            self._answer(connection, line)

    def _longest(self, connection: _Connection) -> int:
        """How long its line may be."""
        if self._everybody:
            return MOST_DEPOSIT if connection.peer.uid == 0 else MOST_REQUEST
        return MOST_SESSION if connection.line.startswith(b"session ") else MOST_REQUEST

    def _answer(self, connection: _Connection, line: bytes, *, allowed: bool = False) -> None:
        """Answer now, or once what is to be done for it is done; the others are served meanwhile."""
        errand = self._keeper.errand(line, connection.peer, allowed=allowed)
        why = self._errands.start(errand, connection if errand.wait else None) if errand is not None else ""
        if errand is None or not errand.wait:
            connection.reply += self._keeper.answer(line, connection.peer)
        elif why:
            connection.reply += _refusal(why)
        else:
            connection.until = time.monotonic() + PERSONS_PATIENCE
            connection.reply += b"" if allowed else ASKING + b"\n"
            connection.asking = line

    def _ring(self) -> None:
        """Have the loop look at what is done. Called in other threads."""
        with contextlib.suppress(OSError):  # the agent has ended meanwhile
            os.write(self._wake[1], b".")

    def _end_errands(self) -> None:
        """Answer those for whom something was done."""
        os.read(self._wake[0], 4096)
        for errand, waiting, why in self._errands.take():
            for connection in waiting:
                if connection.socket.fileno() not in self._open:
                    continue
                line, connection.asking = connection.asking, b""
                if why:
                    connection.reply += _refusal(why)
                elif errand.grants:
                    self._answer(connection, line, allowed=True)
                else:
                    connection.reply += self._keeper.answer(line, connection.peer)
                self._attend(connection, selectors.EVENT_WRITE)

    def _tell(self, connection: _Connection) -> None:
        sent = connection.socket.send(connection.reply)
        connection.reply = connection.reply[sent:]
        if connection.asking and not connection.reply:
            self._selector.modify(connection.socket, selectors.EVENT_READ)
        elif not connection.reply:
            self._close(connection)
        else:
            self._selector.modify(connection.socket, selectors.EVENT_WRITE)

    def _send_away(self) -> None:
        """Close connections whose time is up."""
        now = time.monotonic()
        for connection in [each for each in self._open.values() if each.until < now]:
            self._close(connection)

    def _close(self, connection: _Connection) -> None:
        fd = connection.socket.fileno()
        if fd in self._open:
            del self._open[fd]
            self._selector.unregister(connection.socket)
            connection.socket.close()


def _refusal(why: str) -> bytes:
    return REFUSED + " ".join(why.split()).encode("utf-8", "replace") + b"\n"

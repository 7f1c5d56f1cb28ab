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
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from keywatch.errors import StateError
from keywatch.paths import private_dir
from keywatch.serve.pinentry import confirm, find_pinentry
from keywatch.serve.reads import Peer, peer_of
from keywatch.wire.protocol import ASKING, MOST_DEPOSIT, MOST_REQUEST, REFUSED, socket_path
from keywatch.wire.protocol import PATIENCE as PERSONS_PATIENCE

#: seconds for a peer to say what it wants and to take the answer
PATIENCE = 2.0
#: connections at once; more wait in the listen queue
MOST_PEERS = 1500
#: persons are asked no more than so many things at once
MOST_QUESTIONS = 4
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
    asking: bool = False


class Answers(Protocol):
    """Who answers: the keeper of the vault (keeper.py), or the daemon's desk before it."""

    def question(self, line: bytes, peer: Peer) -> str | None:
        """What a person is to be asked first, if anything."""

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
        self._questions = 0
        self._answers: deque[tuple[_Connection, bytes, Peer, bool]] = deque()
        self._wake = os.pipe()
        self._selector.register(self._wake[0], selectors.EVENT_READ)

    def run(self, stopped: Callable[[], bool], every: float) -> None:
        try:
            while not stopped():
                self._mind_the_door()
                for key, events in self._selector.select(every):
                    if key.fd == self._listener.fileno():
                        self._accept()
                    elif key.fd == self._wake[0]:
                        self._take_answers()
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
        most = MOST_DEPOSIT if self._everybody and connection.peer.uid == 0 else MOST_REQUEST
        if not piece or len(connection.line) > most:
            self._close(connection)
            return
        line, end, _ = connection.line.partition(b"\n")
        if end:
            peer = peer_of(connection.peer.pid, connection.peer.uid)
            connection.line = b""
            if (question := self._keeper.question(line, peer)) is not None:
                self._ask(connection, line, peer, question)
            else:
                connection.reply = self._keeper.answer(line, peer)

    def _ask(self, connection: _Connection, line: bytes, peer: Peer, question: str) -> None:
        """Have a person asked in a thread of its own; the others are served meanwhile."""
        program = find_pinentry()
        if program is None or self._questions >= MOST_QUESTIONS:
            connection.reply = REFUSED + b"nobody can be asked: install pinentry, or answer what is asked already\n"
            return
        self._questions += 1
        connection.asking = True
        connection.until = time.monotonic() + PERSONS_PATIENCE
        connection.reply = ASKING + b"\n"

        def consult() -> None:
            self._answers.append((connection, line, peer, confirm(program, question)))
            with contextlib.suppress(OSError):  # the agent has ended meanwhile
                os.write(self._wake[1], b".")

        threading.Thread(target=consult, name="keywatch-ask", daemon=True).start()

    def _take_answers(self) -> None:
        """Answer those whose question a person has answered."""
        os.read(self._wake[0], 4096)
        while self._answers:
            connection, line, peer, yes = self._answers.popleft()
            self._questions -= 1
            if connection.socket.fileno() not in self._open:
                continue
            connection.asking = False
            connection.reply += self._keeper.answer(line, peer) if yes else REFUSED + b"declined\n"
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

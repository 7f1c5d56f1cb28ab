"""Hears what changes in folders: inotify by way of watchdog, one kernel instance and one thread however many folders.

watchdog's Observer starts a thread for each watch (5,000 folders: 1.1 s, 5,003 threads, 130 MB) and holds back half
of a move for half a second; its InotifyFD beneath gives the same events to callbacks, and tells of overflow.
Whoever hears only notes names in a set: nothing here blocks, judges or reads a file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver, ObservedWatch
    from watchdog.observers.inotify_c import InotifyEvent, InotifyFD, WatchDescriptor

#: more names than this between two looks: as good as an overflow
MOST_HEARD = 100_000


@dataclass(slots=True)
class Heard:
    """What was heard since the last look: (folder, name), folders that are no longer what was listened to, overflow."""

    names: set[tuple[str, str]] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    overflow: bool = False


class Ears(Protocol):
    """Listens to folders. `fd` becomes readable when something was heard."""

    fd: int

    def listen(self, folder: str) -> None:
        """Hear of what changes in `folder`, a real path. `OSError` where that can't be."""

    def ignore(self, folder: str) -> None:
        """No longer hear of it."""

    def take(self) -> Heard:
        """What was heard, once."""

    def close(self) -> None:
        """End."""


class Notes:
    """The notes that a listening thread leaves, and the pipe that says there are some."""

    def __init__(self) -> None:
        self.fd, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
        self._lock = threading.Lock()
        self._heard = Heard()
        self._told = False

    def hear(self, folder: str, name: str) -> None:
        """Something happened to `name` in `folder`."""
        with self._lock:
            if len(self._heard.names) >= MOST_HEARD:
                self._heard.overflow = True
            else:
                self._heard.names.add((folder, name))
            self._tell()

    def end(self, folder: str) -> None:
        """`folder` is not what was listened to any more."""
        with self._lock:
            self._heard.ended.add(folder)
            self._tell()

    def overflow(self) -> None:
        """Events were lost."""
        with self._lock:
            self._heard.overflow = True
            self._tell()

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            with contextlib.suppress(BlockingIOError):
                os.write(self._write, b".")

    def take(self) -> Heard:
        """What was noted, once."""
        with self._lock:
            heard, self._heard = self._heard, Heard()
            if self._told:
                self._told = False
                with contextlib.suppress(BlockingIOError):
                    os.read(self.fd, 16)
        return heard

    def wake(self) -> None:
        """Make `fd` readable though nothing was heard."""
        with self._lock:
            self._tell()

    def close(self) -> None:
        """Close the pipe."""
        os.close(self.fd)
        os.close(self._write)


class _Ear:
    """The callback of one folder (watchdog's `WatchCallback`)."""

    __slots__ = ("_notes", "folder", "wd")

    def __init__(self, notes: Notes, folder: str) -> None:
        self._notes = notes
        self.folder = folder
        self.wd: WatchDescriptor | None = None

    def on_event(self, event: InotifyEvent) -> None:
        if event.name:
            self._notes.hear(self.folder, os.fsdecode(event.name))
        elif event.is_delete_self or event.is_move_self:
            self._notes.end(self.folder)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        if wd == self.wd:
            self.wd = None
            self._notes.end(self.folder)

    def on_queue_overflow(self) -> None:
        self._notes.overflow()


class InotifyEars:
    """Ears on Linux. `OSError(EMFILE)` where this user has no inotify instance left."""

    def __init__(self, notes: Notes) -> None:
        from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyFD, Mask

        constants = InotifyConstants
        self._mask = Mask(
            constants.IN_MODIFY | constants.IN_ATTRIB | constants.IN_CLOSE_WRITE | constants.IN_MOVE
            | constants.IN_CREATE | constants.IN_DELETE | constants.IN_DELETE_SELF | constants.IN_MOVE_SELF
            | constants.IN_ONLYDIR | constants.IN_DONT_FOLLOW | constants.IN_EXCL_UNLINK
        )  # fmt: skip
        self._id = CallbackId
        self._notes = notes
        self.fd = notes.fd
        self._ears: dict[str, _Ear] = {}
        self._inotify: InotifyFD = InotifyFD()
        self._inotify.daemon = True
        self._inotify.start()

    def listen(self, folder: str) -> None:
        self.ignore(folder)
        ear = _Ear(self._notes, folder)
        wd = self._inotify.add_callback(os.fsencode(folder), self._mask, ear, self._id(id(ear)))
        ear.wd = wd
        if wd == -1:  # watchdog is silent about EACCES
            self._inotify.remove_callbacks([(wd, self._id(id(ear)))])
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        self._ears[folder] = ear

    def ignore(self, folder: str) -> None:
        ear = self._ears.pop(folder, None)
        if ear is not None and ear.wd is not None:
            wd, ear.wd = ear.wd, None
            self._inotify.remove_callbacks([(wd, self._id(id(ear)))])

    def take(self) -> Heard:
        return self._notes.take()

    def close(self) -> None:
        self._inotify.stop()
        self._inotify.join(5)


class ObserverEars:
    """Ears by watchdog's Observer, where there is no inotify (macOS; unproven)."""

    def __init__(self, notes: Notes) -> None:
        from watchdog.observers import Observer

        self._notes = notes
        self.fd = notes.fd
        self._watches: dict[str, ObservedWatch] = {}
        self._observer: BaseObserver = Observer()
        self._observer.start()

    def listen(self, folder: str) -> None:
        from watchdog import events

        notes = self._notes

        class Handler(events.FileSystemEventHandler):
            def dispatch(self, event: events.FileSystemEvent) -> None:
                for path in (event.src_path, event.dest_path):
                    above, _, name = os.fsdecode(path).rpartition("/")
                    if above == folder:
                        notes.hear(folder, name)

        self.ignore(folder)
        kinds: list[type[events.FileSystemEvent]] = [
            events.FileClosedEvent, events.FileMovedEvent, events.FileCreatedEvent, events.FileModifiedEvent,
            events.FileDeletedEvent, events.DirCreatedEvent, events.DirDeletedEvent, events.DirMovedEvent,
        ]  # fmt: skip
        self._watches[folder] = self._observer.schedule(Handler(), folder, event_filter=kinds)

    def ignore(self, folder: str) -> None:
        watch = self._watches.pop(folder, None)
        if watch is not None:
            self._observer.unschedule(watch)

    def take(self) -> Heard:
        return self._notes.take()

    def close(self) -> None:
        self._observer.stop()
        self._observer.join(5)


class DeafEars:
    """No ears at all: everything is polled. What the daemon falls back on where the kernel gives it no instance."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.fd = notes.fd

    def listen(self, folder: str) -> None:
        raise OSError(errno.EMFILE, f"{folder}: no inotify instance")

    def ignore(self, folder: str) -> None:
        """Nothing was listened to."""

    def take(self) -> Heard:
        return self._notes.take()

    def close(self) -> None:
        """Nothing to end."""


def open_ears(notes: Notes) -> Ears:
    """The ears that this system has."""
    try:
        return InotifyEars(notes) if sys.platform.startswith("linux") else ObserverEars(notes)
    except OSError:
        return DeafEars(notes)

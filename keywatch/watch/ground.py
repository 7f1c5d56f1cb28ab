"""The ground that is watched: every folder that a place can appear in, and what a change there means.

Follows the catalogue folder by folder as folders come and go, follows each link to what it leads to, and knows which
folders the kernel tells nothing of (network file systems, FUSE, overlays, limits): those are polled. Reads names and
metadata only; what the files hold is read elsewhere.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from keywatch.paths import real_path
from keywatch.places.base import Target
from keywatch.places.disk import Mount, mount_of, read_mounts
from keywatch.places.outline import Spot, Survey, survey, survey_name
from keywatch.watch.ears import Ears
from keywatch.watch.way import Signature, is_blind, signature_of, way_of


@dataclass(slots=True)
class Post:
    """One real folder that is listened to. `blind` says why it is polled instead, empty where it is not."""

    ident: tuple[int, int]
    folders: set[str] = field(default_factory=set)
    hooks: dict[str, set[str]] = field(default_factory=dict)
    blind: str = ""


@dataclass(slots=True)
class Folder:
    """One folder by the name it is reached by: what is said of it, and the files in it when last looked at."""

    real: str
    spots: list[Spot] = field(default_factory=list)
    below: set[str] = field(default_factory=set)
    files: dict[str, Signature] = field(default_factory=dict)


class Ground:
    """All that is watched. `dirty` is called with each target that may hold something new, or nothing any more."""

    def __init__(self, ears: Ears, dirty: Callable[[Target], None], most: int) -> None:
        self._ears = ears
        self._dirty = dirty
        self._most = most
        self._mounts: tuple[Mount, ...] = read_mounts()
        self._blind: dict[int, str] = {}
        self.posts: dict[str, Post] = {}
        self.folders: dict[str, Folder] = {}
        self.targets: dict[str, Target] = {}
        #: files by name, watched wherever they are: named by variables, the person, or the memory
        self.named: dict[str, Signature] = {}
        self._hooked: dict[str, list[tuple[str, str]]] = {}
        self._watchers: dict[str, Target] = {}
        self.problems: dict[str, str] = {}
        self._turn: dict[str, None] = {}
        self._left_out = 0
        #: goes up whenever a post comes or goes
        self._posted = 0
        self._told_blind: tuple[int, dict[str, str]] = (-1, {})

    # what is watched

    def add(self, spots: Iterable[Spot]) -> None:
        """Watch these folders and all that the catalogue leads to from them; their files are dirty."""
        waiting = deque(spots)
        while waiting:
            spot = waiting.popleft()
            folder = self.folders.get(spot.path)
            if folder is not None and spot in folder.spots:
                continue
            if spot.optional and folder is None and len(self.posts) >= self._most:
                self._left_out += 1
                self.problems["folders"] = (
                    f"{self._left_out:,} project folders are not watched: [watch] folders allows {self._most:,}; "
                    "they are swept now and then"
                )
                continue
            real = real_path(spot.path)
            if folder is None:
                if not os.path.isdir(real) or not self._arm(real):
                    continue
                folder = self.folders[spot.path] = Folder(real)
                self.posts[real].folders.add(spot.path)
                above = self.folders.get(os.path.dirname(spot.path))
                if above is not None and spot.path != "/":
                    above.below.add(spot.path)
            folder.spots.append(spot)
            waiting += self._note(folder, survey(spot))

    def name(self, targets: Iterable[Target]) -> None:
        """Watch these files by name, each with the folders on its way; they are dirty."""
        for target in targets:
            self._watchers[target.path] = target
            self.named[target.path] = signature_of(target.path)
            self._hook(target.path)
            self._dirty(target)

    def unname(self, path: str) -> None:
        """No longer watch `path` for its name's sake."""
        if self.named.pop(path, False) is not False:
            self._watchers.pop(path, None)
            if path not in self.targets:
                self._unhook(path)

    def _note(self, folder: Folder, found: Survey) -> list[Spot]:
        """Remember what a survey found; the folders to go on in."""
        for each, target in found.targets.items():
            signature = signature_of(each)
            if each not in self.targets or folder.files.get(each, False) != signature:
                self.targets[each] = target
                folder.files[each] = signature
                self._dirty(target)
        for link in found.links:
            self._hook(link)
        return [spot for spot in found.below if not self._knows(spot)]

    def _knows(self, spot: Spot) -> bool:
        folder = self.folders.get(spot.path)
        return folder is not None and spot in folder.spots and folder.real == real_path(spot.path)

    def _arm(self, real: str) -> bool:
        """Listen to a real folder; False where it has gone. Where listening fails it is polled."""
        if real in self.posts:
            return True
        try:
            info = os.stat(real)
        except OSError:
            return False
        post = Post((info.st_dev, info.st_ino), blind=self._blindness(real, info.st_dev))
        self._listen(real, post)
        self.posts[real] = post
        self._posted += 1
        self._turn[real] = None
        return True

    def _listen(self, real: str, post: Post) -> None:
        try:
            self._ears.listen(real)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                post.blind = "no inotify watch was left"
                self.problems["watches"] = (
                    "inotify watches ran out, so some folders are polled: as root, "
                    "sysctl fs.inotify.max_user_watches=524288 (and keep it in /etc/sysctl.d)"
                )
            elif error.errno in (errno.EMFILE, errno.ENFILE):
                post.blind = "no inotify instance was left"
                self.problems["instances"] = (
                    "inotify instances ran out, so everything is polled: as root, "
                    "sysctl fs.inotify.max_user_instances=1024 (and keep it in /etc/sysctl.d), then keywatch restarts"
                )
            else:
                post.blind = (error.strerror or "can't be listened to").lower()
                if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
                    self.problems[f"folder {real}"] = f"{real}: can't be watched: {error.strerror}"

    def _blindness(self, real: str, device: int) -> str:
        """Why the kernel does not tell of all changes on the file system of a folder."""
        if device not in self._blind:
            mount = mount_of(self._mounts, real, device)
            kind = mount.type if mount is not None else ""
            self._blind[device] = f"{kind} does not tell of changes made elsewhere" if is_blind(kind) else ""
        return self._blind[device]

    # links

    def _hook(self, path: str) -> None:
        """Hear of everything that changes what the name `path` leads to, up to the nearest folder that is there."""
        steps = list(way_of(path, set()))
        if self._hooked.get(path) == steps:
            return
        self._unhook(path)
        for real, name in steps:
            if self._arm(real):
                self.posts[real].hooks.setdefault(name, set()).add(path)
        self._hooked[path] = steps

    def _unhook(self, path: str) -> None:
        for real, name in self._hooked.pop(path, ()):
            post = self.posts.get(real)
            if post is not None and path in post.hooks.get(name, ()):
                post.hooks[name].discard(path)
                if not post.hooks[name]:
                    del post.hooks[name]
                self._leave(real)

    def _leave(self, real: str) -> None:
        """Stop listening where nothing is left to listen for."""
        post = self.posts.get(real)
        if post is not None and not post.folders and not post.hooks:
            del self.posts[real]
            self._posted += 1
            self._ears.ignore(real)

    # what changes

    def heard(self, real: str, name: str) -> None:
        """`name` in the real folder changed."""
        post = self.posts.get(real)
        if post is None:
            return
        for path in list(post.folders):
            self._changed(path, name)
        for path in list(post.hooks.get(name, ())):
            self._hook(path)
            if path in self.named:
                self.named[path] = signature_of(path)
                self._dirty(self._watchers[path])
            self._changed(os.path.dirname(path), os.path.basename(path))

    def _changed(self, path: str, name: str) -> None:
        """`name` in a folder, by the name that the folder is reached by, changed."""
        folder = self.folders.get(path)
        if folder is None:
            return
        full = f"/{name}" if path == "/" else f"{path}/{name}"
        inner = self.folders.get(full)
        if inner is not None:
            real = real_path(full)
            if real != inner.real or not self._is_same(real):
                self.drop(full)
        more: list[Spot] = []
        seen = False
        for spot in list(folder.spots):
            found = survey_name(spot, name)
            seen = seen or full in found.targets
            if full in found.targets:  # dirty whatever its metadata say: it was told of
                folder.files.pop(full, None)
            more += self._note(folder, found)
        if not seen and full in self.targets:
            self._dirty(self.targets.pop(full))
            folder.files.pop(full, None)
        elif seen and folder.files.get(full) is None:
            self.targets.pop(full, None)
            folder.files.pop(full, None)
        if more:
            self.add(more)

    def drop(self, path: str) -> None:
        """A folder is no longer what it was: forget it and all below it; the files that were there are dirty."""
        folder = self.folders.pop(path, None)
        if folder is None:
            return
        for inner in list(folder.below):
            self.drop(inner)
        above = self.folders.get(os.path.dirname(path))
        if above is not None:
            above.below.discard(path)
        for each in folder.files:
            target = self.targets.pop(each, None)
            if target is not None:
                self._dirty(target)
            if each not in self.named:
                self._unhook(each)
        if path not in self.named:
            self._unhook(path)
        post = self.posts.get(folder.real)
        if post is not None:
            post.folders.discard(path)
            self._leave(folder.real)

    def ended(self, real: str) -> None:
        """A real folder was removed, moved, unmounted or replaced: watch what stands there now, if anything."""
        post = self.posts.get(real)
        if post is None:
            return
        paths, hooks = list(post.folders), {path for each in post.hooks.values() for path in each}
        spots = {path: list(self.folders[path].spots) for path in paths if path in self.folders}
        for path in paths:
            self.drop(path)
        if real in self.posts:  # hooks keep it
            post = self.posts.pop(real)
            self._posted += 1
            self._ears.ignore(real)
        for path in hooks:
            self._hooked.pop(path, None)
            self._hook(path)
            if path in self.named:
                self._dirty(self._watchers[path])
        for each in spots.values():
            self.add(each)
        for path in hooks:
            self._changed(os.path.dirname(path), os.path.basename(path))

    def _is_same(self, real: str) -> bool:
        post = self.posts.get(real)
        try:
            info = os.stat(real)
        except OSError:
            return False
        return post is not None and post.ident == (info.st_dev, info.st_ino)

    # looking for oneself

    def compare(self, most: int) -> None:
        """See whether the next `most` folders, in turn, still are the folders that are listened to."""
        for real in list(islice(self._turn, most)):
            del self._turn[real]
            if real not in self.posts:
                continue
            if self._is_same(real):
                self._turn[real] = None
            else:
                self.ended(real)

    def mounts_changed(self) -> None:
        """Something was mounted or unmounted: compare every folder."""
        self._mounts = read_mounts()
        self._blind.clear()
        self.compare(len(self._turn))

    def poll(self, *, everything: bool) -> None:
        """Look at the folders that are blind, or at every one; what differs from the last look is dirty."""
        for path in [path for path, folder in self.folders.items() if everything or self._is_blind(folder)]:
            folder = self.folders.get(path)
            if folder is None:
                continue
            more: list[Spot] = []
            there: set[str] = set()
            for spot in list(folder.spots):
                found = survey(spot)
                there |= found.targets.keys()
                more += self._note(folder, found)
            for each in folder.files.keys() - there:
                folder.files.pop(each)
                if (target := self.targets.pop(each, None)) is not None:
                    self._dirty(target)
            self.add(more)
        self._look_at_named()

    def _look_at_named(self) -> None:
        for path in list(self.named):
            self.look_at(path)

    def look_at(self, path: str) -> None:
        """Look at one file that is watched by name."""
        signature = signature_of(path)
        if signature != self.named[path]:
            self.named[path] = signature
            self._hook(path)
            self._dirty(self._watchers[path])

    def look_again(self, *, linked: bool) -> None:
        """Look at each known file (`linked`: that has other names, where writes are not heard): a stat a file."""
        for folder in list(self.folders.values()):
            for path, before in list(folder.files.items()):
                if linked and (before is None or before[4] <= 1):
                    continue
                signature = signature_of(path)
                if signature != before and path in self.targets:
                    folder.files[path] = signature
                    self._dirty(self.targets[path])
        if not linked:
            self._look_at_named()

    def _is_blind(self, folder: Folder) -> bool:
        post = self.posts.get(folder.real)
        return post is not None and bool(post.blind)

    @property
    def blind(self) -> dict[str, str]:
        """The folders that are polled, and why."""
        if self._posted != self._told_blind[0]:  # asked each second, and there may be thousands
            blind = {real: post.blind for real, post in self.posts.items() if post.blind}
            self._told_blind = self._posted, blind
        return dict(self._told_blind[1])

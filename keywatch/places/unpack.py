"""Opening packed contents without a temporary file: gzip, bzip2, xz, zip and tar, one in another, as streams.

Everything an archive says of itself is hostile: sizes, names, counts and nesting are bounded here, not believed. Links
and devices in archives are names only; nothing is ever extracted to a file system.
"""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Protocol

from keywatch.places.magic import is_container

_CHUNK = 256 << 10
#: a read larger than this is asked for only by a header that lies
_MOST_READ = 4 << 20
#: what `inflate_small` gives at most
_SMALL = 1 << 20
_ZIP_END = struct.Struct("<4s4H2IH")
#: memory that an xz stream may ask for; `xz -9` needs 65 MiB
_XZ_MEMORY = 72 << 20
_ZIP_DIRECTORY = 4 << 20
#: zips inside other archives are held in memory, as their directory stands at the end
_ZIP_INSIDE = 16 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one packed file is read: nesting, bytes that come out in all, members in all."""

    depth: int = 3
    bytes: int = 256 << 20
    members: int = 20_000


class UnpackError(Exception):
    """An archive that is broken, or goes beyond what is read of one; the text says which."""


class Visit(Protocol):
    """Takes each content of an archive: the way to it, and a stream to read it from."""

    def __call__(self, via: tuple[str, ...], stream: Stream) -> None: ...


class Stream:
    """Bytes that come one after the other, read once and counted; seeks forward only, by reading."""

    def __init__(self, read: Callable[[int], bytes], budget: Budget | None = None, head: bytes = b"") -> None:
        self._read = read
        self._budget = budget
        self._head = head
        self._at = 0

    def peek(self, size: int) -> bytes:
        """The next bytes, without taking them."""
        while len(self._head) < size:
            more = self._take(size - len(self._head))
            if not more:
                break
            self._head += more
        return self._head[:size]

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, fewer only at the end."""
        if size < 0 or size > _MOST_READ:
            raise UnpackError(f"broken: a part of it claims {size:,} bytes")
        pieces = [self._head[:size]]
        self._head = self._head[size:]
        missing = size - len(pieces[0])
        while missing > 0:
            more = self._take(missing)
            if not more:
                break
            pieces.append(more)
            missing -= len(more)
        data = b"".join(pieces)
        self._at += len(data)
        return data

    def _take(self, size: int) -> bytes:
        data = self._read(min(size, _CHUNK))
        if self._budget is not None:
            self._budget.spend(len(data))
        return data

    def tell(self) -> int:
        """Bytes read so far."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Skip forward to `offset`."""
        target = offset if whence == io.SEEK_SET else self._at + offset
        if whence == io.SEEK_END or target < self._at:
            raise UnpackError("broken: its parts are not in order")
        while self._at < target:
            if not self.read(min(_CHUNK, target - self._at)):
                break
        return self._at

    def seekable(self) -> bool:
        """Forward, for tarfile."""
        return True

    def readable(self) -> bool:
        """Always."""
        return True

    @property
    def closed(self) -> bool:
        """Never: whoever opened what is below closes it."""
        return False


class Budget:
    """What is left to be read of one packed file."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._bytes = limits.bytes
        self._members = limits.members

    def spend(self, size: int) -> None:
        """Count bytes that came out."""
        self._bytes -= size
        if self._bytes < 0:
            raise UnpackError(f"unpacks to more than {self.limits.bytes >> 20} MiB: the rest was not read")

    def enter(self) -> None:
        """Count a member."""
        self._members -= 1
        if self._members < 0:
            raise UnpackError(f"holds more than {self.limits.members:,} members: the rest was not read")


def unpack(file: IO[bytes], limits: Limits, visit: Visit, problem: Callable[[tuple[str, ...], str], None]) -> bool:
    """Give every content inside the packed `file` (seekable) to `visit`; False when some of it could not be read.

    What is wrong is told to `problem`, with the way to it. Never raises for what the file holds.
    """
    budget = Budget(limits)
    walker = _Walker(budget, visit, problem)
    walker.open(file, Stream(file.read), ())
    return walker.whole


def inflate_small(packed: bytes) -> bytes | None:
    """What a gzip file of one part holds, at once; None where it is anything else, or much: then `unpack` it.

    Half the files below /usr/share are manual pages in gzip: they need none of what is done for hostile archives.
    """
    try:
        inflate = zlib.decompressobj(31)
        data = inflate.decompress(packed, _SMALL)
    except zlib.error:
        return None
    whole = inflate.eof and not inflate.unused_data
    return data if whole and is_container(data[:512]) is None else None


class _Walker:
    def __init__(self, budget: Budget, visit: Visit, problem: Callable[[tuple[str, ...], str], None]) -> None:
        self.budget, self.visit, self.problem = budget, visit, problem
        self.whole = True

    def open(self, file: IO[bytes] | None, stream: Stream, via: tuple[str, ...], depth: int = 0) -> None:
        """Open one content: a container is entered, anything else is visited."""
        kind = is_container(stream.peek(512))
        if kind is None:
            if depth:
                self.visit(via, stream)
            return
        if depth >= self.budget.limits.depth and kind != "tar":
            self._tell(via, f"packed more than {self.budget.limits.depth} times over")
            return
        try:
            self._enter(kind, file, stream, via, depth)
        except UnpackError as error:
            self._tell(via, str(error))
        except NotImplementedError:
            self._tell(via, "packed in a way that is not supported")
        except RuntimeError:  # zipfile's word for a member with a password
            self._tell(via, "encrypted")
        except (OSError, EOFError, ValueError, KeyError, IndexError, struct.error, OverflowError, MemoryError) as error:
            self._tell(via, f"broken {kind} ({type(error).__name__})")
        except (zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, RecursionError):
            self._tell(via, f"broken {kind}")

    def _tell(self, via: tuple[str, ...], why: str) -> None:
        self.whole = False
        self.problem(via, why)

    def _enter(self, kind: str, file: IO[bytes] | None, stream: Stream, via: tuple[str, ...], depth: int) -> None:
        if kind == "zip":
            self._zip(file if file is not None else self._hold(stream), via, depth)
        elif kind == "tar":
            self._tar(stream, via, depth)
        elif kind == "zstd":
            raise UnpackError("zstd is not supported")
        else:
            inflate = _Inflate(stream, kind)
            self.open(None, Stream(inflate.read, self.budget), via, depth + 1)
            if inflate.broken:
                self._tell(via, inflate.broken)

    def _hold(self, stream: Stream) -> IO[bytes]:
        pieces, size = [], 0
        while data := stream.read(_CHUNK):
            pieces.append(data)
            size += len(data)
            if size > _ZIP_INSIDE:
                raise UnpackError(f"a zip of more than {_ZIP_INSIDE >> 20} MiB inside another archive: not read")
        return io.BytesIO(b"".join(pieces))

    def _tar(self, stream: Stream, via: tuple[str, ...], depth: int) -> None:
        with tarfile.open(fileobj=stream, mode="r:", errorlevel=0) as tar:  # type: ignore[call-overload]
            for member in tar:
                tar.members = []  # tarfile would keep them all
                self.budget.enter()
                if not member.isreg() or member.sparse is not None:
                    continue
                inner = tar.extractfile(member)
                if inner is not None:
                    self.open(None, Stream(inner.read), (*via, member.name), depth + 1)

    def _zip(self, file: IO[bytes], via: tuple[str, ...], depth: int) -> None:
        _check_directory(file)
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                self.budget.enter()
                if member.is_dir():
                    continue
                inner_via = (*via, member.filename)
                if member.flag_bits & 1:
                    self._tell(inner_via, "encrypted")
                    continue
                try:
                    with archive.open(member) as inner:
                        self.open(None, Stream(inner.read, self.budget), inner_via, depth + 1)
                except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
                    self._tell(inner_via, f"broken ({type(error).__name__})")


def _check_directory(file: IO[bytes]) -> None:
    """Refuse a zip whose directory would take too much memory, before zipfile reads it."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise UnpackError("broken zip: its directory is missing")
    directory: int = _ZIP_END.unpack_from(tail, at)[5]
    if directory > _ZIP_DIRECTORY:
        raise UnpackError(f"a zip with a directory of {directory:,} bytes: not read")
    file.seek(0)


class _Inflate:
    """Reads a gzip, bzip2 or xz stream, of one part or of several, in bounded pieces."""

    def __init__(self, stream: Stream, kind: str) -> None:
        self._stream = stream
        self._kind = kind
        self._parts = 0
        self._input = b""
        self.broken = ""
        self._open()

    def _open(self) -> None:
        self._parts += 1
        if self._parts > 100_000:
            raise UnpackError("broken: it has too many parts")
        self._gzip = zlib.decompressobj(31) if self._kind == "gzip" else None
        self._other = (
            bz2.BZ2Decompressor()
            if self._kind == "bzip2"
            else lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
            if self._kind == "xz"
            else None
        )

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end, nor where the stream is broken: `broken` then says how."""
        while not self.broken:
            try:
                data, done = self._more(size)
            except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
                self.broken = f"broken {self._kind}: read up to where it breaks"
                return b""
            if data:
                return data
            if done and not self._next_part():
                return b""
        return b""

    def _next_part(self) -> bool:
        """Several streams may stand one after the other; what follows the last is padding."""
        if not self._input:
            self._input = self._stream.read(_CHUNK)
        if is_container(self._input[:16].ljust(512, b"\0")) != self._kind:
            self._input = b""
            return False
        self._open()
        return True

    def _more(self, size: int) -> tuple[bytes, bool]:
        gzip, other = self._gzip, self._other
        if gzip.eof if gzip is not None else other.eof if other is not None else True:
            return b"", True
        if not self._input and (other is None or other.needs_input):
            self._input = self._stream.read(_CHUNK)
            if not self._input:
                self.broken = "cut short: read up to its end"
                return b"", True
        if gzip is not None:
            data = gzip.decompress(self._input, size)
            self._input = gzip.unused_data if gzip.eof else gzip.unconsumed_tail
            return data, gzip.eof
        if other is None:
            return b"", True
        data = other.decompress(self._input, size)
        self._input = other.unused_data if other.eof else b""
        return data, other.eof

"""The floor: a Python program that walks a tree with two processes and looks for nothing.

usage: python scripts/bench/bare.py read|stat TREE

`read` lists, opens, reads and closes every file, `stat` lists and asks for metadata: what any sweep in Python does at
least for a first and a second time. Whatever keywatch takes more is its own.
"""

from __future__ import annotations

import os
import struct
import sys

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW
NUMBER = struct.Struct("<I")
#: how deep the tree is split for the two
SPLIT = 3


def walk(top: str, vector: list[bytearray] | None, *, below: bool) -> None:
    """Every file of `top`, and of what is `below`: read into `vector`, or without one asked for its metadata."""
    stack = [top]
    while stack:
        path = stack.pop()
        folder = os.open(path, FOLDER)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if below:
                        stack.append(f"{path}/{entry.name}")
                elif vector is None:
                    entry.stat(follow_symlinks=False)
                else:
                    file = os.open(entry.name, FILE, dir_fd=folder)
                    os.fstat(file)
                    os.readv(file, vector)
                    os.close(file)
        os.close(folder)


def split(tree: str) -> list[tuple[str, bool]]:
    """The tree in pieces: folders, and whether what is below them belongs to the piece."""
    pieces: list[tuple[str, bool]] = []
    level = [tree]
    for _ in range(SPLIT):
        pieces += ((path, False) for path in level)
        level = [entry.path for path in level for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False)]
    return pieces + [(path, True) for path in level]


def main() -> None:
    """Walk with two processes, each of which takes the next piece when it is done with one."""
    what, tree = sys.argv[1:]
    vector = [bytearray(1 << 20)] if what == "read" else None
    pieces = split(tree)
    reader, writer = os.pipe()
    os.write(writer, b"".join(NUMBER.pack(number) for number in range(len(pieces))))
    os.close(writer)
    for _ in range(2):
        if os.fork() == 0:
            while number := os.read(reader, NUMBER.size):
                top, below = pieces[NUMBER.unpack(number)[0]]
                walk(top, vector, below=below)
            os._exit(0)
    os.wait()
    os.wait()


if __name__ == "__main__":
    main()

"""The floor: a Python program that walks a tree with two processes and looks for nothing.

usage: python scripts/bench/bare.py read|stat TREE

`read` lists, opens, reads and closes every file, `stat` lists and asks for metadata: what any sweep in Python does at
least for a first and a second time. Whatever keywatch takes more is its own.
"""

from __future__ import annotations

import os
import sys

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW
#: how deep the tree is split for the two
SPLIT = 3


def folders(path: str) -> list[str]:
    """The folders in a folder."""
    with os.scandir(path) as entries:
        return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


def walk(top: str, vector: list[bytearray] | None) -> None:
    """Every file below `top`: read into `vector`, or without one asked for its metadata."""
    stack = [top]
    while stack:
        path = stack.pop()
        folder = os.open(path, FOLDER)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    stack.append(f"{path}/{entry.name}")
                elif vector is None:
                    entry.stat(follow_symlinks=False)
                else:
                    file = os.open(entry.name, FILE, dir_fd=folder)
                    os.fstat(file)
                    os.readv(file, vector)
                    os.close(file)
        os.close(folder)


def main() -> None:
    """Walk with two processes, which take folders in turns."""
    what, tree = sys.argv[1:]
    vector = [bytearray(1 << 20)] if what == "read" else None
    level = [tree]
    for _ in range(SPLIT):
        level = [below for path in level for below in folders(path)]
    for part in range(2):
        if os.fork() == 0:
            for top in level[part::2]:
                walk(top, vector)
            os._exit(0)
    os.wait()
    os.wait()


if __name__ == "__main__":
    main()

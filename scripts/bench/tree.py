"""A tree of files to sweep, the same for the same seed: sources, logs, data and binaries, sized as in a home folder."""

from __future__ import annotations

import random
import string
import sys
from pathlib import Path

FILES = 45_000
_WORDS = 6_000
_ENDINGS = (".py", ".js", ".c", ".h", ".md", ".txt", ".json", ".yaml", ".log", ".html", ".css", ".go", ".rs", ".java")


def make_tree(root: Path, seed: int = 1, files: int = FILES) -> int:
    """Write `files` files under `root`; their size in bytes. About a tenth are binary; there is no key in any."""
    rng = random.Random(seed)
    words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 11))) for _ in range(_WORDS)]
    lines = [_line(rng, words) for _ in range(20_000)]
    total = 0
    folders = [root]
    for number in range(files):
        if number % 12 == 0:
            parent = folders[rng.randrange(len(folders))] if rng.random() < 0.9 else root
            folder = parent / f"{rng.choice(words)}{number}"
            folder.mkdir(parents=True)
            if len(folder.relative_to(root).parts) < 9:
                folders.append(folder)
        size = int(min(rng.lognormvariate(8.3, 1.6), 8 << 20))
        if rng.random() < 0.1:
            data, ending = rng.randbytes(size), rng.choice((".png", ".so", ".pyc", ".woff2"))
        else:
            at = rng.randrange(len(lines))
            data, ending = "".join(lines[at : at + size // 40 + 1]).encode()[:size], rng.choice(_ENDINGS)
        (folder / f"{rng.choice(words)}{number}{ending}").write_bytes(data)
        total += len(data)
    return total


def _line(rng: random.Random, words: list[str]) -> str:
    """A line as programs and people write them: prose, calls, settings, markup, hashes."""
    few = rng.sample(words, rng.randint(3, 9))
    kind = rng.randrange(8)
    if kind == 0:
        return " ".join(few).capitalize() + ".\n"
    if kind == 1:
        return f"    {few[0]}.{few[1]}({', '.join(few[2:])})\n"
    if kind == 2:
        return f'{few[0]}_{few[1]} = "{"-".join(few[2:])}"\n'
    if kind == 3:
        return f'<a href="https://{few[0]}.example/{"/".join(few[1:])}?{few[0]}={few[1]}">{few[2]}</a>\n'
    if kind == 4:
        return f'  "{few[0]}": {{"{few[1]}": {rng.randrange(10**6)}, "{few[2]}": "{rng.randbytes(20).hex()}"}},\n'
    if kind == 5:
        return f"2026-01-{rng.randint(10, 28)}T10:{rng.randint(10, 59)}:00Z {few[0].upper()} {' '.join(few[1:])}\n"
    if kind == 6:
        return "\n"
    return f"        if {few[0]} is not None and {few[1]} > {rng.randrange(999)}:  # {' '.join(few[2:])}\n"


if __name__ == "__main__":
    print(make_tree(Path(sys.argv[1])) >> 20, "MiB")

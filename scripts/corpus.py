#!/usr/bin/env python3
"""Writes the labelled corpus of planted keys and decoys, or tells what keywatch makes of it.

python scripts/corpus.py generate DIR --seed 7 --size 2     labels go to DIR.labels.json, beside the tree
python scripts/corpus.py score --seed 7 --size 2 [--only PREFIX] [--keep DIR]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.corpus import generate
from tests.corpus.generate import styles
from tests.corpus.run import sweep_and_score


def main() -> int:
    """Parse the command line and do what it says; 1 when the score has flaws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=("generate", "score", "styles"))
    parser.add_argument("dir", nargs="?", type=Path, help="where to write (generate)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", type=int, default=1, help="copies of each style")
    parser.add_argument("--only", default="", metavar="PREFIX", help="only styles whose name begins so")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the scored corpus there")
    args = parser.parse_args()
    if args.what == "styles":
        for each in styles():
            print(each.name, "decoy" if each.decoy else each.group, sep="\t")
        return 0
    if args.what == "generate":
        if args.dir is None:
            parser.error("generate needs a folder")
        labels = generate(args.dir, args.seed, args.size, args.only)
        labels.save(args.dir.with_name(args.dir.name + ".labels.json"))
        print(f"{len(labels.files)} files, {len(labels.labels)} planted parts, {len(labels.decoys)} decoys")
        return 0
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        root = args.keep.resolve() if args.keep else Path(folder) / "tree"
        labels = generate(root, args.seed, args.size, args.only)
        score = sweep_and_score(labels, root, Path(folder) / "home")
    print(score.table())
    for flaw in score.flaws:
        print(flaw)
    return 1 if score.flaws else 0


if __name__ == "__main__":
    sys.exit(main())

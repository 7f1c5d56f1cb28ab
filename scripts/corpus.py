"""Makes the labelled corpus of tests/corpus, and measures what a sweep finds of it.

usage: python scripts/corpus.py generate FOLDER [--seed N] [--size N]
       python scripts/corpus.py score [--seed N] [--size N] [--only PREFIX]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.corpus import Labels, Score, generate, score  # noqa: E402 - after the path to them is known
from tests.corpus.score import ROLES  # noqa: E402


def main() -> int:
    """Run the command; 1 where the score is below what keywatch promises."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("generate", "score"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=2, help="copies of each style")
    parser.add_argument("--only", default="", help="only styles whose names begin so")
    options = parser.parse_args()
    if options.command == "generate":
        if options.folder is None:
            parser.error("generate needs a FOLDER")
        labels = generate(options.folder / "tree", options.seed, options.size, options.only)
        labels.save(options.folder / "labels.json")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        labels = generate(tree, options.seed, options.size, options.only)
        return _tell(labels, score(labels, _sweep(tree, folder), str(tree)))


def _sweep(tree: Path, home: str) -> dict[str, object]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": home, "XDG_STATE_HOME": home, "XDG_CACHE_HOME": home}
    command = [sys.executable, "-m", "keywatch", "sweep", "--json", "--no-cache", str(tree)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, env=env)
    report: dict[str, object] = json.loads(done.stdout)
    return report


def _tell(labels: Labels, result: Score) -> int:
    styles = {label.style for label in labels.labels}
    held = {label.style for label in labels.labels if label.held_out}
    decoys = {labels.files[path] for path in labels.decoys}
    print(f"{len(styles)} styles ({len(held)} held out), {len(decoys)} decoys, {len(labels.files)} files")
    for label in result.missed:
        print(f"missed    {label.style}: {label.path}:{label.line} {label.role}")
    for label in result.unpaired:
        print(f"unpaired  {label.style}: {label.path}:{label.line}")
    for line in result.false:
        print(f"false     {line}")
    for role in ROLES:
        known, unseen = result.recall(role, held_out=False), result.recall(role, held_out=True)
        print(f"{role:18} known {known:8.2%}   held out {unseen:8.2%}")
    print(f"{'pairing':18} {result.pairing:14.2%}")
    print(f"{'false reports':18} {result.false_share:14.2%}")
    enough = min(result.recall("access_key_id"), result.recall("secret_access_key")) >= 0.99
    return 0 if enough and result.false_share <= 0.01 else 1


if __name__ == "__main__":
    sys.exit(main())

"""Globs as gitignore(5) has them, matched against paths as text. Pure; never touches a file.

Matched step by step and without regular expressions: no pattern and no path, however hostile, takes more than their
lengths multiplied.
"""

from __future__ import annotations

from functools import lru_cache

#: one sign of a glob: (negated, ranges of characters of which one must hold the character), or None for `*`
_Sign = tuple[bool, tuple[tuple[str, str], ...]] | None
_ANY: _Sign = (True, ())
_END: _Sign = (False, ())  # holds no character


def covers(glob: str, path: str, base: str = "/", *, folders_only: bool = False) -> bool:
    """True when `glob` matches the absolute `path`, or a folder above it, below the folder `base`.

    A glob without a slash matches a name at any depth; one with a slash starts at `base`. `**` stands for any number
    of steps. With `folders_only` (the glob was written with a slash at its end) the path's last step does not count.
    """
    base = base.rstrip("/") + "/"
    if not path.startswith(base):
        return False
    steps = path[len(base) :].split("/")
    if folders_only:
        steps = steps[:-1]
    if "/" not in glob:
        return any(step_matches(glob, step) for step in steps)
    globs = glob.lstrip("/").split("/")
    if globs[-1] == "**":
        globs[-1] = "*"  # a folder's match covers all below it, so `a/**` is `a/*`
    reached = _past_stars(globs, {0})
    for step in steps:
        stay = {i for i in reached if globs[i] == "**"}
        go = {i + 1 for i in reached - stay if step_matches(globs[i], step)}
        reached = _past_stars(globs, stay | go)
        if len(globs) in reached:
            return True
    return False


def _past_stars(globs: list[str], reached: set[int]) -> set[int]:
    """`reached`, and every position that follows from it by `**` standing for nothing."""
    for i, glob in enumerate(globs):
        if glob == "**" and i in reached:
            reached.add(i + 1)
    return reached


def step_matches(glob: str, name: str) -> bool:
    """True when a glob without slashes (`*`, `?`, `[a-z]`, `[!x]`, `\\x`) matches all of `name`."""
    signs = _signs(glob)
    i = j = 0
    star, mark = -1, 0
    while j < len(name):
        sign = signs[i] if i < len(signs) else _END
        if sign is None:
            star, mark = i, j
            i += 1
        elif _holds(sign, name[j]):
            i, j = i + 1, j + 1
        elif star >= 0:  # let the last star take one character more: an earlier one never needs to
            mark += 1
            i, j = star + 1, mark
        else:
            return False
    return all(sign is None for sign in signs[i:])


def _holds(sign: tuple[bool, tuple[tuple[str, str], ...]], character: str) -> bool:
    negated, ranges = sign
    return any(low <= character <= high for low, high in ranges) is not negated


@lru_cache(maxsize=1024)
def _signs(glob: str) -> tuple[_Sign, ...]:
    signs: list[_Sign] = []
    i = 0
    while i < len(glob):
        character = glob[i]
        i += 1
        if character == "*":
            if not signs or signs[-1] is not None:
                signs.append(None)
        elif character == "?":
            signs.append(_ANY)
        elif character == "[" and (end := glob.find("]", i + 1 + (glob[i : i + 1] in ("!", "^")))) > 0:
            negated = glob[i] in "!^"
            signs.append((negated, _ranges(glob[i + negated : end])))
            i = end + 1
        else:
            if character == "\\" and i < len(glob):
                character, i = glob[i], i + 1
            signs.append((False, ((character, character),)))
    return tuple(signs)


def _ranges(inside: str) -> tuple[tuple[str, str], ...]:
    ranges = []
    i = 0
    while i < len(inside):
        if inside[i + 1 : i + 2] == "-" and i + 2 < len(inside):
            ranges.append((inside[i], inside[i + 2]))
            i += 3
        else:
            ranges.append((inside[i], inside[i]))
            i += 1
    return tuple(ranges)

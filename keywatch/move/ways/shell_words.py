"""Which bytes leave a shell script with a variable: a word of an `export`, a statement, or a line. Pure.

tree-sitter says what a word belongs to; what is kept is never printed anew. A block that would become empty keeps a
`:`, for an empty one is no syntax. Where a statement can't leave without changing what another one does, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from tree_sitter import Node

from keywatch.errors import CannotMoveError
from keywatch.formats.shell import tree_of
from keywatch.model import Binding, Span
from keywatch.move.ways.text import lines_of

Edit = tuple[Span, bytes]

_FOLD = rb"(?:[ \t]|\\\r?\n)*"
_BEFORE = re.compile(_FOLD + rb"(?:&&(?:[ \t\r\n]|\\\r?\n)*|(?<!;);[ \t]*)\Z")
_BEFORE_OR = re.compile(rb"\|\|(?:[ \t\r\n]|\\\r?\n)*\Z")
_AFTER = re.compile(rb"[ \t]*(?:;(?!;)|&&)[ \t]*")
_DECLARING = ("declaration_command", "variable_assignments")
#: bytes before a statement in which what joins it to another is looked for
_NEAR = 256
_MOST_NODES = 200_000


def drop_variables(
    path: str, content: bytes, keys: Sequence[Binding], kept: str, name: bytes, value: bytes
) -> list[Edit]:
    """Edits after which the variables of `keys` are gone, but for `kept`, which is called `name` and has `value`.

    Names in lists such as `export A B` follow. `CannotMoveError` where that can't be done.
    """
    root = tree_of(content)
    words: list[Node] = []
    edits: list[Edit] = []
    for binding in keys:
        node = _assignment_of(root, binding)
        if node is None or node.parent is None:
            raise CannotMoveError(f"{path}: the key is not in a plain assignment", "write NAME=value, and try again")
        if node.parent.type == "command":
            raise CannotMoveError(f"{path}: the key is set for one command only", "run it with keywatch exec ENTRY --")
        if binding.name == kept:
            edits += [(_name_of(node), name), (binding.span, value)]
        else:
            words.append(node)
    for node in _listed_names(root, {binding.name for binding in keys}):
        if _text(content, node) == kept.encode():
            edits.append((Span(node.start_byte, node.end_byte), name))
        else:
            words.append(node)
    return edits + _drop(content, words)


def _text(content: bytes, node: Node) -> bytes:
    return content[node.start_byte : node.end_byte]


def _assignment_of(root: Node, binding: Binding) -> Node | None:
    node = root.descendant_for_byte_range(binding.span.start, max(binding.span.start, binding.span.end - 1))
    while node is not None and node.type != "variable_assignment":
        node = node.parent
    return node


def _name_of(assignment: Node) -> Span:
    name = assignment.child_by_field_name("name") or assignment
    return Span(name.start_byte, name.end_byte)


def _listed_names(root: Node, names: Collection[str]) -> Iterator[Node]:
    """The names in `export A B` and its like; an `unset` of them does no harm."""
    wanted = {name.encode() for name in names}
    waiting = [root]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if node.type == "declaration_command":
            yield from (each for each in node.named_children if each.type == "variable_name" and each.text in wanted)
        else:
            waiting += node.named_children


def _drop(content: bytes, words: Sequence[Node]) -> list[Edit]:
    """Edits that take the words away, and the statements of which nothing is left."""
    gone = {(node.start_byte, node.end_byte) for node in words}
    spans: list[Span] = []
    edits: list[Edit] = []
    whole: dict[tuple[int, int], Node] = {}
    for node in words:
        parent = node.parent
        if parent is None or parent.type not in _DECLARING:
            whole[(node.start_byte, node.end_byte)] = node
        elif all((each.start_byte, each.end_byte) in gone for each in parent.named_children if each.type != "word"):
            whole[(parent.start_byte, parent.end_byte)] = parent
        else:
            before = node.prev_sibling
            if parent.type == "declaration_command" or (before is not None and not _is_gone(before, gone)):
                spans.append(Span(before.end_byte if before else node.start_byte, node.end_byte))
            else:
                after = node.next_sibling
                spans.append(Span(node.start_byte, after.start_byte if after else node.end_byte))
    for place, statement in whole.items():
        if _must_stay(statement, whole) or _BEFORE_OR.search(content, max(0, place[0] - _NEAR), place[0]):
            edits.append((Span(*place), b":"))
        else:
            spans.append(_statement(content, *place))
    return edits + [(_line(content, span), b"") for span in _merged(spans)]


def _is_gone(node: Node, gone: Collection[tuple[int, int]]) -> bool:
    return (node.start_byte, node.end_byte) in gone


def _must_stay(statement: Node, gone: Collection[tuple[int, int]]) -> bool:
    """True for the last statement that its block has."""
    inner = statement
    while inner.parent is not None and inner.parent.type == "list":
        inner = inner.parent
    if inner is not statement:
        return False
    if statement.parent is None or statement.parent.type == "program":
        return False
    return not any(_keeps(statement, gone, forward=forward) for forward in (True, False))


def _keeps(statement: Node, gone: Collection[tuple[int, int]], *, forward: bool) -> bool:
    node = statement.next_sibling if forward else statement.prev_sibling
    while node is not None and (node.is_named or node.type in (";", "\n", "&")):
        if node.is_named and node.type != "comment" and not _is_gone(node, gone):
            return True
        node = node.next_sibling if forward else node.prev_sibling
    return False


def _statement(content: bytes, start: int, end: int) -> Span:
    """A statement with what joins it to the one before, or else to the one after."""
    if before := _BEFORE.search(content, max(0, start - _NEAR), start):
        return Span(before.start(), end)
    after = _AFTER.match(content, end)
    return Span(start, after.end() if after else end)


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def _line(content: bytes, span: Span) -> Span:
    """All of the lines when nothing but blanks would be left of them."""
    line = lines_of(content, span)
    if content[line.start : span.start].strip() or content[span.end : line.end].strip():
        rest = content[span.end : line.end]
        blanks = len(rest) - len(rest.lstrip(b" \t")) if not content[line.start : span.start].strip() else 0
        return Span(span.start, span.end + blanks)
    return line

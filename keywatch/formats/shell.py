"""POSIX shell, bash, zsh and ksh: tree-sitter-bash tells statements, functions, comments and here-documents apart.

The words of each statement are then read as any command's (command.py): `export NAME=value`, `NAME=value cmd`, options.
A here-document is another program's input, and no binding of this one. The grammar goes on behind what it can't read,
so zsh's own syntax costs no more than the statement that it stands in. Nothing is expanded or run.
"""

from __future__ import annotations

from functools import cache, partial

from tree_sitter import Language, Node, Parser, TreeCursor
from tree_sitter_bash import language

from keywatch.errors import FormatError
from keywatch.formats import command
from keywatch.formats.base import Format
from keywatch.formats.lines import BOM, Line, Steps, readable, remark
from keywatch.formats.nesting import MAX_DEPTH
from keywatch.formats.statements import in_order
from keywatch.model import Binding, Span

Path = tuple[str, ...]

#: statements whose words stand in the section that holds them; those of other commands are sections of their own
_SETTINGS = frozenset(("variable_assignment", "variable_assignments", "declaration_command"))
#: what may hold statements is walked into; these hold none
_CLOSED = frozenset(
    ("heredoc_body", "heredoc_redirect", "herestring_redirect", "string", "raw_string", "word", "test_command")
)
#: a function's name longer than this is cut in a path
_LONGEST_STEP = 64


@cache
def _parser() -> Parser:
    return Parser(Language(language()))


def tree_of(content: bytes) -> Node:
    """The root of the script's syntax tree; its offsets are those of `content`."""
    # the grammar takes no CR for the end of a line; offsets stay what they are
    text = content.replace(b"\r\n", b" \n").replace(b"\r", b"\n")
    if text.startswith(BOM):
        text = b"   " + text[len(BOM) :]
    return _parser().parse(text).root_node


def parse(content: bytes) -> list[Binding]:
    """Every value that a statement of the script gives a name, commented-out ones too."""
    found: list[Binding] = []
    steps = Steps()
    paths: list[Path] = [()]  # of the nodes from the root to where the cursor stands
    cursor = tree_of(content).walk()
    while True:
        node = cursor.node
        inside = _take(node, content, paths[-1], steps, found) if node is not None else None
        if inside is not None and cursor.goto_first_child():
            if len(paths) == MAX_DEPTH:
                raise FormatError(
                    "shell", node.start_point.row + 1 if node else 1, f"at most {MAX_DEPTH} levels of nesting"
                )
            paths.append(inside)
        elif not _go_on(cursor, paths):
            return in_order(found)


def _go_on(cursor: TreeCursor, paths: list[Path]) -> bool:
    """To the next node that is not inside this one; False behind the last."""
    while not cursor.goto_next_sibling():
        if not cursor.goto_parent():
            return False
        paths.pop()
    return True


def _take(node: Node, content: bytes, path: Path, steps: Steps, found: list[Binding]) -> Path | None:
    """Add the bindings of a node; the path of what is inside it, None where nothing is to be read there."""
    kind, start, end = node.type, node.start_byte, node.end_byte
    if kind in _CLOSED or not node.is_named:
        return None
    if kind == "comment":
        end -= content[start:end].endswith(b"\r")
        line = Line(node.start_point.row + 1, start, end, content[start:end])
        if binding := remark(content, line, path):
            found.append(binding)
        return None
    if kind == "function_definition":
        name = node.child_by_field_name("name")
        called = content[name.start_byte : name.end_byte][:_LONGEST_STEP] if name else b"function"
        return steps.under(path, readable(called) + "()")
    if kind in _SETTINGS:
        found += command.read(content[start:end], partial(_locate, start), path)
        return None
    if kind == "command":
        read = command.read(content[start:end], partial(_locate, start), ())
        if read:
            own = (*path, f"line {node.start_point.row + 1}")
            found += (Binding(each.name, each.value, each.span, own) for each in read)
        return None
    return path


def _locate(offset: int, start: int, end: int) -> Span:
    return Span(offset + start, offset + end)


FORMATS = {"shell": Format("shell", "shell script", parse)}

"""Builds HTML as a tree, so that no text can become markup: a file may be named `<script>`.

Texts pass through `show` on their way in and are escaped when the tree is written. Pure.
"""

from __future__ import annotations

import base64
import hashlib
from xml.etree.ElementTree import Element, tostring

from keywatch.report.escape import show

#: a child of an element: text, or another element
Child = Element | str


def make(tag: str, /, *children: Child, **attributes: str | int | float) -> Element:
    """An element. Attribute names: `class_` is `class`, other underscores are hyphens."""
    element = Element(tag, {_attribute(key): _value(value) for key, value in attributes.items()})
    return fill(element, *children)


def fill(element: Element, *children: Child) -> Element:
    """`element` with more children."""
    for child in children:
        if isinstance(child, Element):
            element.append(child)
        elif len(element):
            element[-1].tail = (element[-1].tail or "") + show(child)
        else:
            element.text = (element.text or "") + show(child)
    return element


def make_static(name: str, content: str) -> Element:
    """A `style` or `script` of keywatch's own source: the one thing that goes in as it is."""
    element = Element(name)
    element.text = content
    return element


def digest_of(content: str) -> str:
    """The hash by which a Content-Security-Policy knows `content` (CSP level 3, hash-source)."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"


def write_page(root: Element) -> str:
    """The whole document."""
    return "<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-") if key != "viewBox" else key


def _value(value: str | int | float) -> str:
    return show(value) if isinstance(value, str) else f"{value:.6g}" if isinstance(value, float) else str(value)

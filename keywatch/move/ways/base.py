"""What a way is: it asks a draft for the edits that put a replacement where a key stood, or says why it can't.

A way reads through the draft and changes nothing itself. It takes the credential's id, secret and token away together,
never leaves an empty or half variable behind, and says in the draft what its consumer does afterwards. Copies of the
same key in comments of the same file need not be looked after: plan.py redacts them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keywatch.move.base import Held, WayName

if TYPE_CHECKING:
    from keywatch.move.draft import Draft


@dataclass(frozen=True, slots=True)
class Way:
    """A way by its name. `suits` tells whether it fits a place; `apply` raises `CannotMoveError` where it does not.

    `title` completes the sentence "keywatch can …".
    """

    name: WayName
    title: str
    suits: Callable[[Held], bool]
    apply: Callable[[Held, Draft], None]

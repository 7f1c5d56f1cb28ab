"""age's scrypt recipient: a file sealed by a passphrase. Asks nobody: the passphrase is given."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from keywatch.age.base import check_body, unwrap_key, wrap_key
from keywatch.age.header import Stanza, decode, encode
from keywatch.errors import AgeError, HeaderError
from keywatch.model import Secret

_LABEL = b"age-encryption.org/v1/scrypt"
#: 2^18 takes 0.7 s and 256 MiB, age's own default.
DEFAULT_WORK_FACTOR = 18
#: 2^20 takes 3 s and 1 GiB: more is refused, since the file that asks for it is whatever somebody put there.
MAX_WORK_FACTOR = 20
_DECIMAL = re.compile(r"[1-9][0-9]?")


@dataclass(frozen=True, slots=True)
class PassphraseRecipient:
    """Seals by a passphrase; always the only recipient of its file."""

    passphrase: Secret
    work_factor: int = DEFAULT_WORK_FACTOR

    label = "scrypt"
    alone = True

    def wrap(self, file_key: bytes) -> Stanza:
        """A stanza under a fresh salt."""
        if not self.passphrase:
            raise AgeError("an empty passphrase seals nothing")
        salt = os.urandom(16)
        wrap = _stretch(self.passphrase, salt, self.work_factor)
        return Stanza("scrypt", (encode(salt), str(self.work_factor)), wrap_key(wrap, file_key))


@dataclass(frozen=True, slots=True)
class PassphraseIdentity:
    """Opens what the passphrase sealed. `max_work_factor` bounds what a hostile file can cost."""

    passphrase: Secret
    max_work_factor: int = MAX_WORK_FACTOR

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key, or None for another passphrase."""
        mine = [stanza for stanza in stanzas if stanza.type == "scrypt"]
        if not mine:
            return None
        if len(stanzas) > 1:
            raise HeaderError("not a valid age file: a passphrase stanza must stand alone")
        arguments = mine[0].arguments
        if len(arguments) != 2 or not _DECIMAL.fullmatch(arguments[1]):
            raise HeaderError("not a valid age file: a scrypt stanza has a salt and a decimal work factor")
        salt, work_factor = decode(arguments[0], 16), int(arguments[1])
        if work_factor > self.max_work_factor:
            raise HeaderError(
                f"this age file asks for scrypt work factor {work_factor}; at most {self.max_work_factor} is done"
            )
        check_body(mine[0].body)
        return unwrap_key(_stretch(self.passphrase, salt, work_factor), mine[0].body)


def _stretch(passphrase: Secret, salt: bytes, work_factor: int) -> bytes:
    try:
        return Scrypt(salt=_LABEL + salt, length=32, n=1 << work_factor, r=8, p=1).derive(passphrase.expose())
    except MemoryError:
        raise AgeError(
            f"scrypt work factor {work_factor} needs {(1 << work_factor) >> 10} MiB of memory, which is not there"
        ) from None

"""Every error a person can meet, with its exit code. A message names what is wrong, where, and what to do.

No message ever holds a secret. Exit codes: 0 nothing found, 1 findings at or above the chosen severity, 2 wrong usage
or configuration, 3 something that was asked for could not be done.
"""

from __future__ import annotations


class KeywatchError(Exception):
    """Base of all: printed as `keywatch: error: MESSAGE`, never as a traceback."""

    exit_code = 3


class UsageError(KeywatchError):
    """The person asked for something that makes no sense; nothing was done."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration, rule, ignore or baseline file is wrong; the message names file and line or key."""


class ReportError(UsageError):
    """A file that was given to be reported is no sweep's report; the message names the field."""


class SweepError(KeywatchError):
    """Something that was asked for could not be swept."""


class StateError(KeywatchError):
    """The state database can't be used; a sweep goes on without it."""


class ServiceError(KeywatchError):
    """The service manager of this system does not do what was asked; the message has its words."""


class FormatError(KeywatchError):
    """A content is not of the format it was taken for; `line` counts from 1."""

    def __init__(self, format_name: str, line: int, expected: str) -> None:
        super().__init__(f"not valid {format_name}: line {line}: expected {expected}")
        self.format_name = format_name
        self.line = line
        self.expected = expected


class AgeError(KeywatchError):
    """An age file can't be written or opened. Messages never hold payload, key or passphrase."""


class ArmorError(AgeError):
    """The ASCII armor of an age file is not canonical."""


class HeaderError(AgeError):
    """The header of an age file breaks the format."""


class NoMatchError(AgeError):
    """None of the identities at hand opens this age file: wrong identity, or wrong passphrase."""


class HeaderMacError(AgeError):
    """The header of an age file was changed after it was written."""


class PayloadError(AgeError):
    """The payload of an age file is cut short, prolonged or changed."""


class FileReadError(KeywatchError):
    """One of keywatch's own files can't be read, or is not what may stand there."""


class FileBusyError(KeywatchError):
    """Another process kept one of keywatch's own files locked for longer than was waited."""


class FileWriteError(KeywatchError):
    """One of keywatch's own files can't be written. Unless `replaced`, the old one stands untouched.

    `replaced`: the new one stands in its place and only its durability is in doubt.
    """

    def __init__(self, message: str, *, replaced: bool = False) -> None:
        super().__init__(message)
        self.replaced = replaced


class VaultError(KeywatchError):
    """A vault can't do what was asked; nothing was changed unless the message says so."""


class VaultMissingError(VaultError):
    """There is no vault at that path."""


class VaultExistsError(VaultError):
    """There is something at that path already, and it is not overwritten."""


class VaultMalformedError(VaultError):
    """What stands there is not a vault that can be read. It is never overwritten."""


class VaultLockedError(VaultError):
    """No identity at hand opens the vault."""


class VaultForeignError(VaultError):
    """The vault was written by another installation, or this one has lost its record of it: `adopt` takes it over."""


class VaultTamperedError(VaultError):
    """Something that is not keywatch changed the vault file."""


class VaultRolledBackError(VaultTamperedError):
    """The vault file is an older one than was last written, or a copy that went its own way."""


class EntrySwappedError(VaultTamperedError):
    """An entry's secret stands under another entry."""


class EntryForgedError(VaultTamperedError):
    """An entry was put in by something that is not keywatch."""


class EntryMissingError(VaultError):
    """There is no entry of that name."""


class EntryExistsError(VaultError):
    """There is an entry of that name already."""


class EntryTooLargeError(VaultError):
    """The secret is larger than this vault keeps."""


class KeyringError(VaultError):
    """The OS keyring can't do what was asked."""


class KeyringRefusedError(KeyringError):
    """The configured keyring backend would not keep a secret safe."""


class KeyringAbsentError(KeyringError):
    """No OS keyring can be reached from here."""


class KeyringLockedError(KeyringError):
    """The OS keyring is locked and nobody was asked to unlock it."""


class KeyringDismissedError(KeyringError):
    """The person closed the keyring's prompt."""


class KeyringTimeoutError(KeyringError):
    """The OS keyring did not answer in time."""


class KeyringMismatchError(KeyringError):
    """The OS keyring gave back something else than was put in."""


class MoveError(KeywatchError):
    """A move or an undo can't be done; nothing was changed, or everything was put back."""


class CannotMoveError(MoveError):
    """A place can't be rewritten. `instead` says what a person can do."""

    def __init__(self, why: str, instead: str) -> None:
        super().__init__(f"{why}: {instead}")
        self.why = why
        self.instead = instead


class ConcurrentEditError(MoveError):
    """A file is no longer what the plan read; what another program wrote stands untouched."""


class PlaceRefusedError(MoveError):
    """A file that must not or can't be rewritten by this account; nothing was changed."""


class JournalError(MoveError):
    """The journal can't be read or written."""


class UndoConflictError(MoveError):
    """A file was changed since the move, in the same lines; nothing was changed."""


class CreationError(KeywatchError):
    """A key could not be made at AWS; everything was taken back, or the message says what was not."""


class AwsError(KeywatchError):
    """AWS, or the way there, said no. `operation` is as policies name it (`iam:CreateAccessKey`), `code` AWS's code."""

    def __init__(self, operation: str, code: str, advice: str = "") -> None:
        super().__init__(f"{operation}: AWS says {code}" + (f": {advice}" if advice else ""))
        self.operation = operation
        self.code = code


class RotationError(KeywatchError):
    """A key can't be rotated or retired; nothing was changed, or the message says what was."""

"""What somebody can do who can write the vault file, and by which name each is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from vaultlab import Lab, fake_deposit, public

from keywatch.age import x25519
from keywatch.age.keys import parse_recipient
from keywatch.errors import (
    EntryForgedError,
    EntrySwappedError,
    StateError,
    VaultForeignError,
    VaultLockedError,
    VaultRolledBackError,
    VaultTamperedError,
)
from keywatch.vault.base import Entry
from keywatch.vault.document import Document, SealedEntry, render_document
from keywatch.vault.file import FileVault, create_vault
from keywatch.vault.integrity import authenticate, read_keys
from keywatch.vault.seal import seal_entry


def forge(lab: Lab, name: str, *, entry_id: str = "f" * 16) -> SealedEntry:
    """An entry as anybody can make one who has read the file: sealed to its public keys."""
    deposit = fake_deposit(name, seed=666)
    keys = [parse_recipient(item.recipient) for item in lab.document().recipients]
    entry = Entry(entry_id, name, "long-lived", deposit.payload.masked(), "2025-01-01T00:00:00Z")
    return SealedEntry(entry, seal_entry(entry_id, name, deposit.payload, keys))


def swap_sealed(document: Document, _: Lab) -> Document:
    first, second = document.entries
    return replace(document, entries=(replace(first, sealed=second.sealed), replace(second, sealed=first.sealed)))


def copy_sealed(document: Document, _: Lab) -> Document:
    first, second = document.entries
    return replace(document, entries=(replace(first, sealed=second.sealed), second))


def swap_names(document: Document, _: Lab) -> Document:
    first, second = document.entries
    renamed = (
        replace(first, entry=replace(first.entry, name="b")),
        replace(second, entry=replace(second.entry, name="a")),
    )
    return replace(document, entries=renamed)


def swap_ids_and_names(document: Document, _: Lab) -> Document:
    first, second = document.entries
    return replace(document, entries=(replace(first, entry=second.entry), replace(second, entry=first.entry)))


def add_forged(document: Document, lab: Lab) -> Document:
    return replace(document, entries=(*document.entries, forge(lab, "c")))


def overwrite_with_forged(document: Document, lab: Lab) -> Document:
    first, second = document.entries
    return replace(document, entries=(forge(lab, "a", entry_id=first.entry.id), second))


def change_metadata(document: Document, _: Lab) -> Document:
    first, second = document.entries
    return replace(document, entries=(replace(first, entry=replace(first.entry, consumer="rm -rf")), second))


def drop_entry(document: Document, _: Lab) -> Document:
    return replace(document, entries=document.entries[:1])


def reorder(document: Document, _: Lab) -> Document:
    return replace(document, entries=document.entries[::-1])


def add_recipient(document: Document, _: Lab) -> Document:
    return replace(document, recipients=(*document.recipients, public(x25519.generate(), 7)))


def raise_serial(document: Document, _: Lab) -> Document:
    return replace(document, serial=document.serial + 1)


ATTACKS: list[tuple[Callable[[Document, Lab], Document], type[VaultTamperedError], str]] = [
    (swap_sealed, EntrySwappedError, "'a' holds the secret of entry 'b'"),
    (copy_sealed, EntrySwappedError, "'a' holds the secret of entry 'b'"),
    (swap_ids_and_names, EntrySwappedError, "'b' holds the secret of entry 'a'"),
    (swap_names, VaultTamperedError, "'b' was changed"),
    (add_forged, EntryForgedError, "'c' was not put in"),
    (overwrite_with_forged, VaultTamperedError, "'a' was changed"),
    (change_metadata, VaultTamperedError, "'a' was changed"),
    (drop_entry, VaultTamperedError, "was taken out"),
    (reorder, VaultTamperedError, "head or its recipients"),
    (add_recipient, VaultTamperedError, "head or its recipients"),
    (raise_serial, VaultTamperedError, "head or its recipients"),
]


@pytest.mark.parametrize(("attack", "error", "says"), ATTACKS, ids=[attack[0].__name__ for attack in ATTACKS])
def test_each_change_is_named_and_nothing_is_done(
    lab: Lab, attack: Callable[[Document, Lab], Document], error: type[VaultTamperedError], says: str
) -> None:
    for name in ("a", "b"):
        lab.depositor().put(fake_deposit(name))
    tampered = render_document(attack(lab.document(), lab))
    lab.path.write_bytes(tampered)
    uses: list[Callable[[], object]] = [
        lambda: lab.reader().get("a"),
        lambda: lab.depositor().put(fake_deposit("new")),
        lambda: lab.depositor().list_entries(),
        lambda: lab.reader().verify(),
    ]
    for use in uses:
        with pytest.raises(VaultTamperedError, match=says) as caught:
            use()
        assert type(caught.value) is error
    assert lab.path.read_bytes() == tampered


def test_layout_is_no_tampering(lab: Lab) -> None:
    lab.depositor().put(fake_deposit("a"))
    lab.path.write_text(json.dumps(json.loads(lab.path.read_bytes()), indent=8, sort_keys=True))
    assert lab.reader().get("a") == fake_deposit("a").payload


def test_an_older_vault_is_told(lab: Lab) -> None:
    lab.depositor().put(fake_deposit("a"))
    older = lab.path.read_bytes()
    lab.depositor().put(fake_deposit("b"))
    lab.path.write_bytes(older)
    with pytest.raises(VaultRolledBackError, match=r"number 2\) than was last written \(number 3"):
        lab.reader().get("a")
    with pytest.raises(VaultRolledBackError):
        lab.depositor().put(fake_deposit("c"))


def test_a_copy_that_went_its_own_way_is_told(lab: Lab, tmp_path: Path) -> None:
    """Two copies of one vault, both written by this installation: of the same number, but not the same."""
    copy, state = tmp_path / "copy.json", tmp_path / "state-then"
    shutil.copy(lab.path, copy)
    shutil.copytree(lab.state, state)
    lab.depositor().put(fake_deposit("a"))
    FileVault(str(copy), str(state)).put(fake_deposit("b"))
    shutil.copy(copy, lab.path)
    with pytest.raises(VaultRolledBackError, match="of the same number"):
        lab.depositor().list_entries()


def test_killed_before_the_record_is_no_rollback(lab: Lab, tmp_path: Path) -> None:
    lab.depositor().put(fake_deposit("a"))
    state = tmp_path / "state-then"
    shutil.copytree(lab.state, state)
    lab.depositor().put(fake_deposit("b"))
    vault = FileVault(str(lab.path), str(state), lambda _: [lab.identity])
    assert vault.get("b") == fake_deposit("b").payload
    vault.put(fake_deposit("c"))
    assert vault.verify() == 3


def test_a_vault_of_another_machine_is_foreign_until_it_is_adopted(lab: Lab, tmp_path: Path) -> None:
    lab.depositor().put(fake_deposit("a"))
    other = str(tmp_path / "other-state")
    there = FileVault(str(lab.path), other, lambda _: [lab.identity])
    for use in (there.list_entries, there.verify, lambda: there.put(fake_deposit("b"))):
        with pytest.raises(VaultForeignError, match="vault adopt"):
            use()
    with pytest.raises(VaultLockedError):
        FileVault(str(lab.path), other).adopt()
    assert there.adopt() == (["a"], [], [])
    assert there.get("a") == fake_deposit("a").payload
    there.put(fake_deposit("b"))
    with pytest.raises(VaultForeignError, match="another installation"):
        lab.reader().get("a")
    assert lab.reader().adopt() == (["b"], [], [])
    assert lab.reader().verify() == 2


def test_adopting_says_what_differs_and_refuses_a_swap(lab: Lab) -> None:
    for name in ("a", "b"):
        lab.depositor().put(fake_deposit(name))
    gone = lab.document().entries[1].entry.id
    first = lab.document().entries[0]
    lab.path.write_bytes(
        render_document(
            replace(
                lab.document(),
                entries=(replace(first, entry=replace(first.entry, source="elsewhere")), forge(lab, "c")),
            )
        )
    )
    assert lab.reader().adopt() == (["c"], ["a"], [gone])
    lab.depositor().put(fake_deposit("b"))
    lab.path.write_bytes(render_document(copy_sealed(replace(lab.document(), entries=lab.document().entries[:2]), lab)))
    with pytest.raises(EntrySwappedError, match="belongs to the entry 'c'"):
        lab.reader().adopt()


def test_an_older_vault_can_be_adopted_and_stays_the_newest(lab: Lab) -> None:
    lab.depositor().put(fake_deposit("a"))
    older = lab.path.read_bytes()
    lab.depositor().put(fake_deposit("b"))
    newer = lab.path.read_bytes()
    lab.path.write_bytes(older)
    assert lab.reader().adopt()[0] == []
    assert lab.document().serial == 4
    lab.path.write_bytes(newer)
    with pytest.raises(VaultRolledBackError):
        lab.depositor().list_entries()


def test_lost_state_is_told(lab: Lab) -> None:
    lab.depositor().put(fake_deposit("a"))
    record = next((Path(lab.state) / "vaults").glob("*.json"))
    content = record.read_bytes()
    record.write_bytes(content[:-20])
    with pytest.raises(StateError, match="not a record of a vault"):
        lab.depositor().list_entries()
    record.unlink()
    with pytest.raises(VaultForeignError, match="no record"):
        lab.depositor().list_entries()
    record.write_bytes(content)
    (Path(lab.state) / "installation.key").unlink()
    with pytest.raises(VaultForeignError, match="another installation"):
        lab.depositor().list_entries()
    assert lab.reader().adopt() == ([], [], [])


def test_the_mac_is_bound_to_the_vault(lab: Lab, tmp_path: Path) -> None:
    """Entries of one vault of this installation don't stand in another."""
    second = str(tmp_path / "second.json")
    create_vault(second, lab.state, [public(lab.identity)])
    FileVault(second, lab.state).put(fake_deposit("theirs"))
    lab.depositor().put(fake_deposit("a"))
    stolen = json.loads(Path(second).read_bytes())["entries"]
    content = json.loads(lab.path.read_bytes())
    content["entries"] += stolen
    lab.path.write_text(json.dumps(content))
    with pytest.raises(EntryForgedError, match="'theirs'"):
        lab.depositor().list_entries()


def test_without_the_installation_key_no_mac_can_be_made(lab: Lab, tmp_path: Path) -> None:
    lab.depositor().put(fake_deposit("a"))
    forged = replace(lab.document(), entries=(*lab.document().entries, forge(lab, "c")))
    mine = read_keys(lab.state).installation
    made_elsewhere = authenticate(forged, read_keys(str(tmp_path / "attacker")))
    lab.path.write_bytes(render_document(replace(made_elsewhere, installation=mine)))
    with pytest.raises(EntryForgedError):
        lab.reader().get("a")

"""The vault file in ordinary use: what it keeps, who can read it, and what it refuses."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vaultlab import Lab, fake_deposit, public

from keywatch import age
from keywatch.age import hybrid, x25519
from keywatch.errors import (
    EntryExistsError,
    EntryMissingError,
    EntryTooLargeError,
    FileBusyError,
    KeywatchError,
    UsageError,
    VaultExistsError,
    VaultLockedError,
    VaultMalformedError,
    VaultMissingError,
)
from keywatch.model import Secret
from keywatch.vault.base import Deposit, Payload
from keywatch.vault.document import VaultRecipient, parse_document
from keywatch.vault.file import FileVault, create_vault


def test_what_is_put_without_an_identity_is_read_with_one(lab: Lab) -> None:
    entry = lab.depositor().put(fake_deposit("work"))
    assert entry.masked.startswith("AKIA…") and len(entry.masked) == 9
    assert lab.reader().get("work") == fake_deposit("work").payload
    assert lab.depositor().list_entries() == [entry]
    with pytest.raises(VaultLockedError, match="unlock"):
        lab.depositor().get("work")


def test_no_secret_stands_in_the_file(lab: Lab) -> None:
    deposit = fake_deposit("work")
    lab.depositor().put(deposit)
    for file in lab.folder.rglob("*"):
        if file.is_file():
            for secret in deposit.payload.fields.values():
                assert secret.expose() not in file.read_bytes()
    assert "Secret(…)" in repr(deposit)


def test_the_file_is_private_and_so_is_the_one_before(lab: Lab) -> None:
    lab.depositor().put(fake_deposit("a"))
    lab.depositor().put(fake_deposit("b"))
    for name in ("vault.json", "vault.json.previous"):
        assert stat.S_IMODE((lab.folder / name).stat().st_mode) == 0o600
    before = parse_document((lab.folder / "vault.json.previous").read_bytes(), "x")
    assert [item.entry.name for item in before.entries] == ["a"]
    assert {file.name for file in lab.folder.iterdir()} == {
        "vault.json",
        "vault.json.previous",
        ".vault.json.lock",
        "state",
    }


def test_names_are_taken_once(lab: Lab) -> None:
    first = lab.depositor().put(fake_deposit("Work"))
    with pytest.raises(EntryExistsError, match="'Work'"):
        lab.depositor().put(fake_deposit("work"))
    second = lab.depositor().put(fake_deposit("work", seed=99), replace=True)
    assert (second.id, second.name) == (first.id, "Work")
    assert lab.reader().get("WORK") == fake_deposit("work", seed=99).payload
    with pytest.raises(EntryMissingError, match="vault list"):
        lab.reader().get("other")


@pytest.mark.parametrize("name", ["", ".a", "a/b", "a b", "a'", "ä", "a\n", "x" * 65, "-a"])
def test_names_that_would_need_quotes_are_refused(lab: Lab, name: str) -> None:
    with pytest.raises(UsageError):
        lab.depositor().put(fake_deposit(name))


def test_rename_seals_again_under_the_new_name(lab: Lab) -> None:
    old = lab.depositor().put(fake_deposit("old"))
    lab.depositor().put(fake_deposit("other"))
    with pytest.raises(VaultLockedError):
        lab.depositor().rename("old", "new")
    with pytest.raises(EntryExistsError):
        lab.reader().rename("old", "OTHER")
    new = lab.reader().rename("old", "new")
    assert (new.id, new.created, new.name) == (old.id, old.created, "new")
    assert lab.reader().get("new") == fake_deposit("old").payload
    assert [entry.name for entry in lab.depositor().list_entries()] == ["new", "other"]
    assert lab.reader().rename("new", "NEW").name == "NEW"
    assert lab.reader().verify() == 2


def test_remove_and_mark_used(lab: Lab) -> None:
    for name in ("a", "b", "c"):
        lab.depositor().put(fake_deposit(name))
    lab.depositor().remove("b")
    with pytest.raises(EntryMissingError):
        lab.depositor().remove("b")
    lab.depositor().mark_used("c", datetime(2025, 1, 31, 12, tzinfo=UTC))
    assert [(entry.name, entry.last_used) for entry in lab.depositor().list_entries()] == [
        ("a", ""),
        ("c", "2025-01-31T12:00:00Z"),
    ]


def test_each_recipient_opens_what_was_put_while_it_was_one(lab: Lab) -> None:
    lab.depositor().put(fake_deposit("before"))
    second = x25519.generate()
    with pytest.raises(VaultLockedError):
        lab.depositor().change_recipients(add=[public(second, 1)])
    lab.reader().change_recipients(add=[public(second, 1)])
    lab.depositor().put(fake_deposit("after"))
    for identity in (lab.identity, second):
        for name in ("before", "after"):
            assert lab.reader(identity).get(name) == fake_deposit(name).payload
        assert lab.reader(identity).verify() == 2
    lab.reader(second).change_recipients(remove=[f"{0:016x}"])
    assert [item.id for item in lab.depositor().recipients()] == [f"{1:016x}"]
    assert lab.reader(second).get("before") == fake_deposit("before").payload
    with pytest.raises(VaultLockedError):
        lab.reader(lab.identity).get("before")
    with pytest.raises(UsageError, match="nobody could open it"):
        lab.reader(second).change_recipients(remove=[f"{1:016x}"])
    with pytest.raises(UsageError, match="has no recipient"):
        lab.reader(second).change_recipients(remove=["ffff"])


def test_post_quantum_recipients_stand_alone(lab: Lab, tmp_path: Path) -> None:
    identity = hybrid.generate()
    recipient = VaultRecipient("ab" * 8, "recovery", str(identity.recipient()), "")
    path = str(tmp_path / "pq.json")
    create_vault(path, lab.state, [recipient])
    vault = FileVault(path, lab.state, lambda _: [identity])
    vault.put(fake_deposit("a"))
    assert vault.get("a") == fake_deposit("a").payload
    with pytest.raises(UsageError, match="share a vault"):
        vault.change_recipients(add=[public(lab.identity)])


def test_making_a_vault_never_overwrites(lab: Lab, tmp_path: Path) -> None:
    for target in ("file", "dangling"):
        path = tmp_path / target
        if target == "file":
            path.write_bytes(b"")
        else:
            path.mkdir()
        with pytest.raises(VaultExistsError):
            create_vault(str(path), lab.state, [public(lab.identity)])
    with pytest.raises(UsageError, match="at least one recipient"):
        create_vault(str(tmp_path / "new"), lab.state, [])
    with pytest.raises(UsageError, match="can't be used"):
        create_vault(str(tmp_path / "new"), lab.state, [VaultRecipient("ab" * 8, "recovery", "age1nonsense", "")])
    assert not (tmp_path / "new").exists()


def test_no_vault_is_said_to_be_missing(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.json", tmp_path / "no" / "folder.json"):
        with pytest.raises(VaultMissingError, match="vault init"):
            FileVault(str(path), str(tmp_path / "state")).list_entries()


def test_a_symlink_to_the_vault_stays_one(lab: Lab, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(lab.path)
    FileVault(str(link), lab.state).put(fake_deposit("a"))
    assert link.is_symlink()
    assert lab.reader().get("a") == fake_deposit("a").payload


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{}" * 2,
        b"[" * 100_000,
        b'{"schema": "keywatch.vault/2"}',
        b'{"a":1,"a":2}',
        b'{"serial": NaN}',
        b"9" * 5000,
    ],
)
def test_a_vault_that_does_not_parse_is_never_overwritten(lab: Lab, damage: bytes) -> None:
    lab.path.write_bytes(damage)
    for use in (
        lambda: lab.depositor().put(fake_deposit("a")),
        lambda: lab.reader().adopt(),
        lambda: lab.depositor().remove("a"),
    ):
        with pytest.raises(VaultMalformedError, match=r"vault\.json: not a vault"):
            use()
    assert lab.path.read_bytes() == damage


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_the_json_is_a_named_error(lab: Lab, data: st.DataObject) -> None:
    """Whatever one value of the file becomes: an error of ours, and the file is left as it is."""
    if not lab.document().entries:
        lab.depositor().put(fake_deposit("a"))
    whole = lab.path.read_bytes()
    content = json.loads(whole)
    junk = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(max_size=5),
        st.lists(st.integers(), max_size=2),
        st.just({}),
    )
    at: object = content
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))  # type: ignore[arg-type]
        key = data.draw(st.sampled_from(keys))
        inner = at[key]  # type: ignore[index]
        if isinstance(inner, (dict, list)) and inner and data.draw(st.booleans()):
            at = inner
            continue
        value = data.draw(junk)
        if value == inner and type(value) is type(inner):
            return
        at[key] = value  # type: ignore[index]
        break
    lab.path.write_text(json.dumps(content))
    try:
        with pytest.raises(KeywatchError):
            lab.reader().put(fake_deposit("b"))
    finally:
        lab.path.write_bytes(whole)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    fields=st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True), st.binary(max_size=200), min_size=1, max_size=5
    )
)
def test_any_secret_comes_back_byte_for_byte(lab: Lab, fields: dict[str, bytes]) -> None:
    payload = Payload({name: Secret(value) for name, value in fields.items()})
    lab.depositor().put(Deposit("any", payload), replace=True)
    assert lab.reader().get("any") == payload


def test_a_payload_is_bounded_and_named(lab: Lab) -> None:
    with pytest.raises(EntryTooLargeError, match="65536"):
        lab.depositor().put(Deposit("big", Payload({"token": Secret(b"x" * 70_000)})))
    for fields in ({}, {"Token": Secret(b"x")}, {"a-b": Secret(b"x")}):
        with pytest.raises(UsageError):
            Payload(fields)


def test_a_text_that_could_not_be_read_again_is_not_written(lab: Lab) -> None:
    before = lab.path.read_bytes()
    with pytest.raises(VaultMalformedError):
        lab.depositor().put(Deposit("a", fake_deposit("a").payload, source="x" * 5000))
    assert lab.path.read_bytes() == before


def test_a_writer_that_hangs_is_named(lab: Lab) -> None:
    from keywatch import atomic

    vault = FileVault(str(lab.path), lab.state, lock_timeout=0.05)
    with (
        atomic.open_folder(str(lab.folder)) as folder,
        atomic.locked(folder, "vault.json"),
        pytest.raises(FileBusyError, match="another keywatch"),
    ):
        vault.put(fake_deposit("a"))


def test_sealed_entries_are_plain_age_messages(lab: Lab) -> None:
    entry = lab.depositor().put(fake_deposit("work"))
    sealed = json.loads(lab.path.read_bytes())["entries"][0]["sealed"]
    content = json.loads(age.decrypt(sealed.encode(), [lab.identity]))
    assert (content["id"], content["name"]) == (entry.id, "work")
    assert (
        content["fields"]["secret_access_key"].encode()
        == fake_deposit("work").payload.fields["secret_access_key"].expose()
    )
    assert not os.path.exists(str(lab.path) + ".tmp")

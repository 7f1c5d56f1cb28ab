"""Exposure: readers, disk, server and cloud folders, on made-up systems."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.places.disk import find_disk, fscrypted, mount_of, parse_mounts
from keywatch.places.exposure import Exposures, parse_acl
from keywatch.places.server import find_server
from keywatch.places.synced import configured
from tests.places.exposing import exposures, put

SDA1 = os.makedev(8, 1)

# disks


def block(sys_root: Path, number: str, name: str, uuid: str = "", slaves: tuple[str, ...] = (), dm: str = "") -> Path:
    """A device as sysfs has it: devices/NAME, and links to it from dev/block, class/block and the slaves' users."""
    folder = sys_root / "devices" / name
    (folder / "slaves").mkdir(parents=True)
    put(folder / "dev", number)
    if uuid:
        put(folder / "dm" / "uuid", uuid)
        put(folder / "dm" / "name", dm or name)
    for slave in slaves:
        (folder / "slaves" / slave).symlink_to(sys_root / "devices" / slave)
    for link in (sys_root / "dev/block" / number, sys_root / "class/block" / name):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(folder)
    return folder


def mountinfo(device: str, kind: str, source: str, point: str = "/") -> bytes:
    return f"27 1 {device} / {point} rw,relatime shared:1 - {kind} {source} rw\n".encode()


def disk(sys_root: Path, line: bytes, device: int = SDA1) -> bool | None:
    return find_disk(parse_mounts(line), "/home/alice", device, str(sys_root)).encrypted


def test_a_plain_partition_is_not_encrypted(tmp_path: Path) -> None:
    block(tmp_path, "8:1", "sda1")
    assert disk(tmp_path, mountinfo("8:1", "ext4", "/dev/sda1")) is False
    assert find_disk(parse_mounts(mountinfo("8:1", "ext4", "/dev/sda1")), "/", SDA1, str(tmp_path)).device == "sda1"


def test_luks_is_encrypted(tmp_path: Path) -> None:
    block(tmp_path, "8:1", "sda1", "CRYPT-LUKS2-0123-root")
    assert disk(tmp_path, mountinfo("8:1", "ext4", "/dev/mapper/root")) is True


def test_lvm_on_luks_is_encrypted_and_half_of_it_is_not(tmp_path: Path) -> None:
    block(tmp_path, "8:3", "sda3")
    block(tmp_path, "253:0", "dm-0", "CRYPT-LUKS2-01-pv", ("sda3",))
    block(tmp_path, "8:1", "dm-1", "LVM-abc", ("dm-0",), dm="vg-home")
    assert disk(tmp_path, mountinfo("8:1", "xfs", "/dev/mapper/vg-home")) is True
    (tmp_path / "devices/dm-1/slaves/sda3").symlink_to(tmp_path / "devices/sda3")
    assert disk(tmp_path, mountinfo("8:1", "xfs", "/dev/mapper/vg-home")) is False


def test_verity_hides_nothing(tmp_path: Path) -> None:
    block(tmp_path, "8:3", "sda3")
    block(tmp_path, "8:1", "dm-0", "CRYPT-VERITY-01-usr", ("sda3",))
    assert disk(tmp_path, mountinfo("8:1", "ext4", "/dev/mapper/usr")) is False


def test_a_partition_of_an_encrypted_whole_is_encrypted(tmp_path: Path) -> None:
    block(tmp_path, "8:3", "sda3", "CRYPT-LUKS2-1-x")
    whole = block(tmp_path, "9:0", "md0", slaves=("sda3",))
    part = whole / "md0p1"
    put(part / "partition", "1")
    (tmp_path / "dev/block/8:1").symlink_to(part)
    assert disk(tmp_path, mountinfo("8:1", "ext4", "/dev/md0p1")) is True


def test_btrfs_is_found_by_its_source(tmp_path: Path) -> None:
    block(tmp_path, "253:0", "dm-0", "CRYPT-LUKS2-01-root", dm="luks-root")
    line = mountinfo("0:31", "btrfs", "/dev/mapper/luks-root")
    assert disk(tmp_path, line, os.makedev(0, 77)) is True
    block(tmp_path, "8:9", "sda9")
    assert disk(tmp_path, mountinfo("0:31", "btrfs", "/dev/sda9"), os.makedev(0, 77)) is False


def test_a_ring_of_devices_ends(tmp_path: Path) -> None:
    block(tmp_path, "8:1", "dm-0", "LVM-a", ("dm-0",))
    assert disk(tmp_path, mountinfo("8:1", "ext4", "/dev/mapper/x")) is None


@pytest.mark.parametrize("kind", ["tmpfs", "overlay", "nfs4", "zfs", "9p", "fuse.sshfs", "virtiofs"])
def test_of_other_storage_nothing_is_said(tmp_path: Path, kind: str) -> None:
    block(tmp_path, "8:1", "sda1")
    assert disk(tmp_path, mountinfo("8:1", kind, "x")) is None


@pytest.mark.parametrize("kind", ["ecryptfs", "fuse.gocryptfs"])
def test_an_encrypting_file_system_is_encrypted(tmp_path: Path, kind: str) -> None:
    assert disk(tmp_path, mountinfo("8:1", kind, "x")) is True


def test_without_proc_and_sys_nothing_is_said(tmp_path: Path) -> None:
    path = put(tmp_path / "x")
    found = Exposures(str(tmp_path / "no"), str(tmp_path / "no"), str(tmp_path), "").of(str(path), path.stat())
    assert (found.encrypted, found.device, found.server) == (None, "", "")


def test_mounts_are_found_by_point_when_the_number_is_unknown() -> None:
    lines = mountinfo("0:1", "btrfs", "a", "/") + mountinfo("0:2", "ext4", "b", r"/home\040x") + b"garbage\n"
    mounts = parse_mounts(lines)
    assert [m.point for m in mounts] == ["/", "/home x"]
    found = mount_of(mounts, "/home x/alice", os.makedev(9, 9))
    assert found is not None and found.source == "b"
    found = mount_of(mounts, "/home xy", os.makedev(9, 9))
    assert found is not None and found.source == "a"


@given(st.binary(max_size=300))
def test_any_mountinfo_is_read(content: bytes) -> None:
    parse_mounts(content + b"\n1 2 3:4 / /\\777 rw - " + content)


def test_fscrypt_is_asked_only_where_it_can_be(tmp_path: Path) -> None:
    assert not fscrypted(str(tmp_path), "xfs")
    assert not fscrypted(str(tmp_path / "none"), "ext4")
    assert not fscrypted(str(tmp_path), "ext4")


# readers


def readers(path: Path) -> str:
    """Who can read `path`, as if everyone could get into pytest's own folders, which are closed."""
    found = Exposures(home="/nowhere", git="")
    for folder in path.parents[2:]:
        found._stats[str(folder)] = os.stat("/")
    found._private[os.getgid(), os.getuid()] = True
    return found.of(str(path), path.stat()).readable_by


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("mode", "folder", "expected"),
    [
        (0o600, 0o755, ""),
        (0o644, 0o755, "everyone"),
        (0o604, 0o711, "everyone"),
        (0o644, 0o700, ""),
        (0o644, 0o750, ""),
        (0o640, 0o755, ""),
        (0o622, 0o755, ""),
    ],
)
def test_readers_by_mode_and_by_the_folders_above(opened: Path, mode: int, folder: int, expected: str) -> None:
    path = put(opened / "d" / "x")
    path.chmod(mode)
    path.parent.chmod(folder)
    assert readers(path) == expected


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_shared_group_can_read(opened: Path) -> None:
    path = put(opened / "d" / "x")
    os.chown(path, 0, 54321)
    path.chmod(0o640)
    path.parent.chmod(0o755)
    assert readers(path) == "group"
    os.chown(path.parent, 0, 54321)
    path.parent.chmod(0o750)
    assert readers(path) == "group"
    path.parent.chmod(0o700)
    assert readers(path) == ""


def acl(*entries: tuple[int, int, int]) -> bytes:
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def test_access_lists_are_read() -> None:
    base = ((1, 6, 0xFFFFFFFF), (4, 4, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF))
    assert parse_acl(acl(*base)) == (False, True)
    assert parse_acl(acl(*base, (2, 4, 1001), (0x10, 4, 0))) == (True, True)
    assert parse_acl(acl(*base, (2, 4, 1001), (0x10, 0, 0))) == (False, False)
    assert parse_acl(acl((8, 1, 7)), 1) == (True, False)
    assert parse_acl(b"") is None
    assert parse_acl(b"\x03\0\0\0") is None


@given(st.binary(max_size=60))
def test_any_access_list_is_read(value: bytes) -> None:
    parse_acl(value)
    parse_acl(b"\x02\0\0\0" + value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_owners(tmp_path: Path) -> None:
    path = put(tmp_path / "d" / "x")
    found = Exposures(home="/nowhere", git="").of(str(path), path.stat())
    assert (found.owner, found.foreign_owner) == ("root", False)
    os.chown(path, 54321, 54321)
    found = Exposures(home="/nowhere", git="", uid=1000).of(str(path), path.stat())
    assert (found.owner, found.foreign_owner) == ("uid 54321", True)
    os.chown(path.parent, 1000, 1000)
    assert Exposures(home="/nowhere", git="", uid=0).of(str(path), path.stat()).foreign_owner
    os.chown(path, 1000, 1000)
    assert not Exposures(home="/nowhere", git="", uid=0).of(str(path), path.stat()).foreign_owner
    assert not Exposures(home="/nowhere", git="", uid=1000).of(str(path), path.stat()).foreign_owner


# servers


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("class/dmi/id/sys_vendor", "Amazon EC2\n", "an Amazon EC2 instance"),
        ("hypervisor/uuid", "ec2e1916-9099-7caf-fd21-012345abcdef", "an Amazon EC2 instance"),
        ("class/dmi/id/product_uuid", "EC2E1916-9099-7CAF", "an Amazon EC2 instance"),
        ("class/dmi/id/product_name", "Google Compute Engine", "a Google Compute Engine instance"),
        ("class/dmi/id/sys_vendor", "Google", ""),
        ("class/dmi/id/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", "an Azure virtual machine"),
        ("class/dmi/id/sys_vendor", "Microsoft Corporation", ""),
        ("class/dmi/id/sys_vendor", "DigitalOcean", "a DigitalOcean droplet"),
        ("class/dmi/id/sys_vendor", "Hetzner", "a Hetzner cloud server"),
        ("class/dmi/id/sys_vendor", "LENOVO", ""),
    ],
)
def test_servers_by_their_firmware(tmp_path: Path, name: str, text: str, expected: str) -> None:
    put(tmp_path / "sys" / name, text)
    assert find_server(str(tmp_path / "sys")) == expected
    assert exposures(tmp_path).machine().server == expected


# clouds


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        (".dropbox", "Dropbox"),
        (".dropbox.cache/", "Dropbox"),
        (".stfolder/", "Syncthing"),
        (".sync_0123456789ab.db", "Nextcloud"),
        (".nextcloudsync.log", "Nextcloud"),
        (".tmp.driveupload/", "Google Drive"),
        (".dropbox/", ""),
        (".sync_notes.db", ""),
    ],
)
def test_clouds_by_their_marks(tmp_path: Path, mark: str, expected: str) -> None:
    path = put(tmp_path / "shared" / "deep" / "er" / "x")
    if mark.endswith("/"):
        (tmp_path / "shared" / mark).mkdir()
    else:
        put(tmp_path / "shared" / mark)
    found = exposures(tmp_path)
    assert found.of(str(path), path.stat()).synced == expected
    outside = put(tmp_path / "outside")
    assert found.of(str(outside), outside.stat()).synced == ""


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("Dropbox", "Dropbox"),
        ("Dropbox (Work)", "Dropbox"),
        ("OneDrive - Company", "OneDrive"),
        ("Library/Mobile Documents", "iCloud"),
        ("Library/CloudStorage/GoogleDrive-a@example.org", "GoogleDrive"),
        ("work/Dropbox", ""),
        ("Library/Preferences", ""),
    ],
)
def test_clouds_by_their_usual_folders(tmp_path: Path, folder: str, expected: str) -> None:
    path = put(tmp_path / "home" / folder / "a" / "x")
    assert exposures(tmp_path).of(str(path), path.stat()).synced == expected


def test_clouds_by_their_configuration(tmp_path: Path) -> None:
    home = tmp_path / "home"
    put(home / ".dropbox/info.json", '{"personal": {"path": "%s", "host": 1}}' % (home / "D \\u00e9"))
    put(home / ".config/Nextcloud/nextcloud.cfg", f"[Accounts]\n0\\Folders\\1\\localPath={home}/NC/\n")
    put(home / ".config/onedrive/config", '# x\nsync_dir = "~/OD"\n')
    assert configured(str(home)) == {f"{home}/D é": "Dropbox", f"{home}/NC": "Nextcloud", f"{home}/OD": "OneDrive"}
    path = put(home / "NC" / "x")
    assert exposures(tmp_path).of(str(path), path.stat()).synced == "Nextcloud"


def test_a_mounted_cloud_is_one(tmp_path: Path) -> None:
    path = put(tmp_path / "x")
    device = path.stat().st_dev
    line = mountinfo(f"{os.major(device)}:{os.minor(device)}", "fuse.rclone", "remote:")
    assert exposures(tmp_path, line).of(str(path), path.stat()).synced == "rclone"

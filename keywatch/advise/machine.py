"""What kind of machine this is, as far as it decides what should stand for a key. Asks no network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum

from keywatch.places.server import find_server


class Machine(StrEnum):
    """What a key would better be replaced by depends on these."""

    EC2 = "ec2"
    CONTAINER = "container"
    CLOUD = "cloud"
    SERVER = "server"
    PERSONS = "persons"


def find_machine(env: Mapping[str, str], root: str = "/") -> tuple[Machine, str]:
    """The kind, and in words what "this machine is". `env` tells of ECS and EKS, `root` holds /sys, /run and so on."""
    if env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") or env.get("ECS_CONTAINER_METADATA_URI_V4"):
        return Machine.CONTAINER, "an ECS task"
    if env.get("KUBERNETES_SERVICE_HOST"):
        return Machine.CONTAINER, "a container of Kubernetes"
    server = find_server(os.path.join(root, "sys"))
    if "EC2" in server:
        return Machine.EC2, server
    if any(os.path.exists(os.path.join(root, name)) for name in (".dockerenv", "run/.containerenv")):
        return Machine.CONTAINER, "a container"
    if server:
        return Machine.CLOUD, server
    if not _has_battery(root) and not _has_seat(root):
        return Machine.SERVER, "a server, it seems: it has no battery, and nobody sits at it"
    return Machine.PERSONS, ""


def _has_battery(root: str) -> bool:
    folder = os.path.join(root, "sys/class/power_supply")
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return any(_read(os.path.join(folder, name, "type")) == "Battery" for name in names)


def _has_seat(root: str) -> bool:
    """Whether a seat has a session (sd_seat_get_active(3)), or there is a screen that one could have."""
    if "ACTIVE=" in _read(os.path.join(root, "run/systemd/seats/seat0")):
        return True
    try:
        names = os.listdir(os.path.join(root, "sys/class/drm"))
    except OSError:
        return False
    folder = os.path.join(root, "sys/class/drm")
    return any("-" in name and _read(os.path.join(folder, name, "status")) == "connected" for name in names)


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(4096).decode("utf-8", "replace").strip()
    except OSError:
        return ""

"""Tells whether this machine is a cloud server, by what its firmware says of it. Asks no network, starts nothing.

Sources: cloud-init's ds-identify and systemd's detect-virt read the same files; EC2 documents its own
("Detect whether a host is an EC2 instance").
"""

from __future__ import annotations

import os

#: (file below /sys, how its text begins, what the machine is then); the first row that holds wins
SERVERS: tuple[tuple[str, str, str], ...] = (
    ("class/dmi/id/sys_vendor", "Amazon EC2", "an Amazon EC2 instance"),
    ("class/dmi/id/product_uuid", "ec2", "an Amazon EC2 instance"),
    ("hypervisor/uuid", "ec2", "an Amazon EC2 instance"),
    # Chromebooks say "Google" too, so the product decides
    ("class/dmi/id/product_name", "Google Compute Engine", "a Google Compute Engine instance"),
    # Surface laptops say "Microsoft Corporation"; this asset tag is Azure's alone
    ("class/dmi/id/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", "an Azure virtual machine"),
    ("class/dmi/id/chassis_asset_tag", "OracleCloud.com", "an Oracle Cloud instance"),
    ("class/dmi/id/sys_vendor", "DigitalOcean", "a DigitalOcean droplet"),
    ("class/dmi/id/sys_vendor", "Hetzner", "a Hetzner cloud server"),
    ("class/dmi/id/sys_vendor", "Alibaba Cloud", "an Alibaba Cloud instance"),
    ("class/dmi/id/sys_vendor", "Scaleway", "a Scaleway instance"),
    ("class/dmi/id/sys_vendor", "Vultr", "a Vultr server"),
    ("class/dmi/id/sys_vendor", "Linode", "a Linode server"),
    ("class/dmi/id/sys_vendor", "Akamai", "a Linode server"),
    ("class/dmi/id/sys_vendor", "UpCloud", "an UpCloud server"),
    ("class/dmi/id/product_name", "OpenStack", "an OpenStack instance"),
)


def find_server(sys_root: str = "/sys") -> str:
    """What kind of cloud server this machine is, as words after "This machine is"; empty when it looks like none."""
    texts: dict[str, str] = {}
    for name, begin, what in SERVERS:
        if name not in texts:
            texts[name] = _read(os.path.join(sys_root, name))
        if texts[name].lower().startswith(begin.lower()):
            return what
    return ""


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(256).decode("ascii", "replace").strip()
    except OSError:
        return ""

"""All templates, in the order in which they are shown. A new one is a row in a file beside this one."""

from __future__ import annotations

from keywatch.aws.policies import data, services, storage
from keywatch.aws.policies.base import Template

TEMPLATES: dict[str, Template] = {
    each.id: each for each in (*storage.TEMPLATES, *data.TEMPLATES, *services.TEMPLATES)
}  # fmt: skip

"""docs/permissions.md says of every permission who holds it, and of no other."""

from __future__ import annotations

import re

from accounts.permissions import fresh_names, table
from mci_admin.env import BASE_DIR

_ROW = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \| ([^|]*) \| ([^|]*)\|$", re.MULTILINE)


def rows() -> dict[str, tuple[frozenset[str], bool]]:
    text = (BASE_DIR / "docs" / "permissions.md").read_text(encoding="utf-8")
    return {
        name: (frozenset(who.lower().replace(" ", "_").replace(",_", ",").split(",")), fresh.strip() == "yes")
        for name, who, fresh in _ROW.findall(text)
    }


def test_every_permission_is_listed_with_its_holders() -> None:
    expected = {name: (frozenset(roles), name in fresh_names()) for name, roles in table().items()}
    assert rows() == expected

"""How one entry of the allowlist stands in a row of a table: which columns, and how a cell is written.

Several values in one cell are parted by ``|``; a value's own ``|`` and ``\\`` get a ``\\`` in front.
A cell that a spreadsheet would take for a formula gets an apostrophe in front, which reading takes off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mci_core.errors import Invalid

SITE_COLUMNS = ("origin", "path_prefix", "subdomains")
APP_COLUMNS = ("windows", "macos", "linux", "names")
SCOPE_COLUMNS = ("groups", "platforms", "tags", "places")
OPTION_TEXTS = ("expires", "owner", "purpose", "justification", "review_by")
COLUMNS = (
    "id",
    "kind",
    "label",
    *SITE_COLUMNS,
    *APP_COLUMNS,
    "signals",
    "keystrokes",
    "frame_interval_s",
    *SCOPE_COLUMNS,
    "windows_excluded",
    *OPTION_TEXTS,
)
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n]")
_PARTS = re.compile(r"(?:[^\\|]|\\.|\\\Z)+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def guarded(cell: str) -> str:
    """The cell as a spreadsheet shows it and never runs it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    return cell[1:] if _GUARDED.match(cell) else cell


def cells_of(doc: Mapping[str, Any]) -> dict[str, str]:
    """An entry of the document as cells; what it does not state is an empty cell."""
    match, scope = doc["match"], doc.get("scope", {})
    cells = dict.fromkeys(COLUMNS, "")
    cells |= {key: str(doc[key]) for key in ("id", "kind", "label", "keystrokes", "frame_interval_s")}
    cells |= {key: _joined(doc.get(key, ())) for key in ("signals", "windows_excluded")}
    cells |= {key: _joined(scope.get(key, ())) for key in SCOPE_COLUMNS}
    cells |= {key: str(doc.get(key, "")) for key in OPTION_TEXTS}
    if doc["kind"] == "site":
        subdomains = "yes" if match["subdomains"] else "no"
        return cells | {
            "origin": match["origin"],
            "path_prefix": match["path_prefix"],
            "subdomains": subdomains,
        }
    return cells | {key: _joined(match.get(key, ())) for key in APP_COLUMNS}


def doc_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """The entry that cells state. Raises `Invalid` with the column where a cell cannot be read."""
    cell = {column: cells.get(column, "").strip() for column in COLUMNS}
    _refuse_foreign(cell)
    doc: dict[str, Any] = {
        "id": cell["id"],
        "kind": cell["kind"],
        "label": cell["label"],
        "match": _match(cell),
        "signals": _parted(cell["signals"]),
        "keystrokes": cell["keystrokes"] or "none",
        "frame_interval_s": _number(cell, "frame_interval_s"),
    }
    scope = {key: _parted(cell[key]) for key in SCOPE_COLUMNS if cell[key]}
    options = {"scope": scope, "windows_excluded": _parted(cell["windows_excluded"])}
    options |= {key: cell[key] for key in OPTION_TEXTS}
    return doc | {key: value for key, value in options.items() if value}


def _match(cell: Mapping[str, str]) -> dict[str, Any]:
    if cell["kind"] == "site":
        return {
            "origin": cell["origin"].rstrip("/"),
            "path_prefix": cell["path_prefix"] or "/",
            "subdomains": _yes(cell, "subdomains"),
        }
    return {key: _parted(cell[key]) for key in APP_COLUMNS if cell[key]}


def _refuse_foreign(cell: Mapping[str, str]) -> None:
    """A row says one thing: a site has no programs, an app no address."""
    foreign = {"site": APP_COLUMNS, "app": ("origin", "path_prefix")}.get(cell["kind"], ())
    for column in foreign:
        if cell[column]:
            raise Invalid(f"An entry of the kind {cell['kind']} has no {column}.", field=column)


def _joined(values: Any) -> str:
    return "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)


def _parted(cell: str) -> list[str]:
    values = (_ESCAPED.sub(r"\1", part).strip() for part in _PARTS.findall(cell))
    return list(dict.fromkeys(value for value in values if value))


def _number(cell: Mapping[str, str], column: str) -> int:
    text = cell[column] or "0"
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Invalid("Give a whole number.", field=column)
    return int(text)


def _yes(cell: Mapping[str, str], column: str) -> bool:
    found = _YES_NO.get(cell[column].lower())
    if found is None:
        raise Invalid("Say yes or no.", field=column)
    return found

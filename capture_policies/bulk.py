"""Many entries at once: files of CSV and YAML are read, compared with what a draft holds, and written.

Nothing is stored here. A file is refused as a whole when it cannot be read; a row that is no valid entry is
refused by itself, with its line and the reason. An import never takes an entry out of a draft.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from capture_policies.bulk_cells import COLUMNS, cells_of, doc_of, guarded, unguarded
from mci_core import canonical, policy, policy_code
from mci_core.errors import ActionError, Invalid, TooLarge
from mci_core.policy import Change, Entry, Policy
from mci_core.policy_code import shape

MAX_BYTES = 512 * 1024
MAX_ROWS = 1000
MAX_ID, MAX_LABEL = 40, 80
MAX_SHOWN = 120
FORMATS = ("csv", "yaml")
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Given:
    """What a file says on one line: cells of a table (only its columns), or a whole entry."""

    line: int
    cells: Mapping[str, str] | None = None
    tree: Mapping[str, Any] | None = None
    fault: str = ""

    @property
    def id(self) -> str:
        return self._said("id")

    @property
    def label(self) -> str:
        return self._said("label")

    def _said(self, key: str) -> str:
        """As a page can show it, whatever stands there."""
        text = str((self.cells or self.tree or {}).get(key, "")).strip()
        return text.encode("utf-8", "replace").decode()[:MAX_SHOWN]


@dataclass(frozen=True)
class Line:
    """What becomes of one entry of the file."""

    line: int
    id: str
    label: str
    doc: Mapping[str, Any] = field(default_factory=dict)
    entry: Entry | None = None
    changes: Sequence[Change] = ()
    reason: str = ""


@dataclass
class Plan:
    """What an import would do to a draft."""

    added: list[Line] = field(default_factory=list)
    changed: list[Line] = field(default_factory=list)
    unchanged: list[Line] = field(default_factory=list)
    refused: list[Line] = field(default_factory=list)

    @property
    def docs(self) -> list[dict[str, Any]]:
        """The entries that would be written."""
        return [dict(line.doc) for line in (*self.added, *self.changed)]


def entries_digest(docs: Iterable[Mapping[str, Any]]) -> str:
    """Stands for the entries of a draft, so that a preview is acted on only while it holds."""
    return canonical.digest_obj(sorted((dict(doc) for doc in docs), key=lambda doc: str(doc["id"])))


def check_storable(docs: Iterable[Mapping[str, Any]]) -> None:
    """A draft holds shorter ids and names than a document may, and no text with a sign of zero. Raises
    `Invalid` with the key at fault.
    """
    for doc in docs:
        for key, most in (("id", MAX_ID), ("label", MAX_LABEL)):
            if len(doc[key]) > most:
                raise Invalid(f"Write at most {most} characters.", field=key)
        for key, value in doc.items():
            if any("\x00" in text for text in _texts(value)):
                raise Invalid("A text may not hold a sign of zero.", field=key)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in _texts(part))
    elif isinstance(value, (list, tuple)):
        yield from (text for part in value for text in _texts(part))


# ------------------------------------------------------------ reading
def text_of(data: bytes) -> str:
    """The text of a file: UTF-8 with or without a mark, or UTF-16 with one; line ends as ``\\n``."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"A file may have {MAX_BYTES // 1024} KB.", code="file_too_large", field="file")
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("This is no text: save the file as UTF-8.", code="file_invalid", field="file") from None
    if "\x00" in text:
        raise Invalid("This is no text: save the file as UTF-8.", code="file_invalid", field="file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read(text: str, form: str) -> list[Given]:
    """The rows of a file. Raises `Invalid` or `TooLarge` when the whole file is refused."""
    rows = list(_read_yaml(text) if form == "yaml" else _read_csv(text))
    if not rows:
        raise Invalid("The file holds no entries.", code="file_empty", field="file")
    if len(rows) > MAX_ROWS:
        raise TooLarge(f"A file may have {MAX_ROWS} entries.", code="too_many_rows", field="file")
    return rows


def _read_csv(text: str) -> Iterator[Given]:
    text, skipped, delimiter = _table_of(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        _check_header(header)
        line = rows.line_num
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _row_of(header, row, skipped + line + 1)
            line = rows.line_num
    except csv.Error as fault:
        raise Invalid(
            f"Line {skipped + rows.line_num} cannot be read: {fault}.", code="file_invalid", field="file"
        ) from fault


def _table_of(text: str) -> tuple[str, int, str]:
    """The table, how many lines stand before it, and what parts its cells."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first) == 5:
        return rest, 1, first[4]
    known = {mark: _known_columns(first, mark) for mark in _DELIMITERS}
    return text, 0, max(known, key=lambda mark: known[mark])


def _known_columns(line: str, delimiter: str) -> int:
    return sum(cell.strip().strip('"').lower() in COLUMNS for cell in line.split(delimiter))


def _check_header(header: Sequence[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or len(set(header)) != len(header):
        words = f"There is no column “{unknown[0]}”" if unknown else "A column stands twice"
        raise Invalid(f"{words}. Columns: {', '.join(COLUMNS)}.", code="file_invalid", field="file")
    missing = [name for name in ("id", "kind", "label") if name not in header]
    if missing:
        raise Invalid(f"The column {missing[0]} is missing.", code="file_invalid", field="file")


def _row_of(header: Sequence[str], row: Sequence[str], line: int) -> Given:
    cells = dict(zip(header, map(unguarded, row), strict=False))
    if len(row) > len(header):
        return Given(line, cells=cells, fault="This row has more cells than the first one.")
    return Given(line, cells=cells)


def _read_yaml(text: str) -> Iterator[Given]:
    """The entries of a file as policy as code reads it; its other parts are not looked at."""
    try:
        file = policy_code.read(text)
    except policy_code.Unreadable as fault:
        raise Invalid(f"{fault.message} (line {fault.line})", code="file_invalid", field="file") from fault
    entries = file.written["entries"]
    if not isinstance(entries, list):
        raise Invalid("Below “entries:” a list is needed.", code="file_invalid", field="file")
    for index, entry in enumerate(entries):
        line = file.line_of(f"entries[{index}]")
        if isinstance(entry, dict):
            yield Given(line, tree=entry)
        else:
            yield Given(line, fault="This is no entry.")


# ------------------------------------------------------------ comparing
def plan(rows: Iterable[Given], held: Iterable[Mapping[str, Any]]) -> Plan:
    """What becomes of each row in a draft that holds these entries."""
    before = {str(doc["id"]): doc for doc in held}
    owners = {key: name for name, doc in before.items() for key in _identities(doc)}
    found, seen = Plan(), dict[str, int]()
    for row in rows:
        old = before.get(row.id)
        try:
            doc = _doc_of(row, old)
            _refuse_twice(row, seen)
            parsed = _alone(doc)
            check_storable([doc])
            _refuse_same(parsed.entries[0], owners)
        except ActionError as fault:
            found.refused.append(Line(row.line, row.id, row.label, reason=_reason(fault)))
            continue
        _settle(found, row.line, doc, parsed, old)
    return found


def _settle(found: Plan, line: int, doc: dict[str, Any], new: Policy, old: Mapping[str, Any] | None) -> None:
    entry = new.entries[0]
    made = Line(line, entry.id, entry.label, doc, entry)
    if old is None:
        found.added.append(made)
    elif _in_order(old) == _in_order(doc):
        found.unchanged.append(made)
    else:
        found.changed.append(replace(made, changes=policy.diff(_alone(old), new)))


def _doc_of(row: Given, old: Mapping[str, Any] | None) -> dict[str, Any]:
    """The entry that a row asks for. Columns that a table does not have leave the draft's entry as it is."""
    if row.fault:
        raise Invalid(row.fault)
    if row.cells is not None:
        held = {} if old is None else cells_of(old)
        return doc_of({**held, **row.cells})
    return dict(row.tree or {})


def _in_order(doc: Mapping[str, Any]) -> Entry:
    """The entry, whatever the order in which its lists were written."""
    [tidy] = shape.ordered({"entries": [dict(doc)], "rules": []})["entries"]
    return policy.parse_entry(tidy)


def _alone(doc: Mapping[str, Any]) -> Policy:
    """A policy of nothing but this entry: its shape and its address are judged as in any policy."""
    return policy.parse({**policy.new_document("one entry"), "entries": [dict(doc)]})


def _identities(doc: Mapping[str, Any]) -> list[object]:
    return policy.identities(policy.parse_entry(doc))


def _refuse_twice(row: Given, seen: dict[str, int]) -> None:
    first = seen.setdefault(row.id, row.line)
    if first != row.line:
        raise Invalid(f"The id {row.id} stands on line {first} already.")


def _refuse_same(entry: Entry, owners: dict[object, str]) -> None:
    """No two entries may mean the same app or site. What an entry meant before the file is still its own."""
    for key in policy.identities(entry):
        other = owners.get(key, entry.id)
        if other != entry.id:
            raise Invalid(f"The entry {other} names the same app or site.")
    owners.update(dict.fromkeys(policy.identities(entry), entry.id))


def _reason(fault: ActionError) -> str:
    place = (fault.field or "").removeprefix("entries[0]").removeprefix(".").removeprefix("$")
    return f"{place}: {fault.message}" if place else fault.message


# ------------------------------------------------------------ writing
def to_csv(docs: Iterable[Mapping[str, Any]]) -> str:
    """A table that a spreadsheet opens as text, formulas guarded."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for doc in docs:
        cells = cells_of(doc)
        writer.writerow([guarded(cells[column]) for column in COLUMNS])
    return "\ufeff" + out.getvalue()


def to_yaml(docs: Iterable[Mapping[str, Any]]) -> str:
    """Entries as a file of policy as code has them."""
    return policy_code.written({"entries": list(docs), "rules": []}).removesuffix("rules: []\n")

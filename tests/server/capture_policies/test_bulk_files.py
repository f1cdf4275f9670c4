"""Files of many entries: what is read and how, what is refused with which words, and that writing and reading
give the same entries back.
"""

from __future__ import annotations

from typing import Any

import pytest

from capture_policies import bulk, catalogue
from capture_policies.bulk_cells import cells_of, doc_of, guarded, unguarded
from mci_core import policy
from mci_core.errors import ActionError, Invalid, TooLarge
from tests.server.capture_policies.support import EXCEL, JIRA

LEAST = {"signals": ["click", "scroll"], "keystrokes": "none", "frame_interval_s": 0}
FULL: dict[str, Any] = {
    **JIRA,
    "id": "full",
    "label": '=HYPERLINK("https://evil")',
    "match": {"origin": "https://full.example.com", "path_prefix": "/a", "subdomains": True},
    "signals": ["click", "keystroke", "screenshot"],
    "keystrokes": "count",
    "frame_interval_s": 30,
    "scope": {
        "groups": ["5a0c52f8-0000-4000-8000-000000000001"],
        "platforms": ["linux", "windows"],
        "tags": ["pilot"],
        "places": ["NO", "US-NY"],
    },
    "windows_excluded": ["Pay|roll*", "a\\b", "+1*"],
    "expires": "2027-01-31",
    "owner": "Support tools",
    "purpose": "agent_training",
    "justification": "Tickets, with; signs\nand lines.",
    "review_by": "2026-12-31",
}
HEADER = "id,kind,label,origin,signals\n"
WIKI = "wiki,site,Wiki,https://wiki.example.com,click|scroll\n"


def read_csv(text: str) -> list[bulk.Given]:
    return bulk.read(bulk.text_of(text.encode()), "csv")


def plan_of(text: str, form: str = "csv", held: Any = ()) -> bulk.Plan:
    return bulk.plan(bulk.read(bulk.text_of(text.encode()), form), held)


@pytest.mark.parametrize("form", bulk.FORMATS)
def test_what_is_written_reads_back_as_the_same_entries(form: str) -> None:
    docs = [item.entry(LEAST, "acme") for item in catalogue.items()[2:62]] + [JIRA, EXCEL, FULL]
    text = (bulk.to_csv if form == "csv" else bulk.to_yaml)(docs)
    found = bulk.plan(bulk.read(bulk.text_of(text.encode()), form), docs)
    assert (found.added, found.changed, found.refused) == ([], [], [])
    assert len(found.unchanged) == len(docs)
    fresh = bulk.plan(bulk.read(bulk.text_of(text.encode()), form), [])
    parse = policy.parse_entry
    assert {line.id: line.entry for line in fresh.added} == {doc["id"]: parse(doc) for doc in docs}


def test_a_table_never_runs_in_a_spreadsheet() -> None:
    for cell in ("=1+1", "+1", "-1", "@x", "\tx", "'=1", "''+x"):
        assert guarded(cell).startswith("'")
        assert unguarded(guarded(cell)) == cell
    for cell in ("a=1", "'quoted'", "", "it's"):
        assert unguarded(guarded(cell)) == cell == guarded(cell)
    assert "'=HYPERLINK" in bulk.to_csv([FULL])


@pytest.mark.parametrize(
    "data",
    [
        (HEADER + WIKI).encode(),
        ("\ufeff" + HEADER + WIKI).encode(),
        (HEADER + WIKI).replace("\n", "\r\n").encode(),
        (HEADER + WIKI).replace("\n", "\r").encode(),
        (HEADER + WIKI).replace(",", ";").encode(),
        ("sep=;\r\n" + (HEADER + WIKI).replace(",", ";")).encode(),
        (HEADER + WIKI).replace(",", "\t").encode("utf-16"),
        ('"id","kind","label","origin","signals"\n\n' + WIKI + ",,,,\n").encode(),
    ],
)
def test_tables_of_every_spreadsheet_are_read(data: bytes) -> None:
    found = bulk.plan(bulk.read(bulk.text_of(data), "csv"), [])
    assert [line.id for line in found.added] == ["wiki"]
    assert not found.refused


def test_each_refused_row_says_its_line_and_why() -> None:
    text = (
        HEADER
        + WIKI
        + "jira,site,Jira,jira.example.com,click\n"
        + 'two,site,"Two\nlines",https://two.example.com,click\n'
        + "wiki,site,Again,https://other.example.com,click\n"
        + "same,site,Same,https://wiki.example.com,click\n"
        + "odd,site,Odd,https://odd.example.com,clicks\n"
        + "app,app,App,https://app.example.com,click\n"
        + "long,site,Long,https://long.example.com,click,more\n"
        + ",site,Nameless,https://nameless.example.com,click\n"
    )
    found = plan_of(text)
    assert [line.id for line in found.added] == ["wiki", "two"]
    told = {line.line: line.reason for line in found.refused}
    assert set(told) == {3, 6, 7, 8, 9, 10, 11}
    assert told[3].startswith("match.origin: Write the origin")
    assert told[6] == "The id wiki stands on line 2 already."
    assert told[7] == "The entry wiki names the same app or site."
    assert told[8].startswith("signals[0]:")
    assert told[9] == "origin: An entry of the kind app has no origin."
    assert told[10] == "This row has more cells than the first one."
    assert told[11].startswith("id:")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"kind": "site", "subdomains": "maybe"}, "subdomains"),
        ({"kind": "site", "frame_interval_s": "1.5"}, "frame_interval_s"),
        ({"kind": "site", "windows": "a.exe"}, "windows"),
    ],
)
def test_cells_that_cannot_be_read_name_their_column(row: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as fault:
        doc_of(row)
    assert fault.value.field == field


def test_a_table_with_few_columns_leaves_the_rest_of_an_entry_as_it_is() -> None:
    found = plan_of("id,kind,label,owner\nfull,site,New name,Office tools\n", held=[FULL])
    [line] = found.changed
    assert line.doc == {**FULL, "label": "New name", "owner": "Office tools"}
    assert any("now called New name" in change.words for change in line.changes)
    assert doc_of(cells_of(FULL)) == FULL


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfe\x00", "save the file as UTF-8"),
        (b"a\x00b", "save the file as UTF-8"),
        (b"\xe9t\xe9", "save the file as UTF-8"),
        (b"id,kind,label,colour\n", "no column “colour”"),
        (b"id,kind,label,id\n", "A column stands twice"),
        (b"id,kind\n", "The column label is missing"),
        (b"id,kind,label\n", "holds no entries"),
        (b"", "The column id is missing"),
        (b'id,kind,label\na,"b\n', "Line 2 cannot be read"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_as_a_whole(data: bytes, words: str) -> None:
    with pytest.raises(ActionError, match=words) as fault:
        bulk.read(bulk.text_of(data), "csv")
    assert fault.value.field == "file"


def test_a_file_has_limits() -> None:
    with pytest.raises(TooLarge, match="512 KB"):
        bulk.text_of(b"x" * (bulk.MAX_BYTES + 1))
    with pytest.raises(TooLarge, match="1000 entries"):
        read_csv(HEADER + WIKI * (bulk.MAX_ROWS + 1))


def test_yaml_is_what_policy_as_code_reads() -> None:
    entry = (
        "{id: wiki, kind: site, label: Wiki, match: {origin: 'https://wiki.example.com'}, signals: [click]}"
    )
    for text in (
        f"entries:\n- {entry}",
        f"schema: mci-policy/1\nname: x\nentries:\n  - {entry}\nrules: []\n",
    ):
        [line] = plan_of(text, "yaml").added
        assert line.doc["match"] == {
            "origin": "https://wiki.example.com",
            "path_prefix": "/",
            "subdomains": False,
        }
    assert "rules" not in bulk.to_yaml([JIRA])


def test_entries_of_yaml_are_refused_with_their_line() -> None:
    text = """entries:
- just text
- {id: c, kind: app, label: C, match: {windows: [c.exe]}, signals: [click], colour: red}
- id: d
  kind: site
  label: D
  match: {origin: 'https://d.example.com', subdomains: yes}
- {id: e, frame_interval_s: often}
- {id: [f], label: 3}
- {id: g, kind: app, label: G, match: [g], signals: [click]}
- {id: h, kind: app, label: H, match: {windows: [h.exe]}, signals: [click], scope: {places: [NO]}}
"""
    found = plan_of(text, "yaml")
    assert [line.line for line in found.refused] == [2, 3, 4, 8, 9, 10]
    told = {line.line: line.reason for line in found.refused}
    assert told[2] == "This is no entry."
    assert "colour" in told[3]
    assert told[4].startswith("match.subdomains")
    [good] = found.added
    assert good.doc["scope"] == {"places": ["NO"]}


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (r'label: "\ud800"', "no canonical form"),
        (r'label: "a\0b"', "label: A text may not hold a sign of zero."),
        (r'label: A, windows_excluded: ["x", "a\0b"]', "windows_excluded: A text may not hold"),
        (r'label: A, scope: {tags: ["\0"]}', "scope.tags"),
    ],
)
def test_signs_that_cannot_be_stored_or_shown_are_refused(part: str, words: str) -> None:
    text = f"entries: [{{id: a, kind: app, match: {{windows: [a.exe]}}, signals: [click], {part}}}]"
    [line] = plan_of(text, "yaml").refused
    assert words in line.reason
    assert line.label.encode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds keys"),
        ("- {id: wiki}", "holds keys"),
        ("entries: 3", "a list is needed"),
        ("entries: []", "holds no entries"),
        ("entries: []\nentries: []", r"stands here twice.*line 2"),
        ("entries: [&a {id: x}]", "anchors"),
        ("entries: [{id: x", r"This is no YAML: .*line 1"),
        ("a: 1\n---\nb: 2", "This is no YAML"),
    ],
)
def test_yaml_that_cannot_be_read_is_refused_as_a_whole(text: str, words: str) -> None:
    with pytest.raises(ActionError, match=words) as fault:
        bulk.read(text, "yaml")
    assert fault.value.field == "file"


def test_the_digest_of_entries_does_not_depend_on_their_order() -> None:
    assert bulk.entries_digest([JIRA, EXCEL]) == bulk.entries_digest([EXCEL, JIRA])
    assert bulk.entries_digest([JIRA]) != bulk.entries_digest([EXCEL])


def test_what_would_be_written_are_the_added_and_the_changed() -> None:
    found = plan_of(HEADER + WIKI + "jira,site,Jira,https://jira.example.com,click\n", held=[JIRA])
    assert [doc["id"] for doc in found.docs] == ["wiki", "jira"]

"""Methods that write something else than a placeholder, rules by path, accounts in paths, times on a grid,
what a report tells, and events that cannot be followed.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from mci_core import policy
from mci_core.policy_model import PATHS
from mci_core.redaction import following, redact_session, scan_session, session_pass
from mci_core.redaction.addresses import mask_accounts
from mci_core.redaction.event_fields import FIELD_OF, reduced_event
from mci_core.redaction.file_names import mask_file_names
from mci_core.redaction.report import Row, explained, percent
from mci_core.redaction.spans import Span
from mci_core.redaction.stand_ins import EXPRESSION, stand_in
from mci_core.redaction.timing import GRID_MS, coarsened
from tests.pure.recordings import (
    EMAIL,
    Line,
    click,
    focus,
    insert,
    keys,
    policy_with,
    rule,
    session,
    typed,
    written,
)

KEY, OTHER = b"k" * 32, b"o" * 32
VALUES = [
    "ann@lee.org",
    "10.1.2.3",
    "fe80::1",
    "219-09-9999",
    "DE89370400440532013000",
    "12.05.1980",
    "4111 1111 1111 1111",
    "+49 170 1234567",
    "12 Main St, 90210 LA",
    "Ann Lee",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_stand_in_is_of_the_same_kind_and_of_the_closed_set(value: str) -> None:
    one = stand_in(value, KEY)
    assert one is not None
    assert re.fullmatch(EXPRESSION, one)
    assert stand_in(f" {value.upper() if '@' in value else value}", KEY) == one
    assert len({stand_in(value, bytes([n]) * 32) for n in range(20)}) > 3
    assert value not in one


@pytest.mark.parametrize("value", ["hunter2!", "sk_live_abc", "x9", ""])
def test_what_has_no_kind_has_no_stand_in(value: str) -> None:
    assert stand_in(value, KEY) is None


def test_stand_ins_of_cards_and_accounts_pass_the_check_of_their_kind() -> None:
    for n in range(50):
        card = stand_in("4111111111111111", bytes([n]) * 32) or ""
        digits = [int(sign) for sign in card.replace(" ", "")][::-1]
        assert sum(d if at % 2 == 0 else sum(divmod(2 * d, 10)) for at, d in enumerate(digits)) % 10 == 0
        account = stand_in("DE89370400440532013000", bytes([n]) * 32) or ""
        assert int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97 == 1


def replacing(**more: Any) -> Any:
    rules = [rule("detector", what="EMAIL", method="replace", label="Mail", **more)]
    return policy_with(*rules, rule("words", what=["Zebra9x"], method="replace", id="r2"))


def test_replaced_values_are_known_as_masked_in_a_session_with_the_rule_only() -> None:
    given = session(
        focus(window={"title": f"{EMAIL} - Mail"}), insert(f"to {EMAIL}, cc bob@lee.org, {EMAIL} Zebra9x")
    )
    lines, report = redact_session(given, replacing(), hash_key=KEY)
    first, second, third = re.findall(r"\S+@example\.com", lines[2]["text"])
    assert (first, EMAIL in str(lines)) == (third, False)
    assert first != second
    assert lines[1]["window"]["title"] == f"{first} - Mail"
    assert lines[2]["text"].endswith(" [PROJECT]")
    assert lines[2]["masks"][0] == {
        "field": "text",
        "label": "MAIL",
        "rule": "r1",
        "method": "replace",
        "confidence": 95,
    }
    assert scan_session(lines, replacing()) == []
    assert redact_session(lines, replacing(), hash_key=OTHER)[0] == lines
    assert scan_session(lines, policy_with()) != []
    assert report.as_dict()["rules"][0]["method"] == "replace"
    assert first not in str(redact_session(given, replacing(), hash_key=OTHER)[0])


def test_without_a_key_replacing_is_masking_and_nothing_hides_beside_a_stand_in() -> None:
    lines, _ = redact_session(session(focus(), insert(f"to {EMAIL} now")), replacing())
    assert written(lines) == "to [MAIL] now"
    one = stand_in(EMAIL, KEY)
    for text in (f"x{one}", f"{one}.de", f"a.{one}"):
        assert scan_session(session({**focus(), "t": 0}, {**insert(text), "t": 0}), replacing()) != []


def test_a_rule_may_look_at_one_path_only() -> None:
    only = policy_with(rule("words", what=["Zebra"], paths=["$.target.id"]))
    lines, _ = redact_session(
        session(focus(window={"title": "Zebra"}), click("Zebra", id="Zebra"), insert("Zebra")), only
    )
    assert lines[1]["window"]["title"] == lines[2]["target"]["name"] == written(lines) == "Zebra"
    assert lines[2]["target"]["id"] == "[PROJECT]"
    assert tuple(FIELD_OF) == PATHS
    wider = policy_with(rule("words", what=["Zebra"]))
    assert policy.direction(wider, only) == policy.direction(only, wider) == "wider"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/ann/x.txt", "/home/[USER]/x.txt"),
        ("C:\\Users\\Ann Lee\\Desktop", "C:\\Users\\[USER]\\Desktop"),
        ("open D:\\Users\\ann", "open D:\\Users\\[USER]"),
        ("file:///home/ann/x", "file:///home/[USER]/x"),
        ("ann@laptop: ~/src", "[USER]@laptop: ~/src"),
        ("/home/user/x and /Users/Shared/y", "/home/user/x and /Users/Shared/y"),
        ("https://x.example/users/42/edit", "https://x.example/users/42/edit"),
        ("plain", "plain"),
    ],
)
def test_names_of_accounts_in_paths_are_masked_once(text: str, left: str) -> None:
    assert mask_accounts(text)[0] == left
    assert mask_accounts(left)[0] == left


def test_names_of_accounts_go_from_titles_and_from_typing() -> None:
    lines, _ = redact_session(
        session(focus(window={"title": "/home/qxann/a.txt - Editor"}), insert("cd /home/qxann/x ")),
        policy_with(),
    )
    assert lines[1]["window"]["title"] == "/home/[USER]/a.txt - Editor"
    assert written(lines) == "cd /home/[USER]/x "
    assert scan_session(lines, policy_with()) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Contract_Maria_Lopez.pdf - Reader", "Contract_[PERSON].pdf - Reader"),
        ("offer-[PERSON]-[CREDIT_CARD].pdf", "offer-[PERSON]-[CREDIT_CARD].pdf"),
        ("Maria_Lopez without an ending", "Maria_Lopez without an ending"),
        ("plan_of_work.xlsx", "plan_of_work.xlsx"),
    ],
)
def test_words_joined_in_names_of_files_are_read_as_words(text: str, left: str) -> None:
    def find(reading: str) -> list[Span]:
        at, low = reading.find("Maria Lopez"), reading.find("work")
        surely = [Span(at, at + 11, "PERSON", "detector.PERSON", "mask", 0.9)] if at >= 0 else []
        hardly = [Span(low, low + 4, "PERSON", "detector.PERSON", "mask", 0.3)] if low >= 0 else []
        return [*surely, *hardly]

    masked, spans = mask_file_names(text, find)
    assert masked == left
    assert len(spans) == (masked != text)
    assert mask_file_names(masked, find) == (masked, [])


def test_titles_with_names_of_files_are_searched_so() -> None:
    lines, _ = redact_session(
        session(focus(window={"title": "Contract_Maria_Lopez.pdf - Reader"})), policy_with()
    )
    assert "Lopez" not in lines[1]["window"]["title"]
    assert scan_session(lines, policy_with()) == []


def test_times_of_typing_lie_on_a_grid_in_the_same_order() -> None:
    move: Line = {"type": "mouse_move", "x": 1, "y": 1}
    a, b, c = (keys(key)[0] for key in "abc")
    events = [{**a, "t": 37}, {**b, "t": 412}, {**move, "t": 3_777}, {**insert("x"), "t": 3_900}]
    events += [{**c, "t": 5_999}, {**move, "t": 6_001}]
    told = coarsened(events)
    assert [event["t"] for event in told] == [0, 0, 3_777, 3_777, 5_000, 6_001]
    assert coarsened(told) == told
    assert GRID_MS == 1_000
    lines, _ = redact_session(session(focus(), *events), policy_with())
    assert [line["t"] for line in lines[2:]] == [0, 0, 3_777, 3_777, 5_000, 6_001]


def test_a_row_of_a_report_tells_codes_and_counts() -> None:
    row = Row()
    row.add(Span(0, 1, "A", "r", "mask", 0.912, "luhn"))
    row.add(Span(0, 1, "A", "r", "hash"))
    assert row.as_dict() == {"method": "hash.mask", "confidence": 91, "validator": "luhn"}
    assert (percent(-1.0), percent(2.0)) == (0, 100)
    assert explained("text", Span(0, 1, "A", "r", "hash", 0.5, "luhn")) == {
        "field": "text",
        "label": "A",
        "rule": "r",
        "method": "hash",
        "validator": "luhn",
        "confidence": 50,
    }


def test_masks_keep_only_what_this_program_writes_about_them() -> None:
    ours = {
        "field": "text",
        "label": "EMAIL",
        "rule": "detector.EMAIL",
        "method": "hash",
        "validator": "luhn",
        "confidence": 9,
    }
    odd = {**ours, "method": "sing", "validator": "Ann Lee", "confidence": "high"}
    lines, _ = redact_session(session({**insert("a"), "masks": [ours, odd]}), policy_with())
    assert lines[1]["masks"] == [ours, {name: ours[name] for name in ("field", "label", "rule")}]


def test_an_event_that_cannot_be_followed_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    true = following.Following._text

    def breaks(self: following.Following, index: int, event: Line) -> None:
        if event["text"] == "odd":
            raise RuntimeError(event["text"])
        true(self, index, event)

    monkeypatch.setattr(following.Following, "_text", breaks)
    lines, report = redact_session(session(focus(), insert("odd"), insert("fine")), policy_with())
    assert written(lines) == "fine"
    assert (report.blanked, report.dropped["failed"]) == (1, 1)
    assert "odd" not in str(report.as_dict())


def test_an_event_that_cannot_be_reduced_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    true = reduced_event

    def breaks(event: Line, *rest: Any) -> Line:
        if event["type"] == "mouse_down":
            raise RuntimeError
        return true(event, *rest)

    monkeypatch.setattr(session_pass, "reduced_event", breaks)
    lines, report = redact_session(session(focus(), click("a b"), insert("fine")), policy_with())
    assert [line["type"] for line in lines[1:]] == ["focus", "text"]
    assert report.blanked == 1


def test_where_typing_cannot_be_searched_at_the_end_all_of_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(following.Following, "_hide_clicks", breaks)
    lines, report = redact_session(session(focus(), insert("odd"), *keys("ab")), policy_with())
    assert (typed(lines), written(lines), report.blanked) == ("", "", 5)

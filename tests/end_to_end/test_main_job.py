"""The main job on real processes, from a new release to the proof that nothing planted is left anywhere."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mci_core.samples import CUSTOMERS
from tests.end_to_end.company import Company, planted_values

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(400)]
ALLOWED = {"desk", "excel", "editor", "mail"}
STEPS = {
    "capture_policies.put_entry",
    "capture_policies.submit_draft",
    "capture_policies.approve_version",
    "capture_policies.start_rollout",
    "agents.enrol_device",
    "agents.renew_lease",
    "agents.record_acks",
    "capture_sessions.begin_upload",
    "capture_sessions.accept_upload",
    "capture_sessions.record_scan",
    "reviews.commit_sample",
    "reviews.draw_sample",
    "reviews.open_grant",
    "reviews.record_view",
    "reviews.record_review",
    "privacy_requests.submit_request",
    "privacy_requests.approve_request",
    "privacy_requests.advance_erasure",
    "capture_sessions.erase_sessions",
    "accounts.destroy_person_keys",
    "agents.order_purge",
}


class Story:
    """What the tests of this module share: one company after its first day."""

    def __init__(self, company: Company, recordings: list[Path], homes: list[Path]) -> None:
        self.company, self.recordings, self.homes = company, recordings, homes
        self.values = sorted({value for folder in recordings for value in planted_values(folder)})
        self.opened: list[dict[str, Any]] = []


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A release is rolled out to two agents, which then replay recordings with planted secrets."""
    with Company(tmp_path_factory.mktemp("co")) as company:
        homes = [company.enrol(number) for number in range(2)]
        recordings = [company.recordings(f"planted-{n}", minutes="1.5") for n in range(2)]
        release = company.act("new_release", "crm")
        company.act("tell_everybody")
        company.act("roll_out", str(release["number"]))
        for home, folder in zip(homes, recordings, strict=True):
            company.start_agent(home, folder, "--speed", "0")
        company.until(
            lambda: all(d["applied_release"] == release["number"] for d in company.act("devices")),
            what="every agent applies the release",
        )
        company.settled_sessions(2)
        made = Story(company, recordings, homes)
        made.opened = company.act("opened")
        yield made


def test_recordings_hold_planted_values_before_redaction(story: Story) -> None:
    raw = "".join(path.read_text() for f in story.recordings for path in f.glob("*[0-9a-f].jsonl"))
    assert len(story.values) > 10
    assert sum(value in raw for value in story.values) > 5


def test_nothing_planted_is_in_database_blobs_logs_or_valkey(story: Story) -> None:
    company = story.company
    places = [
        *company.database_bytes(),
        *company.valkey_bytes(),
        *company.files(company.stack.var / "blobs", company.stack.var / "log", *story.homes),
        *(
            (f"opened {n}", json.dumps(one, ensure_ascii=False).encode())
            for n, one in enumerate(story.opened)
        ),
    ]
    assert len(places) > 50
    # Customers' names stand in the rule that masks them; that they are nowhere else is the last test but one.
    secret = [value for value in story.values if value not in CUSTOMERS]
    leaks = [(value, where) for value in secret for where, data in places if value.encode() in data]
    assert leaks == []


def test_nothing_planted_can_be_spelled_from_stored_keys(story: Story) -> None:
    for session in story.opened:
        pressed = [e for e in session["events"] if e["type"] == "key" and e["state"] == "down"]
        typed = "".join(e["key"] if len(e["key"]) == 1 else " " for e in pressed)
        assert [value for value in story.values if value in typed] == []


def test_events_that_the_policy_does_not_allow_are_absent(story: Story) -> None:
    events = [event for session in story.opened for event in session["events"]]
    assert {event["entry"] for event in events} <= ALLOWED
    assert len({event["entry"] for event in events}) > 1
    mail = [event["type"] for event in events if event["entry"] == "mail"]
    assert "text" not in mail
    assert "screenshot" not in mail


def test_frames_are_stored_and_painted_where_something_was_found(story: Story) -> None:
    painted = 0
    for session in story.opened:
        shots = [event for event in session["events"] if event["type"] == "screenshot"]
        assert len(shots) >= len(session["frames"])
        images = [Image.open(io.BytesIO(base64.b64decode(frame))) for frame in session["frames"]]
        by_size = {(image.width, image.height) for image in images}
        assert all((shot["width"], shot["height"]) in by_size for shot in shots)
        painted += sum(bool(shot["masked"]) for shot in shots)
    assert painted > 0


def test_no_customer_is_named_in_what_is_stored(story: Story) -> None:
    text = json.dumps(story.opened, ensure_ascii=False)
    assert [name for name in CUSTOMERS if name in text] == []


def test_the_person_who_asks_is_erased_and_every_step_is_in_the_log(story: Story) -> None:
    company = story.company
    seen = company.act("review")
    request = company.act("erase", seen["subject"])["request"]
    company.until(lambda: company.act("erasure", request)["state"] == "done", what="the erasure")
    company.until(lambda: "done" in company.act("erasure", request)["purges"], what="the purge on the device")
    left = company.act("erasure", request)
    assert left["states"] == ["erased"]
    assert left["objects"] > 0
    assert left["files_left"] == 0
    assert left["living_keys"] == 0
    assert left["receipt_ok"]
    company.until(lambda: company.act("erasure", request)["proof"], what="the proof in the receipt")
    assert set(company.act("audit_actions")) >= STEPS

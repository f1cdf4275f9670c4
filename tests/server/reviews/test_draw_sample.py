"""A sample is committed before it is drawn, can be repeated by anybody, and cannot be pointed at a person."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from capture_sessions.models import CaptureSession
from mci_core.errors import Conflict, Forbidden, Invalid
from reviews import actions, sampling, tasks
from reviews.forms import SampleForm
from reviews.models import Sample, SampleItem
from reviews.serializers import NewSampleSerializer
from tests.server import looks, recordings
from tests.server.capture_sessions.support import logged
from tests.server.cast import Cast
from tests.server.conftest import Queued

DAY = timedelta(days=1)
TODAY = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)


def commit(cast: Cast, **changes: Any) -> Sample:
    fields = {"purpose": "redaction_quality", "size": 5, "window_from": TODAY - DAY, "window_to": TODAY + DAY}
    return actions.commit_sample(**{**fields, **changes}, actor=cast.actor("officer"))


def draw(cast: Cast, sample: Sample) -> Sample:
    return actions.draw_sample(sample=sample, actor=cast.system())


def test_the_seed_is_committed_before_the_draw_and_told_to_nobody(cast: Cast, work: Queued) -> None:
    sample = looks.committed(cast)
    assert (sample.seed, sample.drawn_at, sample.items.count()) == ("", None, 0)
    assert logged("reviews.commit_sample")[-1]["commitment"] == sample.seed_commitment
    assert work.calls == [("reviews.tasks.draw_sample", (str(sample.pk),))]
    shown = cast.api("officer").get(f"/api/v1/samples/{sample.pk}/").json()
    assert (shown["seed"], shown["seed_commitment"]) == ("", sample.seed_commitment)
    assert "sealed_seed" not in shown
    work.run_all()
    sample.refresh_from_db()
    assert sampling.commitment(sample.seed) == sample.seed_commitment
    assert bytes(sample.sealed_seed) == b""


def test_anybody_can_repeat_the_draw_from_what_was_revealed(cast: Cast) -> None:
    for number in range(7):
        session = recordings.available(cast)
        CaptureSession.objects.filter(pk=session.pk).update(os=("linux", "windows")[number % 2])
    sample = draw(cast, looks.committed(cast, size=3))
    population = [
        sampling.Candidate(pk, f"{os}, release {release}")
        for pk, os, release in CaptureSession.objects.values_list("pk", "os", "release_number")
    ]
    facts = logged("reviews.draw_sample")[-1]
    again = sampling.draw(facts["seed"], population, 3)
    items = SampleItem.objects.filter(sample=sample).order_by("position")
    assert [candidate.id for candidate in again] == [item.session_id for item in items]
    assert [item.position for item in items] == [1, 2, 3]
    assert facts["population"] == 7
    assert facts["population_digest"] == sampling.population_digest(population) == sample.population_digest
    assert sampling.commitment(facts["seed"]) == logged("reviews.commit_sample")[-1]["commitment"]


def test_drawing_again_changes_nothing(cast: Cast) -> None:
    sample = looks.drawn(cast)
    before = list(sample.items.values_list("pk", flat=True))
    recordings.available(cast)
    assert list(draw(cast, sample).items.values_list("pk", flat=True)) == before
    assert tasks.draw_sample(str(sample.pk)) == 1
    assert len(logged("reviews.draw_sample")) == 1


def test_only_what_was_there_at_the_commitment_is_drawn(cast: Cast) -> None:
    """Otherwise a session could be uploaded, or held back, with the seed in mind."""
    recordings.received(cast)
    recordings.quarantined(cast)
    early = recordings.available(cast)
    outside = recordings.available(cast)
    CaptureSession.objects.filter(pk=outside.pk).update(received_at=TODAY - 9 * DAY)
    sample = looks.committed(cast)
    recordings.available(cast)
    assert [item.session_id for item in draw(cast, sample).items.all()] == [early.pk]


def test_nothing_in_the_request_for_a_sample_can_name_a_person(cast: Cast) -> None:
    allowed = {"purpose", "size", "window_from", "window_to"}
    assert set(inspect.signature(actions.commit_sample).parameters) == allowed | {"actor"}
    assert set(NewSampleSerializer().fields) == allowed
    assert set(SampleForm().fields) == {"purpose", "size", "first_day", "last_day"}
    session = looks.drawn(cast).items.get().session
    stratum = SampleItem.objects.get().stratum
    assert stratum == f"linux, release {session.release_number}"


def test_other_parameters_of_a_request_change_nothing(cast: Cast) -> None:
    recordings.available(cast)
    body = {"purpose": "redaction_quality", "size": 3, "window_from": TODAY - DAY, "window_to": TODAY + DAY}
    aimed = {
        "subject": str(cast.subject().pk),
        "device": str(cast.device.pk),
        "session": "x",
        "seed": "0" * 64,
    }
    answer = cast.api("officer").post("/api/v1/samples/", {**body, **aimed}, format="json")
    assert answer.status_code == 201
    made = Sample.objects.get()
    assert made.seed_commitment != sampling.commitment("0" * 64)
    assert draw(cast, made).population == 1


@pytest.mark.parametrize("shift", [timedelta(minutes=1), timedelta(hours=1), timedelta(microseconds=1)])
def test_a_window_covers_whole_days(cast: Cast, shift: timedelta) -> None:
    """Whoever knows when somebody works could cut out the minutes of that person's upload."""
    for changes in ({"window_from": TODAY - DAY + shift}, {"window_to": TODAY + shift}):
        with pytest.raises(Invalid) as caught:
            commit(cast, **changes)
        assert caught.value.field == "window_from"


def test_what_cannot_be_a_sample_is_refused_with_its_field(cast: Cast) -> None:
    for field, changes in (
        ("size", {"size": 0}),
        ("size", {"size": 501}),
        ("window_to", {"window_to": TODAY - DAY}),
        ("window_to", {"window_to": TODAY - 3 * DAY}),
        ("window_to", {"window_from": TODAY - 93 * DAY, "window_to": TODAY}),
        ("purpose", {"purpose": "performance"}),
    ):
        with pytest.raises(Invalid) as caught:
            commit(cast, **changes)
        assert caught.value.field == field, changes
    assert not Sample.objects.exists()


def test_only_those_who_look_may_draw(cast: Cast) -> None:
    for who in ("admin", "auditor", "employee"):
        with pytest.raises(Forbidden):
            looks.committed(cast, who=who)


def test_an_exchanged_seed_is_noticed_and_stops_no_other_sample(cast: Cast) -> None:
    broken, whole = looks.committed(cast), looks.committed(cast)
    Sample.objects.filter(pk=broken.pk).update(seed_commitment="0" * 64)
    with pytest.raises(Conflict) as caught:
        draw(cast, broken)
    assert caught.value.code == "seed_mismatch"
    Sample.objects.filter(pk=broken.pk).update(sealed_seed=b"\0" * 80)
    assert tasks.sweep_samples() == 2
    whole.refresh_from_db()
    broken.refresh_from_db()
    assert (whole.drawn_at is not None, broken.drawn_at) == (True, None)


def test_a_lost_message_is_made_up_for_by_the_sweep(cast: Cast) -> None:
    sample = looks.committed(cast)
    assert tasks.draw_sample("00000000-0000-4000-8000-000000000000") == 0
    assert tasks.sweep_samples() == 1
    sample.refresh_from_db()
    assert sample.drawn_at is not None
    assert tasks.sweep_samples() == 0

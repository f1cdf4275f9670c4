"""The page of key epochs: every day's key, its state and its end; counts only, for those who may see it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.keys import new_data_key
from accounts.models import KeyEpoch, PersonKey
from audits import epoch_keys
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db
PAGE = "/key-epochs/"


@pytest.fixture
def days(cast: Cast, settings: Any, tmp_path: Path) -> dict[str, KeyEpoch]:
    """One epoch that was destroyed, one that ends and one that is active."""
    settings.EPOCHS_DIR = tmp_path
    settings.KEY_EPOCH_GRACE_HOURS = 6
    PersonKey.objects.all().delete()
    KeyEpoch.objects.all().delete()
    now = timezone.now()
    found = {
        "destroyed": KeyEpoch(number=401, destroyed_at=now - timedelta(hours=20)),
        "ending": KeyEpoch(number=402, emptied_at=now - timedelta(hours=2)),
        "active": KeyEpoch(number=403),
    }
    for place, (state, epoch) in enumerate(found.items()):
        epoch.state, epoch.day = state, now.date() - timedelta(days=2 - place)
        epoch.save()
        if state != "destroyed":
            epoch_keys.make(epoch.number)
    new_data_key(cast.subject())
    return found


def shown(cast: Cast, query: str = "") -> list[int]:
    return [row.number for row in cast.client("auditor").get(PAGE + query).context["page_obj"]]


def test_each_day_says_its_state_its_keys_and_when_its_copies_die(
    cast: Cast, days: dict[str, KeyEpoch]
) -> None:
    page = cast.client("auditor").get(PAGE)
    active, ending, destroyed = page.context["page_obj"]
    living = PersonKey.objects.count()
    assert (active.keys, active.fixed, active.key_is_there) == (living, False, True)
    assert living > 0
    assert ending.fixed
    emptied = days["ending"].emptied_at
    assert emptied is not None
    assert ending.destroyed == emptied + timedelta(hours=6)
    assert destroyed.destroyed == days["destroyed"].destroyed_at
    assert not destroyed.key_is_there
    assert page.context["warnings"] == []
    text = page.content.decode()
    assert text.count("not before <time") == 1
    assert "Wait for the key of today" in text


def test_it_names_nobody_and_shows_no_key(cast: Cast, days: dict[str, KeyEpoch]) -> None:
    text = cast.client("officer").get(PAGE).content.decode()
    hidden = {epoch_keys.key(403).hex()}
    for row in PersonKey.objects.select_related("subject"):
        hidden |= {str(row.pk), str(row.subject_id), row.subject.pseudonym}
    assert len(hidden) > 3
    assert [word for word in hidden if word in text] == []
    assert text.split("<main")[1].split("</main>")[0].count("<form") == 1, "the filters, and nothing to press"


def test_a_key_that_is_missing_is_said_first(cast: Cast, days: dict[str, KeyEpoch]) -> None:
    (epoch_keys.folder() / "epoch-000403.key").unlink()
    text = cast.client("admin").get(PAGE).content.decode()
    assert "The key of epoch 403 is not in EPOCHS_DIR" in text
    assert "Missing" in text


def test_days_are_searched_filtered_and_sorted(cast: Cast, days: dict[str, KeyEpoch]) -> None:
    today = days["active"].day
    assert shown(cast) == [403, 402, 401]
    assert shown(cast, "?sort=day") == [401, 402, 403]
    assert shown(cast, "?sort=-keys")[0] == 403
    assert shown(cast, "?state=ending") == [402]
    assert shown(cast, f"?q={today.isoformat()}") == [403]
    assert shown(cast, "?q=401") == [401]
    assert shown(cast, f"?until={(today - timedelta(days=1)).isoformat()}") == [402, 401]
    assert shown(cast, f"?since={today.isoformat()}") == [403]
    assert "Nothing matches" in cast.client("admin").get(f"{PAGE}?q=never").content.decode()


def test_a_long_past_has_pages_and_none_at_all_says_so(cast: Cast, days: dict[str, KeyEpoch]) -> None:
    first = date(2026, 1, 1)
    KeyEpoch.objects.bulk_create(
        KeyEpoch(
            number=number,
            day=first + timedelta(days=number),
            state="destroyed",
            destroyed_at=timezone.now() - timedelta(days=300 - number),
        )
        for number in range(1, 60)
    )
    assert len(shown(cast)) == 25
    assert shown(cast, "?page=3")[-1] == 1
    PersonKey.objects.all().delete()
    KeyEpoch.objects.all().delete()
    assert "No key epoch yet" in cast.client("auditor").get(PAGE).content.decode()


def test_it_costs_few_queries_however_many_days_there_are(
    cast: Cast, days: dict[str, KeyEpoch], django_assert_max_num_queries: Any
) -> None:
    client = cast.client("auditor")
    client.get(PAGE)
    with django_assert_max_num_queries(16):
        client.get(PAGE)


@pytest.mark.parametrize("name", ["ml", "employee"])
def test_others_find_no_such_page(cast: Cast, name: str) -> None:
    assert cast.client(name).get(PAGE).status_code == 404
    assert "Key epochs" not in cast.client(name).get("/").content.decode()

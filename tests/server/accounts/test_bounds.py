"""What must not grow for good: rows of sign-ins that are over, and the rows that one request counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django import forms
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertHTMLEqual

from accounts import api_bounds, tasks
from accounts.forms import LongSelect, RoleRequestForm
from accounts.models import User
from tests.server.cast import Cast


def test_a_sign_in_that_has_run_out_is_forgotten_and_no_other(cast: Cast) -> None:
    client = cast.client("officer")
    Session.objects.create(
        session_key="over", session_data="", expire_date=timezone.now() - timedelta(minutes=1)
    )
    assert tasks.forget_sign_ins() == 1
    assert not Session.objects.filter(session_key="over").exists()
    assert client.get("/requests/").status_code == 200
    assert tasks.forget_sign_ins() == 0


def test_an_api_list_counts_no_further_than_it_can_be_paged(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = User.objects.count()
    assert cast.api("admin").get("/api/v1/users/").data["count"] == everybody
    monkeypatch.setattr(api_bounds, "MAX_OFFSET", 2)
    monkeypatch.setattr(api_bounds, "MAX_PAGE", 1)
    with CaptureQueriesContext(connection) as seen:
        answer = cast.api("admin").get("/api/v1/users/?limit=1&offset=1").data
    assert (answer["count"], len(answer["results"])) == (3, 1)
    assert answer["next"].endswith("offset=2")
    counts = [query["sql"] for query in seen.captured_queries if "COUNT(*)" in query["sql"]]
    assert counts
    assert all("LIMIT 3" in text for text in counts)


def test_a_list_that_is_no_query_is_counted_as_it_is() -> None:
    assert api_bounds.BoundedPages().get_count([1, 2, 3]) == 3


def test_a_long_select_is_what_django_renders_and_escapes(cast: Cast) -> None:
    User.objects.filter(pk=cast.employee.pk).update(display_name='<b>"O\'Neil" & Co</b>')
    field = RoleRequestForm(initial={"user": str(cast.officer.pk)})["user"]
    quick, slow = str(field), field.as_widget(widget=_plain(field.field))
    assert isinstance(field.field.widget, LongSelect)
    assert "<b>" not in quick
    assertHTMLEqual(quick, slow)
    assert quick.count(" selected") == 1


def _plain(field: forms.Field) -> forms.Select:
    widget = forms.Select(attrs=field.widget.attrs)
    widget.choices = field.widget.choices
    widget.is_required = field.required
    return widget

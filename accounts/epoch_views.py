"""The page of key epochs: looking only. What changes them is beat, or an operator at the server."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.forms import DateInput
from django_filters import ChoiceFilter, DateFilter, FilterSet

from accounts import epoch_status
from accounts.access import StaffPage
from accounts.models import EpochState, KeyEpoch
from audits.listing import Column, Empty, ListPage

STATES = [(state.value, state.name.capitalize()) for state in EpochState]


class KeyEpochFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    state = ChoiceFilter(choices=STATES, label="State", empty_label="Any state")
    since = DateFilter("day", "gte", label="From", widget=DateInput(attrs={"type": "date"}))
    until = DateFilter("day", "lte", label="Until", widget=DateInput(attrs={"type": "date"}))

    class Meta:
        model = KeyEpoch
        fields = ("state",)


class KeyEpochList(StaffPage, ListPage):
    permission = "accounts.view_key_epochs"
    template_name = "accounts/key_epoch_list.html"
    columns = (
        Column("Day (UTC)", sort="day"),
        Column("State", sort="state"),
        Column("Epoch", sort="number", numeric=True),
        Column("Person keys under it", sort="keys", numeric=True),
        Column("Copies of that day die"),
        Column("Key file"),
    )
    sorts = {"day": "day", "state": "state", "number": "number", "keys": "living_keys"}
    default_sort = "-number"
    filterset_class = KeyEpochFilter
    search_fields = ("day", "number")
    search_label = "Search day or epoch"
    noun = "key epoch"
    empty = Empty("No key epoch yet", "The first one begins with the first person.", icon="lock")

    def get_queryset(self) -> QuerySet[KeyEpoch]:
        return epoch_status.listed()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            counts=epoch_status.counts(), warnings=epoch_status.warnings(), **kwargs
        )
        page = context["page_obj"]
        page.object_list = [epoch_status.row_of(epoch) for epoch in page.object_list]
        return context

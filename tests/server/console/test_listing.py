"""The list recipe: search, filters, sort and pages in few queries, whatever the address says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest
from django.db.models import QuerySet
from django.test import RequestFactory
from django_filters import CharFilter, ChoiceFilter, FilterSet

from accounts.models import Department
from audits import listing
from audits.listing import Column, Empty, ListPage

pytestmark = pytest.mark.django_db


class Filters(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    name = ChoiceFilter(choices=[("Group 01", "First")])
    part = CharFilter(field_name="name", lookup_expr="contains")

    class Meta:
        model = Department
        fields = ("name",)


class Departments(ListPage):
    template_name = "components/list_page.html"
    columns: ClassVar = (Column("Name", sort="name"), Column("Key", sort="key"), Column("Other"))
    sorts: ClassVar = {"name": "name", "key": "id"}
    default_sort = "-name"
    filterset_class: ClassVar[type[FilterSet] | None] = Filters
    search_fields: ClassVar[Sequence[str]] = ("name",)
    noun = "department"
    page_size = 10
    empty = Empty("No departments", url_name="account_login", label="Make one")

    def get_queryset(self) -> QuerySet[Department]:
        return Department.objects.filter(name__startswith="Group ")


class Plain(Departments):
    filterset_class = None
    search_fields = ()
    default_sort = ""


@pytest.fixture(autouse=True)
def departments() -> None:
    Department.objects.bulk_create(Department(name=f"Group {number:02d}") for number in range(25))


def look(query: str = "", view: type[ListPage] = Departments) -> dict[str, Any]:
    page = view()
    page.setup(RequestFactory().get(f"/list/{query}"))
    return page.get_context_data()


def names(context: dict[str, Any]) -> list[str]:
    return [row.name for row in context["page_obj"]]


def test_first_page_is_sorted_as_the_view_says() -> None:
    context = look()
    assert names(context)[0] == "Group 24"
    assert len(names(context)) == 10
    assert context["sort"] == ""
    assert not context["narrowed"]


def test_every_word_of_the_search_must_be_found() -> None:
    assert names(look("?q=group+07")) == ["Group 07"]
    assert names(look("?q=07+08")) == []
    assert look("?q=07")["narrowed"]


@pytest.mark.parametrize(
    "query", ["?q=%00", "?q=" + "x" * 5000, "?sort=%00", "?page=%00", "?page=-9", "?page=x"]
)
def test_odd_addresses_are_answered_calmly(query: str) -> None:
    look(query)


def test_unknown_sort_falls_back() -> None:
    assert names(look("?sort=password"))[0] == "Group 24"
    assert names(look("?sort=name"))[0] == "Group 00"


def test_headings_say_how_they_sort_and_where_a_click_leads() -> None:
    by_default = [(heading.toggle, heading.aria_sort) for heading in look()["headings"]]
    assert by_default == [("name", "descending"), ("key", "none"), ("", "")]
    assert look("?sort=name")["headings"][0].toggle == "-name"


def test_page_past_the_end_is_the_last_page() -> None:
    assert look("?page=99")["page_obj"].number == 3


def test_filter_narrows_and_a_wrong_one_shows_nothing_but_its_error() -> None:
    assert names(look("?name=Group+01")) == ["Group 01"]
    wrong = look("?name=nothing")
    assert names(wrong) == []
    assert wrong["filter_form"].errors
    assert wrong["narrowed"]


def test_long_lists_are_counted_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "COUNT_LIMIT", 20)
    paginator = look()["paginator"]
    assert paginator.count == 21
    assert paginator.capped


def test_list_without_search_or_filters_ignores_both() -> None:
    context = look("?q=07&name=x", Plain)
    assert len(names(context)) == 10
    assert context["filter_form"] is None
    assert not context["narrowed"]


def test_plain_sequences_are_counted_whole() -> None:
    assert listing.CappedPaginator([1, 2, 3], 2).count == 3


def test_page_costs_two_queries(django_assert_num_queries: Callable[[int], Any]) -> None:
    with django_assert_num_queries(2):
        names(look("?q=group&sort=name&page=2"))


def test_view_must_say_what_its_rows_are() -> None:
    with pytest.raises(NotImplementedError):
        ListPage().get_queryset()


def test_empty_state_leads_somewhere() -> None:
    assert Departments.empty.url == "/accounts/login/"
    assert Empty("Nothing").url == ""

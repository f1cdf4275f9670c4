"""One recipe for every list page: search, filters, sort, pages and an empty state, in few queries.

A view says what its columns, filters and words are; the rows come from a queryset that already holds the
decision who may see what. Reading a page costs one count (capped), one page of rows, and whatever the filters
load for their choices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.views.generic import TemplateView
from django_filters import FilterSet

COUNT_LIMIT = 10_000
SEARCH_LENGTH = 100
SEARCH_WORDS = 6


@dataclass(frozen=True)
class Column:
    """A heading. ``sort`` is a key of the view's ``sorts``; ``quiet`` has no visible text."""

    label: str
    sort: str = ""
    numeric: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class Empty:
    """What a list says when there is nothing in it at all, and what to do about it."""

    title: str
    text: str = ""
    icon: str = "inbox"
    url_name: str = ""
    label: str = ""

    @property
    def url(self) -> str:
        return reverse(self.url_name) if self.url_name else ""


@dataclass(frozen=True)
class Heading:
    """A column as the template shows it: where a click leads and how it is sorted now."""

    column: Column
    toggle: str = ""
    aria_sort: str = ""


if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator  # the class takes no type at run time


class CappedPaginator(AnyPaginator):
    """Counts no further than :data:`COUNT_LIMIT`: a long list is narrowed by filters, not paged through."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return int(rows.order_by()[: COUNT_LIMIT + 1].count())
        return len(rows)

    @property
    def capped(self) -> bool:
        return self.count > COUNT_LIMIT


class ListPage(TemplateView):
    """Subclass, set the words, and return the visible rows from :meth:`get_queryset`."""

    columns: ClassVar[Sequence[Column]] = ()
    sorts: ClassVar[Mapping[str, str]] = {}
    default_sort: ClassVar[str] = ""
    filterset_class: ClassVar[type[FilterSet] | None] = None
    search_fields: ClassVar[Sequence[str]] = ()
    search_label: ClassVar[str] = "Search"
    noun: ClassVar[str] = "entry,entries"
    empty: ClassVar[Empty] = Empty("Nothing here yet")
    page_size: ClassVar[int] = 25

    def get_queryset(self) -> QuerySet[Any]:
        """The rows this person may see, with ``select_related`` for what a row shows."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        filterset = self._filterset()
        rows = filterset.qs if filterset is not None else self.get_queryset()
        if filterset is not None and not filterset.is_valid():
            rows = rows.none()
        page = self._page(self._sorted(self._searched(rows)))
        return super().get_context_data(
            page_obj=page,
            paginator=page.paginator,
            page_numbers=page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
            headings=[self._heading(column) for column in self.columns],
            filter_form=filterset.form if filterset is not None else None,
            search=self._search,
            searchable=bool(self.search_fields),
            search_label=self.search_label,
            noun=self.noun,
            many_noun=self.noun.split(",")[-1] if "," in self.noun else f"{self.noun}s",
            empty_state=self.empty,
            narrowed=self._narrowed(filterset),
            sort=self._sort if self._sort != self.default_sort else "",
            **kwargs,
        )

    # ------------------------------------------------------------ search and filters
    @cached_property
    def _search(self) -> str:
        return self.request.GET.get("q", "").replace("\x00", "").strip()[:SEARCH_LENGTH]

    def _searched(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        words = self._search.split()[:SEARCH_WORDS] if self.search_fields else []
        if not words:
            return rows
        per_word = (
            reduce(or_, (Q(**{f"{name}__icontains": word}) for name in self.search_fields)) for word in words
        )
        return rows.filter(reduce(and_, per_word))

    def _filterset(self) -> FilterSet | None:
        if self.filterset_class is None:
            return None
        return self.filterset_class(self.request.GET, queryset=self.get_queryset(), request=self.request)

    def _narrowed(self, filterset: FilterSet | None) -> bool:
        names = filterset.form.fields if filterset is not None else ()
        return bool(self.search_fields and self._search) or any(self.request.GET.get(name) for name in names)

    # ------------------------------------------------------------ sort and pages
    @cached_property
    def _sort(self) -> str:
        wanted = self.request.GET.get("sort", "")
        return wanted if wanted.removeprefix("-") in self.sorts else self.default_sort

    def _sorted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if not self._sort:
            return rows if rows.ordered else rows.order_by("pk")
        sign = "-" if self._sort.startswith("-") else ""
        return rows.order_by(f"{sign}{self.sorts[self._sort.removeprefix('-')]}", f"{sign}pk")

    def _heading(self, column: Column) -> Heading:
        if not column.sort:
            return Heading(column)
        if self._sort == column.sort:
            return Heading(column, f"-{column.sort}", "ascending")
        if self._sort == f"-{column.sort}":
            return Heading(column, column.sort, "descending")
        return Heading(column, column.sort, "none")

    def _page(self, rows: QuerySet[Any, Model]) -> Page[Any]:
        return CappedPaginator(rows, self.page_size).get_page(self.request.GET.get("page"))

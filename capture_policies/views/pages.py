"""Rows that are no queryset, page by page: entries of a document and lines of a difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest

from capture_policies import differences
from mci_core.policy import Policy

PAGE = 25
WAYS = ("wider", "narrower", "neutral")
#: How many differences stand beside a draft.
FIRST = 15


def one_page(request: HttpRequest, rows: Sequence[Any], noun: str) -> dict[str, Any]:
    """A page of rows, as the components of lists want it."""
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return {
        "page_obj": page,
        "paginator": page.paginator,
        "page_numbers": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "noun": noun,
        "many_noun": noun.split(",")[-1] if "," in noun else f"{noun}s",
    }


def difference_context(request: HttpRequest, old: Policy | None, new: Policy) -> dict[str, Any]:
    """The difference in words, one page of it, only in one direction if ``?way=`` says so."""
    found = differences.between(old, new)
    way = request.GET.get("way", "")
    wanted = [line for line in found.lines if line.direction == way] if way in WAYS else found.lines
    context = one_page(request, wanted, "change")
    counts = found.counts
    return {
        **context,
        "difference": found,
        "lines": differences.shown(context["page_obj"].object_list),
        "ways": [(name, counts[name], name == way) for name in WAYS if counts[name]],
        "way": way,
    }


def first_differences(old: Policy | None, new: Policy | None) -> dict[str, Any]:
    """The first lines of a difference, and how many there are besides; none while ``new`` is no policy."""
    found = differences.between(old, new) if new is not None else differences.Difference([])
    return {
        "difference": found,
        "lines": differences.shown(found.lines[:FIRST]),
        "more": max(0, len(found.lines) - FIRST),
    }

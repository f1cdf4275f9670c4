"""Reads of reviews: who may see which sample, grant and look."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts import permissions
from reviews.models import Finding, Review, Sample, SampleItem, View, ViewGrant

#: Which purpose a role looks for; see reviews.actions.grants.
_PURPOSES = {"privacy_officer": "redaction_quality", "ml_staff": "data_quality"}


def samples_visible_to(user: Any) -> QuerySet[Sample]:
    """Samples drawn for a purpose of one of the user's roles."""
    purposes = [purpose for role, purpose in _PURPOSES.items() if role in permissions.roles_of(user)]
    items = SampleItem.objects.filter(sample=OuterRef("pk")).order_by().values("sample")
    judged = items.filter(Exists(Review.objects.filter(item=OuterRef("pk"))))
    # Counted for the samples of a page, not by joining everything that was ever drawn.
    return Sample.objects.filter(purpose__in=purposes).annotate(drawn=_count(items), reviewed=_count(judged))


def _count(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number")), 0)


def items_visible_to(user: Any) -> QuerySet[SampleItem]:
    """Items of those samples."""
    return SampleItem.objects.filter(sample__in=samples_visible_to(user).values("pk")).select_related(
        "sample", "session"
    )


def grants_of(user: Any) -> QuerySet[ViewGrant]:
    """The user's own grants: a grant is for one pair of eyes."""
    return ViewGrant.objects.filter(viewer=user.pk).select_related("session", "item__sample")


def findings_visible_to(user: Any) -> QuerySet[Finding]:
    """All findings for the roles that work on them."""
    if not permissions.has(user, "reviews.view_findings"):
        return Finding.objects.none()
    return Finding.objects.all()


def looks_at(user: Any) -> QuerySet[ViewGrant]:
    """Who was given leave to look at this person's sessions, with how often it was used."""
    return (
        ViewGrant.objects.filter(session__subject__user=user.pk)
        .select_related("session")
        .annotate(looks=Count("views"))
    )


def views_of(grant: ViewGrant) -> QuerySet[View]:
    """Each look under one grant, oldest first."""
    return grant.views.order_by("at", "pk")

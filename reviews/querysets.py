"""Reads of reviews: who may see which sample, grant and look."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet

from accounts import permissions
from reviews.models import Finding, Sample, SampleItem, View, ViewGrant

#: Which purpose a role looks for; see reviews.actions.grants.
_PURPOSES = {"privacy_officer": "redaction_quality", "ml_staff": "data_quality"}


def samples_visible_to(user: Any) -> QuerySet[Sample]:
    """Samples drawn for a purpose of one of the user's roles."""
    purposes = [purpose for role, purpose in _PURPOSES.items() if role in permissions.roles_of(user)]
    return Sample.objects.filter(purpose__in=purposes).annotate(
        drawn=Count("items", distinct=True), reviewed=Count("items__reviews__item", distinct=True)
    )


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
    return Finding.objects.select_related("session")


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

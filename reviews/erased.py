"""What looking at sessions left behind that goes with them: comments, resolutions and hashes of values."""

from __future__ import annotations

from django.db.models import Q

from accounts.derived import Scope
from reviews.models import Finding, Review


def words_about(scope: Scope) -> int:
    """That somebody looked, why and with which verdict stays: the person may ask for it."""
    comments = Review.objects.filter(item__session__in=scope.sessions).exclude(comment="")
    findings = Finding.objects.filter(session__in=scope.sessions).exclude(Q(value_hmac="") & Q(resolution=""))
    return comments.update(comment="") + findings.update(value_hmac="", resolution="")

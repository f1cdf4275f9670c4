"""Routes of reviews. A grant opens the inspector to the person who holds it and to nobody else."""

from __future__ import annotations

from typing import Any

from tests.server import looks
from tests.server.access.matrix import EVERYBODY, STAFF, Row
from tests.server.cast import Cast

LOOKING = {"privacy_officer", "ml_staff"}
OFFICER = {"privacy_officer"}


def _sample(cast: Cast) -> dict[str, Any]:
    return {"pk": looks.drawn(cast).pk}


def _item(cast: Cast) -> dict[str, Any]:
    return {"pk": looks.item(cast).pk}


def _grant(cast: Cast) -> dict[str, Any]:
    return {"pk": looks.looked(cast).pk}


def _frame(cast: Cast) -> dict[str, Any]:
    grant = looks.looked(cast)
    return {"pk": str(grant.pk), "sha256": grant.session.blobs.get(kind="frame").sha256}


def _finding(cast: Cast) -> dict[str, Any]:
    return {"pk": looks.finding(cast).pk}


ROWS = [
    Row("reviews:sample_list", "GET", LOOKING),
    Row("reviews:sample_new", "GET", LOOKING),
    Row("reviews:sample_new", "POST", LOOKING),
    Row("reviews:sample_detail", "GET", OFFICER, kwargs=_sample),
    Row("reviews:item_detail", "GET", OFFICER, kwargs=_item),
    Row("reviews:item_detail", "POST", OFFICER, kwargs=_item),
    Row("reviews:grant_inspect", "GET", OFFICER, kwargs=_grant),
    Row("reviews:grant_frame", "GET", OFFICER, kwargs=_frame),
    Row("reviews:grant_verdict", "POST", OFFICER, kwargs=_grant),
    Row("reviews:grant_close", "POST", OFFICER, kwargs=_grant),
    Row("reviews:finding_list", "GET", LOOKING | {"admin"}),
    Row("reviews:finding_detail", "GET", LOOKING | {"admin"}, kwargs=_finding),
    Row("reviews:finding_close", "POST", OFFICER, kwargs=_finding),
    Row("reviews:report", "GET", STAFF),
    Row("reviews_me:look_list", "GET", EVERYBODY),
    Row("reviews_me:look_detail", "GET", {"employee"}, kwargs=_grant),
    Row("reviews_api:sample-list", "GET", LOOKING),
    Row("reviews_api:sample-list", "POST", LOOKING),
    Row("reviews_api:sample-detail", "GET", OFFICER, kwargs=_sample),
    Row("reviews_api:sample-items", "GET", OFFICER, kwargs=_sample),
    Row("reviews_api:finding-list", "GET", LOOKING | {"admin"}),
    Row("reviews_api:finding-detail", "GET", LOOKING | {"admin"}, kwargs=_finding),
    Row("reviews_api:finding-close", "POST", OFFICER, kwargs=_finding),
]

"""Routes of privacy requests."""

from __future__ import annotations

from typing import Any

from privacy_requests.models import Erasure
from tests.server import asking
from tests.server.access.matrix import EVERYBODY, PUBLIC, Row
from tests.server.cast import Cast

READERS = {"privacy_officer", "auditor"}
OFFICER = {"privacy_officer"}


def _request(cast: Cast) -> dict[str, Any]:
    return {"pk": asking.asked(cast).pk}


def _held(cast: Cast) -> dict[str, Any]:
    return {"hold": asking.held(cast).pk, "pk": asking.asked(cast).pk}


def _done(cast: Cast) -> dict[str, Any]:
    request = asking.approved(cast)
    Erasure.objects.filter(request=request).update(receipt={"request": request.number}, step="done")
    return {"pk": request.pk}


ROWS = [
    Row("privacy_requests:request_list", "GET", READERS),
    Row("privacy_requests:request_detail", "GET", READERS, kwargs=_request),
    Row("privacy_requests:approve", "POST", OFFICER, kwargs=_request),
    Row("privacy_requests:refuse", "POST", OFFICER, kwargs=_request),
    Row("privacy_requests:finish", "POST", OFFICER, kwargs=_request),
    Row("privacy_requests:place_hold", "POST", OFFICER, kwargs=_request),
    Row("privacy_requests:lift_hold", "POST", OFFICER, kwargs=_held),
    Row("privacy_requests:receipt_keys", "GET", PUBLIC),
    Row("privacy_requests_me:home", "GET", EVERYBODY),
    Row("privacy_requests_me:request_list", "GET", EVERYBODY),
    Row("privacy_requests_me:request_new", "GET", EVERYBODY),
    Row("privacy_requests_me:request_new", "POST", EVERYBODY),
    Row("privacy_requests_me:request_detail", "GET", {"employee"}, kwargs=_request),
    Row("privacy_requests_me:withdraw", "POST", {"employee"}, kwargs=_request),
    Row("privacy_requests_me:receipt", "GET", {"employee"}, kwargs=_done),
    Row("privacy_requests_api:privacy-request-list", "GET", READERS),
    Row("privacy_requests_api:privacy-request-detail", "GET", READERS, kwargs=_request),
]

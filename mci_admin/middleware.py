"""Decides what every request carries and how an action's refusal looks on a page.

- ``RequestContext``: a request id, in the log lines, in ``request.request_id`` and in the answer; and that
  no cache keeps an answer which does not say itself that it may be kept.
- ``SignedInUser``: nothing for visitors; binds the opaque user id to the log lines.
- ``ActionErrors``: an :class:`~mci_core.errors.ActionError` that no form mapped becomes one page or,
  for htmx, one message. APIs translate their own (``mci_admin.errors.exception_handler``).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from mci_admin.errors import bad_request, html_response, problem_response
from mci_core.errors import ActionError

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
_API_PREFIXES = ("/api/", "/agent/")
GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestContext:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.match(given) else str(uuid.uuid4())
        request.request_id = request_id  # type: ignore[attr-defined]  # read by audits and by the error pages
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        response.setdefault("Cache-Control", "private, no-store")
        return response


class SignedInUser:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            structlog.contextvars.bind_contextvars(user_id=str(user.pk))
        return self.get_response(request)


class ActionErrors:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path:
            # No address of ours holds one, and no column of the database could be compared with it.
            return bad_request(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ActionError):
            return None
        if request.path.startswith(_API_PREFIXES):
            return problem_response(request, exception)
        return html_response(request, exception)

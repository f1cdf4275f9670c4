"""Decides how every error looks outside: RFC 9457 problem details on APIs, a page or a message elsewhere.

A problem has ``type``, ``title``, ``status``, ``detail``, ``code``, ``instance`` (the request id) and, where
one field is at fault, ``field``. It never repeats what was sent.
"""

from __future__ import annotations

import sys
from typing import Any

import redis
import structlog
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.utils.html import escape
from rest_framework import exceptions as rest
from rest_framework.response import Response
from rest_framework.views import set_rollback

from audits.forms_support import FORM_STATUSES, page_before
from mci_core.errors import ActionError

log = structlog.get_logger(__name__)
PROBLEM_TYPE = "application/problem+json"
#: PostgreSQL or Redis cannot be reached, or does not answer in time.
AWAY = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)
#: Asking again later may work: these say when.
RETRY = (429, 503)
TITLES = {
    400: "Bad request",
    401: "Sign in needed",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not valid",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Not available now",
}


def problem(
    status: int, code: str, detail: str, *, instance: str = "", field: str | None = None, **extra: Any
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:mci:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if instance:
        body["instance"] = f"urn:mci:request:{instance}"
    if field is not None:
        body["field"] = field
    return {**extra, **body}


def _instance(request: Any) -> str:
    return str(getattr(request, "request_id", "") or "")


def problem_from(request: Any, error: ActionError) -> dict[str, Any]:
    extra = getattr(error, "extra", None) or {}
    return problem(
        error.status, error.code, error.message, instance=_instance(request), field=error.field, **extra
    )


def problem_response(request: HttpRequest, error: ActionError) -> HttpResponse:
    """For plain Django views of the agent API; DRF views go through :func:`exception_handler`."""
    response = JsonResponse(problem_from(request, error), status=error.status, content_type=PROBLEM_TYPE)
    if error.status in RETRY:
        response["Retry-After"] = _retry_after(error)
    return response


def _retry_after(error: ActionError) -> str:
    return str(error.extra.get("retry_after", 60))


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: one place for the action's refusals and for DRF's own."""
    request = context.get("request")
    http_request = getattr(request, "_request", request)
    headers: dict[str, str] = {}
    if isinstance(exc, Http404):
        exc = rest.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = rest.PermissionDenied()
    if isinstance(exc, ActionError):
        body = problem_from(http_request, exc)
        if exc.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if exc.status in RETRY:
            headers["Retry-After"] = _retry_after(exc)
    elif isinstance(exc, rest.APIException):
        body = _from_rest(http_request, exc)
        if header := getattr(exc, "auth_header", None):
            headers["WWW-Authenticate"] = str(header)
        if wait := getattr(exc, "wait", None):
            headers["Retry-After"] = str(int(wait))
    else:
        return None
    set_rollback()
    return Response(body, status=body["status"], headers=headers, content_type=PROBLEM_TYPE)


def _from_rest(request: Any, exc: rest.APIException) -> dict[str, Any]:
    if isinstance(exc, rest.ValidationError):
        errors = _flatten(exc.detail)
        field, detail = errors[0] if errors else ("", "Not valid.")
        listed = [{"field": name, "detail": text} for name, text in errors]
        return problem(
            422, "invalid", detail, instance=_instance(request), field=field or None, errors=listed
        )
    code = exc.get_codes()
    name = code if isinstance(code, str) else exc.default_code
    return problem(exc.status_code, name, str(exc.detail), instance=_instance(request))


def _flatten(detail: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(detail, dict):
        found: list[tuple[str, str]] = []
        for key, value in detail.items():
            step = "" if key == "non_field_errors" else str(key)
            found += _flatten(value, ".".join(part for part in (path, step) if part))
        return found
    if isinstance(detail, list):
        return [item for value in detail for item in _flatten(value, path)]
    return [(path, str(detail))]


def html_response(request: HttpRequest, error: ActionError) -> HttpResponse:
    """For htmx a message; after a plain form the page it came from, with a message; otherwise a page."""
    if getattr(request, "htmx", False):
        return _htmx_message(request, error)
    origin = page_before(request)
    if request.method == "POST" and error.status in FORM_STATUSES and origin:
        messages.error(request, error.message)
        return HttpResponse(status=303, headers={"Location": origin})
    return _page(request, error.status, error.message)


def _htmx_message(request: HttpRequest, error: ActionError) -> HttpResponse:
    try:
        response = render(request, "errors/message.html", {"error": error}, status=error.status)
    except TemplateDoesNotExist:
        response = HttpResponse(f'<div role="alert">{escape(error.message)}</div>', status=error.status)
    response["HX-Retarget"] = "#messages"
    response["HX-Reswap"] = "innerHTML"
    return response


def _page(request: HttpRequest, status: int, message: str) -> HttpResponse:
    context = {
        "status": status,
        "title": TITLES.get(status, "Error"),
        "message": message,
        "request_id": _instance(request),
    }
    for name in (f"errors/{status}.html", "errors/error.html"):
        try:
            return render(request, name, context, status=status)
        except TemplateDoesNotExist:
            continue
    text = (
        f"<!doctype html><title>{context['title']}</title><h1>{context['title']}</h1><p>{escape(message)}</p>"
    )
    return HttpResponse(text, status=status)


def _wants_problem(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/agent/"))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain(request, 400, "bad_request", "The request could not be read.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain(request, 403, "forbidden", "This is not open to you.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain(request, 404, "not_found", "There is nothing here, or it is not open to you.")


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours, or of a server that we stand on: the latter passes, and whoever asks may come back."""
    if isinstance(sys.exception(), AWAY):
        response = _plain(request, 503, "unavailable", "A server that this needs is away. Try again soon.")
        response["Retry-After"] = "5"
        return response
    return _plain(request, 500, "error", "The fault was recorded. Try again in a moment.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _plain(request, 403, "csrf", "This form is too old. Go back, reload the page and try again.")


def _plain(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if _wants_problem(request):
        body = problem(status, code, message, instance=_instance(request))
        return JsonResponse(body, status=status, content_type=PROBLEM_TYPE)
    return _page(request, status, message)

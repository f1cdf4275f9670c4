"""The gate of every page and every API view: which permission opens it. A test fails on a view without one.

A staff page answers 404 to somebody signed in without the permission: what is not open is not shown to exist.
Actions ask again themselves; this gate decides about looking.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from rest_framework.permissions import BasePermission

from accounts import permissions
from accounts.actors import has_fresh_factor, user_actor
from mci_core.errors import ActionError, Forbidden

P = ParamSpec("P")
V = TypeVar("V", bound=HttpResponseBase)
PageView = Callable[Concatenate[HttpRequest, P], V]


def _enter(request: HttpRequest, permission: str | None, fresh: str = "") -> HttpResponseBase | None:
    """None when the way is free; otherwise the answer."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if permission is not None and not permissions.has(request.user, permission):
        raise Http404
    if fresh and permissions.needs_fresh_factor(fresh) and not has_fresh_factor(request):
        return ask_for_factor(request)
    return None


def ask_for_factor(request: HttpRequest) -> HttpResponseBase:
    """To the page where the second factor is shown; after it the same request runs again by itself."""
    if not is_mfa_enabled(request.user):
        messages.warning(request, "Set up a second factor first: this step needs one.")
        return redirect("mfa_index")
    answer: HttpResponseBase = suspend_request(request, reverse("mfa_reauthenticate"))
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": answer["Location"]})
    return answer


def _answered(request: HttpRequest, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    try:
        return view()
    except ActionError as fault:
        if isinstance(fault, Forbidden) and fault.code == "second_factor_needed":
            return ask_for_factor(request)
        raise


def staff_page(
    permission: str, *, fresh: str = ""
) -> Callable[[PageView[P, HttpResponseBase]], PageView[P, HttpResponseBase]]:
    """For function views: ``@staff_page("reviews.view", fresh="reviews.open_grant")``.

    ``fresh`` names an action that the page leads to: if that needs a fresh second factor, it is asked for
    before the person types anything.
    """

    def decorate(view: PageView[P, HttpResponseBase]) -> PageView[P, HttpResponseBase]:
        @functools.wraps(view)
        def run(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            refused = _enter(request, permission, fresh)
            return refused or _answered(request, lambda: view(request, *args, **kwargs))

        run.mci_gate = permission  # type: ignore[attr-defined]  # read by the access matrix
        return run

    return decorate


def employee_page(view: PageView[P, HttpResponseBase]) -> PageView[P, HttpResponseBase]:
    """For function views that every signed-in person may open, about themselves only."""

    @functools.wraps(view)
    def run(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        refused = _enter(request, None)
        return refused or _answered(request, lambda: view(request, *args, **kwargs))

    run.mci_gate = permissions.EMPLOYEE  # type: ignore[attr-defined]  # read by the access matrix
    return run


class StaffPage(View):
    """For class views: set ``permission`` and, as for :func:`staff_page`, ``fresh``. First in the list of
    bases.
    """

    permission: str
    fresh = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused = _enter(request, self.permission, self.fresh)
        return refused or _answered(
            request, lambda: super(StaffPage, self).dispatch(request, *args, **kwargs)
        )


class EmployeePage(View):
    """For class views of the employee portal: any signed-in person, about themselves only."""

    permission = permissions.EMPLOYEE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused = _enter(request, None)
        return refused or _answered(
            request, lambda: super(EmployeePage, self).dispatch(request, *args, **kwargs)
        )


class HasPermission(BasePermission):
    """For DRF: ``permission_classes = [HasPermission.of("agents.view", write="agents.revoke_device")]``."""

    permission: str = ""
    write_permission: str = ""

    @classmethod
    def of(cls, permission: str, *, write: str = "") -> type[HasPermission]:
        names = {"permission": permission, "write_permission": write or permission}
        return type(f"HasPermission_{permission.replace('.', '_')}", (cls,), names)

    def has_permission(self, request: Any, view: Any) -> bool:
        safe = request.method in ("GET", "HEAD", "OPTIONS")
        name = self.permission if safe else self.write_permission
        if not permissions.has(request.user, name):
            return False
        token = request.auth
        return token is None or permissions.in_scope(token.scopes, name)


__all__ = [
    "EmployeePage",
    "HasPermission",
    "StaffPage",
    "ask_for_factor",
    "employee_page",
    "staff_page",
    "user_actor",
]

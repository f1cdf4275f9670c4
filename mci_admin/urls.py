"""Every address, by audience: staff ``/``, employee ``/me/``, REST ``/api/v1/``, agents ``/agent/v1/``.

An app is mounted for an audience by having its module: ``urls``, ``me_urls``, ``api_urls``, ``agent_urls``.
"""

from __future__ import annotations

import importlib.util

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from accounts.access import employee_page
from mci_admin import health

AUDIENCES = (("urls", ""), ("me_urls", "me/"), ("api_urls", "api/v1/"), ("agent_urls", "agent/v1/"))


@employee_page
def closed(request: HttpRequest) -> HttpResponse:
    """A page of a library that is not part of this product."""
    raise Http404


def _mounted() -> list[URLPattern | URLResolver]:
    return [
        path(prefix, include(f"{label}.{module}"))
        for module, prefix in AUDIENCES
        for label in settings.OUR_APPS
        if importlib.util.find_spec(f"{label}.{module}") is not None
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    # An address is given by the company: whoever holds a stolen session must not make it their own.
    path("accounts/email/", closed, name="email-closed"),
    path("accounts/", include("allauth.urls")),
]
if importlib.util.find_spec("mci_admin.home") is not None:
    urlpatterns.append(path("", include("mci_admin.home.urls")))
urlpatterns += _mounted()

handler400 = "mci_admin.errors.bad_request"
handler403 = "mci_admin.errors.forbidden"
handler404 = "mci_admin.errors.not_found"
handler500 = "mci_admin.errors.server_error"

"""What agents fetch: signed metadata and the files it names. Public, because every byte is signed.

Names with a number or a digest never change and may be kept for good by a proxy; ``timestamp.json`` is asked
anew each time, at the price of an ETag. Nothing is answered that is not a row.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags

from agents.device_auth import public_view
from capture_policies.models import TufFile
from capture_policies.signing import TIMESTAMP
from mci_core.errors import NotFound

IMMUTABLE = "public, max-age=31536000, immutable"


@public_view("GET", max_body=0)
def metadata(request: HttpRequest, body: bytes, name: str) -> HttpResponse:
    """``1.root.json``, ``timestamp.json``, ``3.snapshot.json``, ``3.targets.json``."""
    return _answer(request, name, "metadata", "no-cache" if name == TIMESTAMP else IMMUTABLE)


@public_view("GET", max_body=0)
def release(request: HttpRequest, body: bytes, name: str) -> HttpResponse:
    """``<sha256>.policy-3.json``, ``<sha256>.lease-keys.json``."""
    return _answer(request, name, "target", IMMUTABLE)


def _answer(request: HttpRequest, name: str, kind: str, caching: str) -> HttpResponse:
    row = TufFile.objects.filter(pk=name, kind=kind).first()
    if row is None:
        raise NotFound("There is no such file.", code="file_unknown")
    etag = f'"{row.sha256}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(bytes(row.body), content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = caching
    return response

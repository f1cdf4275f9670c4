"""What anybody may fetch to check a receipt: a person keeps it longer than an account."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse

from agents import lease_keys
from audits.public_views import limited, open_to_all


@open_to_all("GET")
@limited
def receipt_keys(request: HttpRequest) -> JsonResponse:
    """Public half of every key that signs or signed receipts and was not revoked, in the form of
    ``lease-keys.json``: ``{"issuer": id, "keys": {kid: base64url of 32 bytes}}``.
    """
    return JsonResponse({"issuer": lease_keys.server_id(), "keys": lease_keys.receipt_public_keys()})

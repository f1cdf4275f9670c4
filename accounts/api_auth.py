"""Token authentication of the REST API: ``Authorization: Bearer mci_…``. The token's scopes narrow its
owner's roles.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.token_secrets import secret_digest

#: ``last_used_at`` is written at most this often, so that reading stays reading.
USED_EVERY = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """Sets ``request.auth`` to the :class:`ApiToken`. Every refusal sounds the same."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            return None
        digest = secret_digest(parts[1].decode("latin-1"))
        token = ApiToken.objects.select_related("user").filter(secret_sha256=digest).first()
        if token is None or token.state != "active" or not token.user.is_active:
            raise AuthenticationFailed("The token is unknown, expired or revoked.", code="token_invalid")
        now = timezone.now()
        seldom = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
        ApiToken.objects.filter(seldom, pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

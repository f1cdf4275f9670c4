"""How sign-in behaves here: accounts are made by an admin, never by signing up; a second factor for staff.

The company's OpenID Connect provider (settings ``OIDC_…``) vouches for an e-mail address only when it says
that the address is verified; then it opens the existing account of that address, and never makes a new one.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from accounts.permissions import roles_of
from accounts.sign_ins import sign_in_failed


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if roles_of(request.user) and not is_mfa_enabled(request.user):
            messages.info(request, "Set up a second factor: approving, granting and stopping need one.")
            return reverse("mfa_index")
        return str(super().get_login_redirect_url(request))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        super().authentication_failed(request, **credentials)
        sign_in_failed(request)


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """allauth asks this for addresses that the provider calls verified."""
        return True

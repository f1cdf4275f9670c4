"""Counters, origins and tickets: what is counted, under which name, and what happens without Redis."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import RequestFactory

from agents import limits, tickets
from agents.models import CaptureStop, Delivery, Device, EnrolmentToken
from agents.tickets import Ticket, TicketRefusedError
from tests.server.cast import Cast

SECRET = "a-secret-of-the-ticket-tests-0123456789"


def _origin(forwarded: str = "", address: str = "10.0.0.1") -> str:
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    return limits.origin(RequestFactory().get("/", REMOTE_ADDR=address, **headers))  # type: ignore[arg-type]


def test_without_a_proxy_of_ours_a_forwarded_address_counts_for_nothing(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 0
    assert _origin("1.2.3.4") == _origin()


def test_behind_our_proxy_the_address_it_saw_counts(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    assert _origin("9.9.9.9, 1.2.3.4") == _origin("8.8.8.8, 1.2.3.4")
    assert _origin("1.2.3.4") != _origin("1.2.3.5")
    assert "1.2.3" not in _origin("1.2.3.4")


def test_without_redis_a_rate_does_not_limit(settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    for _ in range(3):
        limits.require_rate("enrol", "somebody")
    assert limits.first_within(60, "a")
    assert limits.first_within(60, "a")


def test_a_counter_that_ends_between_two_steps_starts_again(
    django_db_setup: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: False)
    limits.require_rate("enrol", "nobody-yet")


@pytest.mark.parametrize(
    "text",
    ["", "no-dot", "a.b", "!!!!.!!!!", "x" * 600, "é.é"],
)
def test_a_ticket_that_is_none_is_malformed(text: str) -> None:
    with pytest.raises(TicketRefusedError, match="ticket_malformed"):
        tickets.check(text, [SECRET], now=0)


@pytest.mark.parametrize("payload", [b"[]", b"{}", b"x", b'{"d":"a","s":"b","e":1}'])
def test_a_signed_ticket_with_another_content_is_malformed(payload: bytes) -> None:
    text = tickets._b64(payload) + "." + tickets._b64(tickets._mac(payload, SECRET))
    with pytest.raises(TicketRefusedError, match="ticket_malformed"):
        tickets.check(text, [SECRET], now=0)


def test_a_ticket_of_the_secret_before_still_opens() -> None:
    ticket = Ticket("device", 3, 10)
    assert tickets.check(tickets.issue(ticket, "old" + SECRET), [SECRET, "old" + SECRET], now=9) == ticket


def test_a_changed_ticket_is_forged() -> None:
    head, tail = tickets.issue(Ticket("device", 3, 10), SECRET).split(".")
    other = base64.urlsafe_b64encode(b'{"d":"other","e":99,"s":3}').decode().rstrip("=")
    for text in (f"{other}.{tail}", f"{head}.{'A' * len(tail)}"):
        with pytest.raises(TicketRefusedError, match="ticket_forged"):
            tickets.check(text, [SECRET], now=0)


def test_an_employee_sees_the_own_device_only_and_a_visitor_none(cast: Cast) -> None:
    assert list(Device.objects.visible_to(cast.employee)) == [cast.device]
    assert not Device.objects.visible_to(AnonymousUser()).exists()
    for rows in (EnrolmentToken.objects, CaptureStop.objects, Delivery.objects):
        assert not rows.visible_to(cast.employee).exists()
    assert EnrolmentToken.objects.usable(cast.device.enrolled_at).count() == 0

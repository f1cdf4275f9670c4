"""Decides how often something may happen: counters in Redis that forget by themselves.

Without Redis a rate is not limited, because a limit protects the server and not a person. Replay protection
is another matter: without its memory a request is refused (503), and the agent asks again.
"""

from __future__ import annotations

import hashlib
import hmac

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from mci_core.errors import TooMany, Unauthenticated, Unavailable
from mci_core.request_token import REMEMBER_SECONDS

_PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def require_rate(scope: str, who: str) -> None:
    """Count one request of ``who``; raises TooMany above the rate of the settings (for example
    ``600/min``).
    """
    rate: str = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"][scope]
    number, _, period = rate.partition("/")
    seconds = _PERIODS[period[0]]
    if _count(f"agents:rate:{scope}:{who}", seconds) > int(number):
        raise TooMany("Too many requests; try again later.", extra={"retry_after": seconds})


def count(scope: str, who: str, seconds: int) -> None:
    """Note one more of something; it is forgotten ``seconds`` after the first."""
    _count(f"agents:count:{scope}:{who}", seconds)


def counted(scope: str, who: str) -> int:
    """How many were noted lately; none while nothing can be remembered."""
    try:
        return int(cache.get(f"agents:count:{scope}:{who}", 0))
    except redis.RedisError:
        return 0


def first_within(seconds: int, *parts: str) -> bool:
    """True for the first call with these parts in a while. True as well when nothing can be remembered."""
    try:
        return bool(cache.add("agents:once:" + ":".join(parts), 1, timeout=seconds))
    except redis.RedisError:
        return True


def remember_once(device: str, jti: str) -> None:
    """Refuse a request token that was seen before in its life."""
    key = f"agents:jti:{device}:{hashlib.sha256(jti.encode()).hexdigest()}"
    try:
        fresh = cache.add(key, 1, timeout=REMEMBER_SECONDS)
    except redis.RedisError:
        raise Unavailable(
            "Replays cannot be told apart at the moment.",
            code="replay_check_unavailable",
            extra={"retry_after": 2},
        ) from None
    if not fresh:
        raise Unauthenticated("This request was sent before.", code="replayed")


def origin(request: HttpRequest) -> str:
    """A keyed hash of the sender's address: enough to count with, no address kept."""
    address = request.META.get("REMOTE_ADDR", "")
    forwarded = [
        part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
    ]
    proxies = settings.TRUSTED_PROXIES
    if proxies and len(forwarded) >= proxies:
        address = forwarded[-proxies]
    return hmac.new(settings.PSEUDONYM_KEY, address.encode(), hashlib.sha256).hexdigest()[:24]


def _count(key: str, seconds: int) -> int:
    try:
        if cache.add(key, 1, timeout=seconds):
            return 1
        return int(cache.incr(key))
    except (redis.RedisError, ValueError):  # ValueError: the counter ended between the two steps
        return 1

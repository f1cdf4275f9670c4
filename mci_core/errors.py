"""The one error tree: which refusals exist, under which code and HTTP status they are told.

Shells translate an `ActionError` once (message page, RFC 9457 problem document); nobody catches them one by
one. A message is written for the person who reads it and never contains captured content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class MciError(Exception):
    """Root of every error that this project raises on purpose."""


class ActionError(MciError):
    """A refusal with a machine-readable code, a plain message and, where one input is at fault, its field."""

    status: int = 400
    code: str = "refused"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.field = field
        self.extra: dict[str, Any] = dict(extra or {})


class Unauthenticated(ActionError):
    """Nobody is known to be asking."""

    status = 401
    code = "unauthenticated"


class Forbidden(ActionError):
    """The one who asks is known and may not."""

    status = 403
    code = "forbidden"


class NotFound(ActionError):
    """No such object, or none that the one who asks may know of."""

    status = 404
    code = "not_found"


class Conflict(ActionError):
    """The object is in a state in which this cannot be done."""

    status = 409
    code = "conflict"


class Stale(ActionError):
    """The object changed since it was read."""

    status = 409
    code = "stale"


class TooLarge(ActionError):
    """More bytes or more items than the stated limit."""

    status = 413
    code = "too_large"


class Invalid(ActionError):
    """The input is wrong.

    `field` names the place (for documents a JSON path such as `entries[0].match.origin`).
    """

    status = 422
    code = "invalid"


class TooMany(ActionError):
    """Too many requests in a time."""

    status = 429
    code = "too_many"


class Unavailable(ActionError):
    """Something that this needs is not there now; asking again later may work."""

    status = 503
    code = "unavailable"

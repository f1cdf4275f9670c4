"""Decides what a log line looks like: one JSON object, with the request id and without personal data.

The address of a person, an e-mail, a token or any content never belongs in a line: what callers pass under
one of the names in ``PRIVATE`` is removed here, and the lines of libraries that would print query values
(the database layer, the HTTP client) are only taken from warnings upwards.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PRIVATE = frozenset(
    {
        "email",
        "password",
        "token",
        "secret",
        "cookie",
        "authorization",
        "ip",
        "remote_addr",
        "content",
        "name",
    }
)


def drop_private(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> EventDict:
    for key in PRIVATE & event.keys():
        event[key] = "[removed]"
    return dict(event)


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    drop_private,
]


def config(level: str) -> dict[str, Any]:
    """The logging configuration; also binds structlog to the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer(),
                ],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.db.backends": {"level": "WARNING"},
            "django.server": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            # Says at INFO which of the keys that may sign has not, which is no news with 2 of 3.
            "tuf": {"level": "WARNING"},
            # The access line holds the path with its query string, where a person can be searched for.
            "uvicorn.access": {"level": "WARNING"},
        },
    }

"""Log lines are JSON, carry the request id, and lose what is personal."""

from __future__ import annotations

import json
import logging
import logging.config

import pytest
import structlog

from mci_admin import logs

Capture = pytest.CaptureFixture[str]


def configure() -> None:
    """In the test itself: the handler keeps the standard error of the moment."""
    logging.config.dictConfig(logs.config("INFO"))


def last(capsys: Capture) -> dict[str, str]:
    found: dict[str, str] = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
    return found


def test_line_is_json_with_the_request_id(capsys: Capture) -> None:
    configure()
    structlog.contextvars.bind_contextvars(request_id="request-0001")
    structlog.stdlib.get_logger("mci.test").info("upload_refused", device="d-1")
    structlog.contextvars.clear_contextvars()
    found = last(capsys)
    assert (found["event"], found["device"], found["request_id"]) == ("upload_refused", "d-1", "request-0001")
    assert (found["level"], found["logger"]) == ("info", "mci.test")


@pytest.mark.parametrize("name", sorted(logs.PRIVATE))
def test_private_value_is_removed(capsys: Capture, name: str) -> None:
    configure()
    structlog.stdlib.get_logger("mci.test").info("something", **{name: "olivia@example.com"})
    assert last(capsys)[name] == "[removed]"


def test_lines_of_libraries_are_json_too(capsys: Capture) -> None:
    configure()
    logging.getLogger("some.library").warning("careful %s", "now")
    assert last(capsys)["event"] == "careful now"


def test_statements_with_their_values_are_not_written(capsys: Capture) -> None:
    configure()
    logging.getLogger("django.db.backends").info("SELECT 'olivia@example.com'")
    assert "olivia" not in capsys.readouterr().err

"""The error tree: statuses, codes and what an error carries."""

from __future__ import annotations

import pytest

from mci_core import errors

STATUSES = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Stale: 409,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}


@pytest.mark.parametrize(
    ("kind", "status"), STATUSES.items(), ids=lambda value: getattr(value, "__name__", value)
)
def test_each_refusal_has_its_status(kind: type[errors.ActionError], status: int) -> None:
    assert kind.status == status
    assert issubclass(kind, errors.ActionError)
    assert issubclass(kind, errors.MciError)


def test_codes_of_different_refusals_differ() -> None:
    assert len({kind.code for kind in STATUSES}) == len(STATUSES)


def test_an_error_carries_message_code_field_and_extra_facts() -> None:
    error = errors.Invalid("No.", code="policy_invalid", field="entries[0].id", extra={"line": 3})
    assert (str(error), error.message, error.code) == ("No.", "No.", "policy_invalid")
    assert (error.field, error.extra) == ("entries[0].id", {"line": 3})


def test_a_code_given_to_one_error_does_not_change_the_class() -> None:
    errors.Conflict("No.", code="other")
    assert errors.Conflict("No.").code == "conflict"
    assert errors.Conflict("No.").extra == {}

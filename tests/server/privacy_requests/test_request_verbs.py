"""Each verb in each state: what the table allows happens, everything else is refused and changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from jurisdictions.actions import load_packs
from mci_core.errors import ActionError, Conflict, Forbidden, Invalid, NotFound
from privacy_requests import actions
from privacy_requests.models import PrivacyRequest
from tests.server import recordings
from tests.server.asking import asked, held
from tests.server.cast import REASON, Cast

pytestmark = pytest.mark.django_db
Verb = Callable[[PrivacyRequest, Cast], Any]
VERBS: dict[str, Verb] = {
    "withdraw": lambda row, cast: actions.withdraw_request(request=row, actor=cast.actor("employee")),
    "approve": lambda row, cast: actions.approve_request(
        request=row, reason=REASON, actor=cast.actor("officer")
    ),
    "refuse": lambda row, cast: actions.refuse_request(
        request=row, reason=REASON, actor=cast.actor("officer")
    ),
    "finish": lambda row, cast: actions.finish_request(
        request=row, outcome=REASON, actor=cast.actor("officer")
    ),
}
#: kind of request -> (state, verb) -> state afterwards. What is missing is refused.
ALLOWED: dict[tuple[str, str, str], str] = {
    **{(kind, "received", "withdraw"): "withdrawn" for kind in ("delete", "access")},
    **{(kind, "received", "approve"): "approved" for kind in ("delete", "access")},
    **{(kind, "received", "refuse"): "refused" for kind in ("delete", "access")},
    ("access", "approved", "finish"): "done",
}


@pytest.fixture(autouse=True)
def law(cast: Cast) -> None:
    load_packs(actor=cast.system())


@pytest.mark.parametrize("kind", ["delete", "access"])
@pytest.mark.parametrize("verb", sorted(VERBS))
@pytest.mark.parametrize("state", ["received", "approved", "executing", "done", "refused", "withdrawn"])
def test_a_verb_does_what_the_state_allows_and_nothing_else(
    cast: Cast, kind: str, verb: str, state: str
) -> None:
    row = asked(cast, kind=kind)
    PrivacyRequest.objects.filter(pk=row.pk).update(state=state)
    expected = ALLOWED.get((kind, state, verb))
    if expected is None:
        with pytest.raises(ActionError):
            VERBS[verb](row, cast)
    else:
        VERBS[verb](row, cast)
    row.refresh_from_db()
    assert row.state == (expected or state)


def test_nobody_asks_in_the_name_of_somebody_else(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        actions.submit_request(
            subject=cast.subject(),
            kind="delete",
            scope="all",
            sessions=[],
            message="",
            actor=cast.actor("colleague"),
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "praise"}, "kind"),
        ({"scope": "department"}, "scope"),
        ({"scope": "sessions"}, "sessions"),
        ({"scope": "sessions", "sessions": [uuid.uuid4()]}, "sessions"),
    ],
)
def test_a_request_that_cannot_be_is_told_in_its_field(
    cast: Cast, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        asked(cast, **changes)
    assert caught.value.field == field


def test_a_request_for_some_sessions_names_own_ones(cast: Cast) -> None:
    session = recordings.available(cast)
    row = asked(cast, scope="sessions", sessions=[session.pk])
    assert row.sessions == [str(session.pk)]
    with pytest.raises(Conflict, match="asked for this already"):
        asked(cast, scope="sessions", sessions=[session.pk])


def test_somebody_elses_request_cannot_be_withdrawn(cast: Cast) -> None:
    with pytest.raises(NotFound):
        actions.withdraw_request(request=asked(cast), actor=cast.actor("colleague"))


@pytest.mark.parametrize("verb", ["approve_request", "refuse_request"])
@pytest.mark.parametrize("reason", ["no", "  too short  ", "x" * 1001])
def test_a_decision_gives_a_reason_that_the_person_reads(cast: Cast, verb: str, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        getattr(actions, verb)(request=asked(cast), reason=reason, actor=cast.actor("officer"))
    assert caught.value.field == "reason"


def test_an_outcome_is_told_in_words(cast: Cast) -> None:
    row = asked(cast, kind="access")
    actions.approve_request(request=row, reason=REASON, actor=cast.actor("officer"))
    with pytest.raises(Invalid) as caught:
        actions.finish_request(request=row, outcome="ok", actor=cast.actor("officer"))
    assert caught.value.field == "outcome"


def test_a_hold_keeps_a_deletion_back(cast: Cast) -> None:
    row = asked(cast)
    held(cast)
    with pytest.raises(Conflict, match="legal hold"):
        actions.approve_request(request=row, reason=REASON, actor=cast.actor("officer"))

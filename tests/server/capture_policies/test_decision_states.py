"""Every verb on a version in every state by every role: what it leads to, or that it is refused.

The table is the whole truth: what is not in it is refused, and a refusal changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from capture_policies.actions import releases, versions
from capture_policies.models import PolicyVersion, VersionState
from mci_core.errors import ActionError, Forbidden
from tests.server.capture_policies import deciding
from tests.server.capture_policies.support import SYSTEM, Desk

pytestmark = pytest.mark.django_db

#: name -> how a version comes into it. All are widenings by the admin; where two approved, it was the officer
#: and ML staff.
STATES: dict[str, Callable[[Desk], PolicyVersion]] = {
    "in_review": deciding.submitted,
    "half_approved": lambda desk: desk.approve(deciding.submitted(desk), desk.officer),
    "waiting": deciding.waiting,
    "waited": lambda desk: deciding.waiting(desk, hours=25),
    "lapsed": deciding.lapsed,
    "approved": deciding.approved,
    "signed": deciding.signed,
    "rejected": deciding.rejected,
    "changes_requested": deciding.sent_back,
}
PEOPLE = ("author", "officer", "second_officer", "second_admin", "ml", "auditor", "employee", "system")
VERBS = ("approve", "reject", "request_changes", "withdraw", "comment", "finish", "reopen", "sign")
OTHERS = ("officer", "second_officer", "second_admin", "ml")
STAFF = ("author", *OTHERS)
OPEN = ("in_review", "half_approved", "waiting", "waited", "lapsed")

#: (verb, state, person) -> state afterwards
LEADS_TO: dict[tuple[str, str, str], str] = {
    **{("approve", "in_review", person): "in_review" for person in OTHERS},
    **{("approve", "half_approved", person): "waiting" for person in ("second_admin", "ml")},
    **{("reject", state, person): "rejected" for state in OPEN for person in OTHERS},
    **{("request_changes", state, person): "changes_requested" for state in OPEN for person in OTHERS},
    ("withdraw", "half_approved", "officer"): "in_review",
    **{
        ("withdraw", state, person): "in_review"
        for state in ("waiting", "waited")
        for person in ("officer", "ml")
    },
    **{("comment", state, person): "" for state in STATES for person in STAFF},
    ("finish", "waited", "system"): "approved",
    ("reopen", "lapsed", "system"): "in_review",
    ("sign", "approved", "system"): "approved",
    ("sign", "signed", "system"): "approved",
}
#: These say that there is nothing to do instead of refusing.
QUIET = {("finish", state, "system") for state in STATES} | {("reopen", state, "system") for state in STATES}


def _act(verb: str, version: PolicyVersion, actor: Any) -> Any:
    said: dict[str, Any] = {"version": version, "digest": version.digest, "reason": "because"}
    calls: dict[str, Callable[[], Any]] = {
        "approve": lambda: versions.approve_version(**said, actor=actor),
        "reject": lambda: versions.reject_version(**said, actor=actor),
        "request_changes": lambda: versions.request_changes(**said, actor=actor),
        "withdraw": lambda: versions.withdraw_approval(version=version, reason="because", actor=actor),
        "comment": lambda: versions.comment_version(version=version, text="Why this app?", actor=actor),
        "finish": lambda: versions.finish_cool_down(version=version, actor=actor),
        "reopen": lambda: versions.reopen_version(version=version, actor=actor),
        "sign": lambda: releases.sign_release(version=version, actor=actor),
    }
    return calls[verb]()


@pytest.mark.parametrize("state", STATES)
def test_a_verb_in_a_state_leads_where_the_table_says_or_is_refused(desk: Desk, state: str) -> None:
    version = STATES[state](desk)
    before = version.state
    people = {
        name: SYSTEM
        if name == "system"
        else desk.actor(desk.admin if name == "author" else getattr(desk, name))
        for name in PEOPLE
    }
    for verb in VERBS:
        for person, actor in people.items():
            with transaction.atomic():
                found = _outcome(verb, version, actor)
                version.refresh_from_db()
                after = version.state
                transaction.set_rollback(True)
            case = (verb, state, person)
            if case in LEADS_TO:
                assert (found, after) == ("done", LEADS_TO[case] or before), case
            else:
                assert (found, after) == ("nothing" if case in QUIET else "refused", before), case


def _outcome(verb: str, version: PolicyVersion, actor: Any) -> str:
    try:
        with transaction.atomic():
            return "nothing" if _act(verb, version, actor) is False else "done"
    except ActionError:
        return "refused"


def test_every_state_of_a_version_is_in_the_table(desk: Desk) -> None:
    assert {make(desk).state for make in STATES.values()} == set(VersionState)


@pytest.mark.parametrize("verb", ["approve", "reject", "request_changes", "withdraw"])
def test_a_decision_needs_a_fresh_second_factor(desk: Desk, verb: str) -> None:
    version = desk.approve(deciding.submitted(desk), desk.officer)
    with pytest.raises(Forbidden) as caught:
        _act(verb, version, desk.actor(desk.officer, fresh=False))
    assert caught.value.code == "second_factor_needed"

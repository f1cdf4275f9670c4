"""Examples of the actions on privacy requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from privacy_requests import actions
from tests.server import asking
from tests.server.cast import REASON, Cast


def _submit_request(cast: Cast) -> None:
    asking.asked(cast)


def _withdraw_request(cast: Cast) -> None:
    actions.withdraw_request(request=asking.asked(cast), actor=cast.actor("employee"))


def _approve_request(cast: Cast) -> None:
    asking.approved(cast)


def _refuse_request(cast: Cast) -> None:
    actions.refuse_request(request=asking.asked(cast), reason=REASON, actor=cast.actor("officer"))


def _finish_request(cast: Cast) -> None:
    granted = asking.approved(cast, kind="access")
    actions.finish_request(request=granted, outcome=REASON, actor=cast.actor("officer"))


def _advance_erasure(cast: Cast) -> None:
    actions.advance_erasure(erasure=asking.approved(cast).erasure, actor=cast.system())


def _replay_erasure(cast: Cast) -> None:
    actions.replay_erasure(begun=asking.begun(cast), actor=cast.system())


def _place_hold(cast: Cast) -> None:
    asking.held(cast)


def _lift_hold(cast: Cast) -> None:
    actions.lift_hold(hold=asking.held(cast), actor=cast.actor("officer"))


EXAMPLES: dict[str, Callable[[Cast], Any]] = {
    "privacy_requests.submit_request": _submit_request,
    "privacy_requests.withdraw_request": _withdraw_request,
    "privacy_requests.approve_request": _approve_request,
    "privacy_requests.refuse_request": _refuse_request,
    "privacy_requests.finish_request": _finish_request,
    "privacy_requests.advance_erasure": _advance_erasure,
    "privacy_requests.replay_erasure": _replay_erasure,
    "privacy_requests.place_hold": _place_hold,
    "privacy_requests.lift_hold": _lift_hold,
}

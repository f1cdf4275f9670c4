"""One example for every action on what rules would do."""

from __future__ import annotations

from capture_policies import queries
from capture_policies.actions import effects
from capture_policies.models import RuleEffect
from tests.server.capture_policies.rolling import roll_out
from tests.server.capture_policies.support import Desk, found_repository
from tests.server.cast import REASON, Cast


def _requested(cast: Cast) -> RuleEffect:
    found_repository()
    policy = queries.policy_of(Desk(cast).version())
    assert policy is not None
    return effects.request_effect(policy=policy, title=REASON, actor=cast.actor("officer"))


def request_effect(cast: Cast) -> None:
    _requested(cast)


def measure_rules(cast: Cast) -> None:
    found_repository()
    desk = Desk(cast)
    desk.devices(1)
    roll_out(desk, desk.release())
    effects.measure_rules(actor=cast.system())


def finish_effect(cast: Cast) -> None:
    effects.finish_effect(effect=_requested(cast), result={}, actor=cast.system())


EXAMPLES = {
    f"capture_policies.{example.__name__}": example
    for example in (request_effect, measure_rules, finish_effect)
}

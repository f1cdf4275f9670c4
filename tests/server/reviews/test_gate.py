"""A leak under a new release stops its rollout."""

from __future__ import annotations

import pytest

from capture_policies import gates
from capture_policies.models import Rollout
from reviews import actions
from reviews.gate import leaks
from reviews.models import Finding
from tests.server import looks
from tests.server.cast import REASON, Cast

pytestmark = pytest.mark.django_db


def _rollout(cast: Cast, finding: Finding) -> Rollout:
    from capture_policies.models import Release

    release = Release.objects.get(number=finding.session.release_number)
    return Rollout.objects.create(release=release, reason=REASON, started_by=cast.admin)


def test_an_open_finding_under_the_release_stops_the_rollout(cast: Cast) -> None:
    rollout = _rollout(cast, looks.finding(cast))
    assert gates.extra_refusal(rollout.pk) == "1\xa0open leak finding in sessions of this release."


def test_a_closed_finding_does_not(cast: Cast) -> None:
    finding = looks.finding(cast)
    rollout = _rollout(cast, finding)
    actions.close_finding(finding=finding, resolution=REASON, actor=cast.actor("officer"))
    assert leaks(rollout.pk) is None

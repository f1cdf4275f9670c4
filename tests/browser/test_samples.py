"""A sample in a real browser: the way to the first session is there as soon as it is drawn."""

from __future__ import annotations

import pytest

from reviews import actions
from tests.browser.conftest import MakeWalk
from tests.server import looks
from tests.server.cast import Cast
from tests.server.recordings import available

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


def test_a_sample_that_is_drawn_leads_to_its_first_session(cast: Cast, walk_as: MakeWalk) -> None:
    available(cast)
    sample = looks.committed(cast)
    walk = walk_as("officer")
    walk.go(f"/samples/{sample.pk}/")
    assert "The draw is running" in walk.page.inner_text("main")
    assert not walk.page.is_visible("#sample-next a")
    actions.draw_sample(sample=sample, actor=cast.system())
    walk.page.wait_for_selector("#sample-next a")
    assert "0 of 1" in walk.page.inner_text("main").replace("\N{NARROW NO-BREAK SPACE}", " ")
    walk.step("01-sample-drawn")
    walk.page.click("#sample-next a")
    walk.settle()
    assert "/samples/items/" in walk.page.url

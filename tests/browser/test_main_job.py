"""The main job in a real browser on the real processes: each act is a test, each page on the way is clean.

``tests/browser/job`` holds the acts; with ``MCI_PICTURES=looks`` pictures of every step are kept in
``artifacts/browser/main-job``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.job import accounting, own, places, policy, rollout, sessions, stopping
from tests.browser.job.scene import WALK, Scene
from tests.browser.support import ARTIFACTS
from tests.end_to_end.company import Company

pytestmark = [
    pytest.mark.browser,
    pytest.mark.end_to_end,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("main-job"),
]
ACTS = (
    policy.write_policy,
    policy.approve_policy,
    rollout.roll_out,
    sessions.look_into_a_sample,
    own.look_after_oneself,
    stopping.stop_and_restart,
    accounting.read_the_log,
)


@pytest.fixture(scope="module")
def scene(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    shutil.rmtree(ARTIFACTS / WALK, ignore_errors=True)
    with Company(tmp_path_factory.mktemp("co")) as company:
        made = Scene(company=company, browser=browser, order=ACTS)
        yield made
        made.close()


def test_an_admin_writes_a_policy(scene: Scene) -> None:
    scene.play(policy.write_policy)


def test_two_others_approve_what_its_author_cannot(scene: Scene) -> None:
    scene.play(policy.approve_policy)


def test_a_rollout_reaches_every_agent_before_the_eyes_of_the_admin(scene: Scene) -> None:
    scene.play(rollout.roll_out)


def test_an_officer_looks_into_a_session_of_a_sample(scene: Scene) -> None:
    scene.play(sessions.look_into_a_sample)


def test_an_employee_sees_who_looked_and_is_erased(scene: Scene) -> None:
    scene.play(own.look_after_oneself)


def test_one_person_stops_capture_and_two_restart_it(scene: Scene) -> None:
    scene.play(stopping.stop_and_restart)


def test_an_auditor_finds_every_step(scene: Scene) -> None:
    scene.play(accounting.read_the_log)


@pytest.mark.parametrize("name", places.STAFF)
def test_every_place_of_a_role_is_clean_with_data(scene: Scene, name: str) -> None:
    scene.play(ACTS[-1])
    places.visit(scene, name)


def test_every_place_of_an_employee_is_clean_with_data(scene: Scene) -> None:
    scene.play(ACTS[-1])
    places.visit(scene, scene.known["employee"])


def test_a_draft_is_written_with_the_keyboard_alone(scene: Scene) -> None:
    scene.play(policy.write_policy)
    places.write_a_draft_by_keyboard(scene)

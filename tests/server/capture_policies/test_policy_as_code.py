"""The real `mci-policy` against a running server: the same digest there and back, never more than a draft."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import ApiToken
from accounts.token_secrets import new_secret, secret_digest
from capture_policies.actions import drafts, rollouts, waves
from capture_policies.models import PolicyDraft, PolicyVersion, Release
from tests.server.capture_policies.support import EXCEL, JIRA, SYSTEM, Desk, found_repository
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
OPTIONS = {"scope": {"places": ["US-NY"], "platforms": ["windows"]}, "windows_excluded": ["*salary*"]}


@pytest.fixture
def live(cast: Cast, queued: Any) -> Release:
    """A release on an empty fleet."""
    found_repository()
    desk = Desk(cast)
    release = desk.release(entries=[EXCEL, JIRA | OPTIONS | {"expires": "2027-06-30", "owner": "Support"}])
    rollout = rollouts.start_rollout(release=release, reason="first", actor=desk.actor(desk.officer))
    while waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM):
        rollout.waves.update(soak_seconds=0)
    return release


class Terminal:
    """A terminal of one of the ML staff."""

    def __init__(self, server: str, cast: Cast) -> None:
        secret = new_secret()
        ApiToken.objects.create(
            user=cast.ml,
            name="pipeline",
            secret_sha256=secret_digest(secret),
            scopes=["capture_policies:read", "capture_policies:write"],
            expires_at=timezone.now() + timedelta(days=1),
        )
        self._env = {**os.environ, "MCI_TOKEN": secret, "MCI_SERVER": server}

    def run(self, *arguments: str) -> tuple[int, str]:
        code = "import sys; from mci_agent.policy_cli import main; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr


def test_a_policy_goes_out_as_a_file_and_comes_back_with_the_same_digest(
    live: Release, live_server: Any, cast: Cast, tmp_path: Path
) -> None:
    terminal, path = Terminal(live_server.url, cast), tmp_path / "policy.yaml"
    assert terminal.run("export", "--output", str(path)) == (0, "")
    text = path.read_text("utf-8")
    assert f"# digest  {live.digest}" in text
    code, out = terminal.run("validate", str(path))
    assert (code, live.digest in out) == (0, True)
    code, out = terminal.run("plan", str(path))
    assert (code, out.startswith("No changes")) == (0, True)

    path.write_text(text.replace("      - text\n", "", 1), "utf-8")
    code, out = terminal.run("plan", "--json", str(path))
    plan = json.loads(out)
    assert (code, plan["direction"]) == (2, "narrower")
    code, out = terminal.run("apply", "--submit", "--reason", "Clicks are enough.", str(path))
    assert code == 0, out
    version = PolicyVersion.objects.exclude(pk=live.version_id).get()
    assert (version.digest, version.state, version.direction) == (plan["digest"], "in_review", "narrower")
    assert version.compared_with == live.version
    assert Release.objects.count() == 1

    # The exported text makes the very same bytes again, whatever stands in between.
    path.write_text(text, "utf-8")
    draft = drafts.create_draft(title="Office work", actor=cast.actor("ml"), from_version=live.version)
    assert terminal.run("plan", str(path))[0] == 0
    again = drafts.submit_draft(draft=draft, actor=cast.actor("ml"))
    assert again.digest == live.digest


def test_a_widening_is_told_by_its_exit_code_and_refusals_name_the_line(
    live: Release, live_server: Any, cast: Cast, tmp_path: Path
) -> None:
    terminal, path = Terminal(live_server.url, cast), tmp_path / "policy.yaml"
    _, text = terminal.run("export", "--release", "1")
    path.write_text(
        text.replace("places:\n        - US-NY", "places:\n        - US-NY\n        - DE"), "utf-8"
    )
    code, out = terminal.run("plan", str(path))
    assert code == 3, out
    assert "To approve: a privacy officer and" in out
    gone = "11111111-2222-4333-8444-555555555555"
    wrong = text.replace("scope:\n", f"scope:\n      groups:\n        - {gone}\n")
    path.write_text(wrong, "utf-8")
    code, out = terminal.run("apply", str(path))
    line = wrong.splitlines().index(f"        - {gone}") + 1
    assert code == 1
    assert f"{path}:{line}: entries[1].scope.groups[0]: There is no group" in out
    assert not PolicyDraft.objects.filter(state="open").exists()

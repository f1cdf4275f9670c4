"""The description of the REST API in docs/openapi.yaml says what the code does, so that reviewers see what
changes.
"""

from __future__ import annotations

from pathlib import Path

from django.core.management import call_command

KEPT = Path(__file__).parents[3] / "docs" / "openapi.yaml"


def test_the_description_of_the_api_is_valid_and_current(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(made))
    same = made.read_text("utf-8") == KEPT.read_text("utf-8")
    assert same, "docs/openapi.yaml is not current: run make docs"

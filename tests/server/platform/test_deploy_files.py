"""What the examples of a deployment must not leave out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("systemd/*.service")), ids=lambda path: path.stem)
def test_a_process_that_crashes_writes_no_keys_to_a_disk(unit: Path) -> None:
    assert "\nLimitCORE=0\n" in unit.read_text("utf-8")


def test_a_container_that_crashes_writes_no_keys_to_a_disk() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    ours = [one for one in services.values() if one.get("read_only")]
    assert len(ours) >= 5
    assert all(one["ulimits"]["core"] == 0 for one in ours)

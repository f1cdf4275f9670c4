"""The verifier as a command, and what it said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mci_agent import verify


class Command:
    """Runs the command and keeps what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> tuple[int, dict[str, Any]]:
        code = verify.main([*map(str, arguments), "--json"])
        return code, json.loads(self._capsys.readouterr().out)

    def words(self, *arguments: object) -> tuple[int, str]:
        code = verify.main([str(one) for one in arguments])
        said = self._capsys.readouterr()
        return code, said.out + said.err

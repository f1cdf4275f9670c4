"""The rules run without Django and without the server: in a fresh interpreter that refuses to import it."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

import mci_core

ROOT = Path(__file__).parents[2]
FORBIDDEN = ("django", "rest_framework", "celery", "psycopg", "mci_admin", "audits", "accounts")
PROBE = """
import importlib, sys

class Refuser:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {forbidden!r}:
            raise AssertionError("imports " + name)

sys.meta_path.insert(0, Refuser())
for name in {names!r}:
    importlib.import_module(name)
assert "django" not in sys.modules
"""


def test_no_module_of_the_core_imports_django_or_the_server() -> None:
    names = [
        module.name
        for module in pkgutil.walk_packages(mci_core.__path__, "mci_core.")
        if not module.name.endswith("__main__")
    ]
    assert "mci_core.evaluator" in names
    probe = PROBE.format(forbidden=set(FORBIDDEN), names=names)
    result = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_importing_the_policy_loads_no_image_library() -> None:
    probe = "import sys, mci_core.policy, mci_core.evaluator; assert 'PIL' not in sys.modules"
    subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=True)

"""The agent's own wheel: holds core and agent, needs no Django, and brings `mci-agent`."""

from __future__ import annotations

import runpy
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def test_importing_the_agent_imports_no_django() -> None:
    code = "import sys, mci_agent.cli; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_wheel_holds_core_and_agent_and_runs_in_an_environment_of_its_own(tmp_path: Path) -> None:
    build = runpy.run_path(str(ROOT / "packaging" / "agent" / "build.py"))["build"]
    wheel: Path = build(tmp_path / "dist")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"mci_core", "mci_agent"}
    assert {"mci_agent/py.typed", "mci_core/policy_schema.json"} <= set(names)
    assert "django" not in metadata.lower()
    home = tmp_path / "venv"
    venv.EnvBuilder(with_pip=False).create(home)
    bin_folder = home / ("Scripts" if sys.platform == "win32" else "bin")
    (packages,) = home.glob("lib/python*/site-packages")
    # The dependencies are those of this environment; only the wheel itself is new.
    (packages / "dependencies.pth").write_text(
        next(path for path in sys.path if path.endswith("site-packages"))
    )
    command = [sys.executable, "-m", "pip", "--quiet", "--python", str(bin_folder / "python")]
    install = [*command, "install", "--no-deps", "--no-index", "--ignore-installed", str(wheel)]
    subprocess.run(install, check=True, cwd=tmp_path)
    said = subprocess.run(
        [bin_folder / "mci-agent", "--help"], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    for verb in ("enroll", "run", "status", "pause", "resume", "forget", "purge"):
        assert f"    {verb} " in said.stdout
    said = subprocess.run(
        [bin_folder / "mci-policy", "schema"], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert said.stdout.startswith('{\n  "$schema": ')
    for name in ("mci-verify", "mci-witness"):
        told = subprocess.run([bin_folder / name, "--help"], check=True, capture_output=True, cwd=tmp_path)
        assert told.stdout.startswith(f"usage: {name} ".encode())
    where = subprocess.run(
        [bin_folder / "python", "-c", "import mci_agent; print(mci_agent.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert where.stdout.startswith(str(packages))


def test_the_module_can_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mci-agent", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("mci_agent", run_name="__main__")
    assert ended.value.code == 0

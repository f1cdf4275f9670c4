"""Decides whether enough is tested: all lines of the core and the agent, 95 % of the rest with branches."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

LINES_ONLY = {"mci_core": 100.0, "mci_agent": 100.0}
FLOOR = 95.0
#: Packages that have not been seen at their aim: the share of the last full run of the first stage. May only
#: rise; a package that reaches its aim leaves this table. What is missing is printed at every run.
NOT_YET = {
    "audits": 89.5,
    "capture_sessions": 90.0,
    "mci_admin": 86.5,
    "mci_core": 99.2,
    "privacy_requests": 77.5,
    "reviews": 84.5,
}


def shares(report: dict[str, Any]) -> dict[str, float]:
    """Percent covered by package."""
    covered: dict[str, int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    for name, file in report["files"].items():
        package, found = Path(name).parts[0], file["summary"]
        covered[package] += found["covered_lines"]
        total[package] += found["num_statements"]
        if package not in LINES_ONLY:
            covered[package] += found["covered_branches"]
            total[package] += found["num_branches"]
    return {package: 100.0 * covered[package] / count for package, count in total.items() if count}


def below(found: dict[str, float]) -> list[str]:
    return [
        f"{package}: {share:.1f} % is below {floor(package):.1f} %"
        for package, share in sorted(found.items())
        if share < floor(package)
    ]


def aim(package: str) -> float:
    return LINES_ONLY.get(package, FLOOR)


def floor(package: str) -> float:
    return NOT_YET.get(package, aim(package))


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(target)]
        subprocess.run(command, check=True)
        report = json.loads(target.read_text(encoding="utf-8"))
    found = shares(report)
    for package, share in sorted(found.items()):
        short = "" if share >= aim(package) else f"  (aim: {aim(package):.0f} %)"
        sys.stdout.write(f"{package:<20} {share:6.2f} %{short}\n")
    missing = below(found)
    for line in missing:
        sys.stdout.write(f"coverage floor: {line}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

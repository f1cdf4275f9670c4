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


def floor(package: str) -> float:
    return LINES_ONLY.get(package, FLOOR)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(target)]
        subprocess.run(command, check=True)
        report = json.loads(target.read_text(encoding="utf-8"))
    found = shares(report)
    for package, share in sorted(found.items()):
        sys.stdout.write(f"{package:<20} {share:6.2f} %\n")
    missing = below(found)
    for line in missing:
        sys.stdout.write(f"coverage floor: {line}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes the golden vectors: inputs and the answers of `mci_core`, kept in git.

A change of behaviour shows as a changed vector, so that it is seen and meant; another implementation of the
formats can be checked against them. Run `python -m tests.vectors.regenerate` after an intended change and
read the diff.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.vectors import audit, decisions, formats

FOLDER = Path(__file__).parent
VECTORS: dict[str, Callable[[], dict[str, Any]]] = {
    "audit_log.json": audit.whole_log,
    "audit_notes.json": audit.signed_notes,
    "audit_proofs.json": audit.proofs_of_log,
    "canonical.json": formats.canonical_forms,
    "evaluator.json": decisions.evaluator,
    "jurisdiction.json": decisions.jurisdictions,
    "lease.json": formats.leases,
    "manifest.json": formats.manifests,
    "merkle.json": formats.merkle_trees,
    "policy.json": formats.policies,
    "policy_diff.json": decisions.diffs,
    "sites.json": decisions.sites,
}


def text(name: str) -> str:
    """What the file `name` has to hold."""
    return json.dumps(VECTORS[name](), indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def stale() -> list[str]:
    """Names of the files that hold something else."""
    return [
        name for name in VECTORS if not _path(name).exists() or _path(name).read_text("utf-8") != text(name)
    ]


def _path(name: str) -> Path:
    return FOLDER / name


def main(arguments: list[str]) -> int:
    """Write what changed; with --check only name it."""
    parser = argparse.ArgumentParser(prog="python -m tests.vectors.regenerate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file is not current")
    options = parser.parse_args(arguments)
    changed = stale()
    for name in changed:
        sys.stdout.write(f"{name} {'is not current' if options.check else 'written'}\n")
        if not options.check:
            _path(name).write_text(text(name), "utf-8")
    return 1 if changed and options.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

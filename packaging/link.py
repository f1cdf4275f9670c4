"""Puts ``mci-agent`` of this checkout into the virtual environment: changes need no installation."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = """#!{python}
import sys

sys.path.insert(0, {root!r})
from mci_agent.cli import main

sys.exit(main())
"""


def main() -> None:
    target = Path(sys.prefix) / "bin" / "mci-agent"
    # A shebang cannot hold a space: the shell finds the interpreter instead.
    python = f"/bin/sh\n''''exec \"{sys.executable}\" \"$0\" \"$@\" # '''"
    target.write_text(SCRIPT.format(python=python, root=str(ROOT)), encoding="utf-8")
    target.chmod(0o755)


if __name__ == "__main__":
    main()

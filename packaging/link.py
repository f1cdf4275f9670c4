"""Puts ``mci-agent`` of this checkout into the virtual environment, so that its changes need no installation."""

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
    python = "/bin/sh\n''''exec \"{0}\" \"$0\" \"$@\" # '''".format(sys.executable)
    target.write_text(SCRIPT.format(python=python, root=str(ROOT)), encoding="utf-8")
    target.chmod(0o755)


if __name__ == "__main__":
    main()

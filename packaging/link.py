"""Puts the commands of this checkout into the virtual environment: changes need no installation."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: The same as in packaging/agent/pyproject.toml.
COMMANDS = {
    "mci-agent": "mci_agent.cli",
    "mci-policy": "mci_agent.policy_cli",
    "mci-sign": "mci_agent.sign_cli",
    "mci-verify": "mci_agent.verify",
    "mci-witness": "mci_agent.witness_cli",
}
SCRIPT = """#!{python}
import sys

sys.path.insert(0, {root!r})
from {module} import main

sys.exit(main())
"""


def main() -> None:
    # A shebang cannot hold a space: the shell finds the interpreter instead.
    python = f"/bin/sh\n''''exec \"{sys.executable}\" \"$0\" \"$@\" # '''"
    for name, module in COMMANDS.items():
        target = Path(sys.prefix) / "bin" / name
        target.write_text(SCRIPT.format(python=python, root=str(ROOT), module=module), encoding="utf-8")
        target.chmod(0o755)


if __name__ == "__main__":
    main()

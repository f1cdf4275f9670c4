"""`python -m mci_agent` is `mci-agent`."""

from __future__ import annotations

import sys

from mci_agent.cli import main

if __name__ == "__main__":
    sys.exit(main())

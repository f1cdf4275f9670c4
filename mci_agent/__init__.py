"""The reference agent: it captures only what a signed lease and a signed policy allow, and says so openly.

It imports `mci_core` and nothing else of the project, so that its wheel needs no server parts.
"""

from __future__ import annotations

__version__ = "0.1.0"

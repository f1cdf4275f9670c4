"""Every verb on policies, by its subject: drafts, versions, the repository, releases, rollouts, stops."""

from __future__ import annotations

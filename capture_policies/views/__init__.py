"""Staff pages about policies, by subject: drafts and their parts, versions, releases and rollouts, stops."""

from __future__ import annotations

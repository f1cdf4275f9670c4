"""The verbs of reviews, split by meaning: samples, grants and views, verdicts and findings."""

from __future__ import annotations

from reviews.actions.findings import close_finding, open_finding, open_scan_findings, record_review
from reviews.actions.grants import close_grant, open_grant, record_view
from reviews.actions.samples import commit_sample, draw_sample

__all__ = [
    "close_finding",
    "close_grant",
    "commit_sample",
    "draw_sample",
    "open_finding",
    "open_grant",
    "open_scan_findings",
    "record_review",
    "record_view",
]

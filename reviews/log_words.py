"""What the audit log says in words about samples, looks at sessions and findings."""

from __future__ import annotations

WORDS = {
    "reviews.close_finding": "Closed a finding",
    "reviews.close_grant": "Closed a view grant",
    "reviews.commit_sample": "Committed to the seed of a sample",
    "reviews.draw_sample": "Drew a sample",
    "reviews.open_finding": "Opened a finding",
    "reviews.open_grant": "Opened a view grant",
    "reviews.record_review": "Gave a verdict on a session",
    "reviews.record_view": "Looked at a session",
}

"""Routes of what redaction rules would do."""

from __future__ import annotations

from tests.server.access.capture_policies import APPROVERS, _draft, _version
from tests.server.access.matrix import STAFF, Row

ROWS = [
    Row("capture_policies:version_effect", "GET", STAFF, kwargs=_version),
    Row("capture_policies:version_effect", "POST", APPROVERS, kwargs=_version),
    Row("capture_policies:draft_effect", "GET", APPROVERS, kwargs=_draft),
    Row("capture_policies:draft_effect", "POST", APPROVERS, kwargs=_draft),
    Row("capture_policies:rule_quality", "GET", STAFF),
]

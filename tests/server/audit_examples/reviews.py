"""Examples of the actions of reviews."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reviews import actions
from tests.server import looks, recordings
from tests.server.cast import REASON, Cast


def _commit_sample(cast: Cast) -> None:
    looks.committed(cast)


def _draw_sample(cast: Cast) -> None:
    looks.drawn(cast)


def _open_grant(cast: Cast) -> None:
    looks.grant(cast)


def _record_view(cast: Cast) -> None:
    looks.looked(cast)


def _close_grant(cast: Cast) -> None:
    actions.close_grant(grant=looks.looked(cast), actor=cast.actor("officer"))


def _record_review(cast: Cast) -> None:
    actions.record_review(
        grant=looks.looked(cast), verdict="clean", comment=REASON, actor=cast.actor("officer")
    )


def _open_finding(cast: Cast) -> None:
    actions.open_finding(
        session=recordings.available(cast), label="EMAIL", place="event 5, text", actor=cast.actor("officer")
    )


def _open_scan_findings(cast: Cast) -> str:
    looks.finding(cast)
    return "reviews.open_finding"


def _close_finding(cast: Cast) -> None:
    actions.close_finding(finding=looks.finding(cast), resolution=REASON, actor=cast.actor("officer"))


EXAMPLES: dict[str, Callable[[Cast], Any]] = {
    "reviews.commit_sample": _commit_sample,
    "reviews.draw_sample": _draw_sample,
    "reviews.open_grant": _open_grant,
    "reviews.record_view": _record_view,
    "reviews.close_grant": _close_grant,
    "reviews.record_review": _record_review,
    "reviews.open_finding": _open_finding,
    "reviews.open_scan_findings": _open_scan_findings,
    "reviews.close_finding": _close_finding,
}

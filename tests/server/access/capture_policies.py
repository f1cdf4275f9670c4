"""Routes of policies."""

from __future__ import annotations

from typing import Any

from agents.models import CaptureStop, StopDrill
from capture_policies.actions import rollouts, waves
from capture_policies.models import PolicyDraft, Rollout, SigningRequest, TufFile
from tests.server.access.matrix import EVERYBODY, PUBLIC, STAFF, Row
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, Desk, found_repository
from tests.server.cast import Cast

APPROVERS = {"admin", "privacy_officer", "ml_staff"}
AUTHORS = {"admin", "ml_staff"}
DECIDING = {"admin", "privacy_officer"}
NOBODY: set[str] = set()
REASON = {"reason": "x"}
DECISION = {"digest": "0" * 64, "reason": "x"}


def _desk(cast: Cast) -> Desk:
    found_repository()
    return Desk(cast)


def _draft(cast: Cast) -> dict[str, Any]:
    found = PolicyDraft.objects.filter(state="open").first()
    return {"pk": (found or _desk(cast).draft()).pk}


def _entry(cast: Cast) -> dict[str, Any]:
    draft = _desk(cast).draft()
    return {"pk": draft.pk, "entry": draft.entries.get().pk}


def _rule(cast: Cast) -> dict[str, Any]:
    draft = _desk(cast).draft()
    return {"pk": draft.pk, "rule": draft.rules.get().pk}


def _keyed(key: str) -> Any:
    return lambda cast: {**_draft(cast), "key": key}


def _version(cast: Cast) -> dict[str, Any]:
    """Of an author who is none of those who ask."""
    desk = _desk(cast)
    return {"pk": desk.version(author=cast.second_admin).pk}


def _approval(cast: Cast) -> dict[str, Any]:
    desk = _desk(cast)
    version = desk.approve(desk.version(author=cast.second_admin), cast.second_officer)
    return {"pk": version.approvals.get().pk}


def _release(cast: Cast) -> dict[str, Any]:
    return {"pk": _desk(cast).release(author=cast.second_admin).pk}


def _live(cast: Cast) -> dict[str, Any]:
    """A live release, on an empty fleet; the address names nothing."""
    release = _desk(cast).release(author=cast.second_admin)
    made = rollouts.start_rollout(release=release, reason="x", actor=cast.actor("officer"))
    while waves.advance_rollout(rollout_id=made.pk, actor=cast.system()):
        made.waves.update(soak_seconds=0)
    return {}


def _rollout(cast: Cast) -> dict[str, Any]:
    desk = _desk(cast)
    release = desk.release(author=cast.second_admin)
    return {
        "pk": rollouts.start_rollout(release=release, reason="x", actor=desk.actor(cast.second_officer)).pk
    }


def _held(cast: Cast) -> dict[str, Any]:
    found = _rollout(cast)
    Rollout.objects.filter(**found).update(state="held")
    return found


def _wave(cast: Cast) -> dict[str, Any]:
    return {**_rollout(cast), "number": 2}


def _drill(cast: Cast) -> dict[str, Any]:
    found, _ = StopDrill.objects.get_or_create(scope="programme", reason="x", started_by=cast.officer)
    return {"pk": found.pk}


def _stop(cast: Cast) -> dict[str, Any]:
    made = CaptureStop.objects.create(
        scope="place", scope_value="DE", reason="x", stopped_by=cast.second_admin
    )
    return {"pk": made.pk}


def _asked(cast: Cast) -> dict[str, Any]:
    found = _stop(cast)
    CaptureStop.objects.filter(**found).update(restart_requested_by=cast.second_officer)
    return found


def _root(cast: Cast) -> dict[str, Any]:
    found_repository()
    return {"name": "1.root.json"}


def _signing_request(cast: Cast) -> dict[str, Any]:
    return {"pk": SigningRequest.objects.create(kind="root", reason="test", root=b"{}", root_version=2).pk}


def _lease_keys(cast: Cast) -> dict[str, Any]:
    found_repository()
    return {"name": TufFile.objects.get(kind="target").name}


def _live_entry(cast: Cast) -> dict[str, Any]:
    """An entry of a release that went out to everybody."""
    release = _desk(cast).release(author=cast.second_admin)
    release.rollouts.create(state="done", reason="x")
    return {"entry": "jira"}


def _page(name: str, allowed: Any, kwargs: Any = None, *, also_get: bool = True) -> list[Row]:
    """A form: shown and sent."""
    methods = ("GET", "POST") if also_get else ("POST",)
    return [Row(f"capture_policies:{name}", method, allowed, kwargs=kwargs or {}) for method in methods]


def _post(name: str, allowed: Any, kwargs: Any) -> list[Row]:
    return _page(name, allowed, kwargs, also_get=False)


def _api(name: str, allowed: Any, method: str = "GET", kwargs: Any = None, data: Any = None) -> Row:
    return Row(f"capture_policies_api:{name}", method, allowed, kwargs=kwargs or {}, data=data or {})


ALLOWLIST_ROWS = [
    Row("capture_policies:allowlist", "GET", STAFF),
    Row("capture_policies:allowlist_csv", "GET", STAFF),
    Row("capture_policies:allowlist_yaml", "GET", STAFF),
    Row("capture_policies:allowlist_entry", "GET", STAFF, kwargs=_live_entry),
    *_post("allowlist_propose", AUTHORS, _live_entry),
    *_page("draft_catalogue", AUTHORS, _draft),
    *_page("draft_import", AUTHORS, _draft),
    Row("capture_policies:draft_csv", "GET", APPROVERS, kwargs=_draft),
    Row("capture_policies:draft_yaml", "GET", APPROVERS, kwargs=_draft),
    _api("allowlist", STAFF),
]

ROWS = [
    *ALLOWLIST_ROWS,
    Row("capture_policies:draft_list", "GET", APPROVERS),
    *_page("draft_new", AUTHORS),
    Row("capture_policies:draft_detail", "GET", APPROVERS, kwargs=_draft),
    Row("capture_policies:draft_try", "GET", APPROVERS, kwargs=_draft),
    *_page("draft_settings", AUTHORS, _draft),
    *_post("draft_submit", AUTHORS, _draft),
    *_post("draft_discard", AUTHORS, _draft),
    *_page("draft_entry_new", AUTHORS, _draft),
    *_page("draft_entry", AUTHORS, _entry),
    *_post("draft_entry_remove", AUTHORS, _entry),
    *_page("draft_rule_new", AUTHORS, _draft),
    *_page("draft_rule", AUTHORS, _rule),
    *_post("draft_rule_remove", AUTHORS, _rule),
    Row("capture_policies:version_list", "GET", STAFF),
    Row("capture_policies:version_detail", "GET", STAFF, kwargs=_version),
    Row("capture_policies:version_try", "GET", STAFF, kwargs=_version),
    Row("capture_policies:version_document", "GET", STAFF, kwargs=_version),
    Row("capture_policies:version_compare", "GET", STAFF, kwargs=_version),
    Row("capture_policies:version_captured", "GET", STAFF, kwargs=_version),
    *_page("version_approve", APPROVERS, _version),
    *_page("version_reject", APPROVERS, _version),
    *_page("version_changes", APPROVERS, _version),
    *_page("version_withdraw", APPROVERS, _version),
    *_page("version_comment", APPROVERS, _version),
    Row("capture_policies:explain", "GET", STAFF),
    Row("capture_policies:explain_compare", "GET", STAFF),
    _api("explain", STAFF, "POST"),
    Row("capture_policies:release_list", "GET", STAFF),
    *_page("rollout_new", DECIDING, _release),
    *_page("release_rollback", DECIDING, _release),
    Row("capture_policies:rollout_list", "GET", STAFF),
    Row("capture_policies:rollout_detail", "GET", STAFF, kwargs=_rollout),
    *_post("rollout_hold", DECIDING, _rollout),
    *_post("rollout_resume", DECIDING, _held),
    *_post("rollout_halt", DECIDING, _rollout),
    *_page("rollout_wave", DECIDING, _wave),
    Row("capture_policies:stop", "GET", STAFF),
    *_page("stop_new", DECIDING),
    Row("capture_policies:stop_detail", "GET", STAFF, kwargs=_stop),
    *_page("stop_restart", DECIDING, _stop),
    *_post("stop_confirm", DECIDING, _asked),
    Row("capture_policies:stop_drills", "GET", STAFF),
    *_page("stop_drill_new", DECIDING),
    Row("capture_policies:stop_drill", "GET", STAFF, kwargs=_drill),
    *_post("stop_drill_end", DECIDING, _drill),
    Row("capture_policies_me:captured", "GET", EVERYBODY),
    Row("capture_policies_agent:tuf", "GET", PUBLIC, kwargs=_root),
    Row("capture_policies_agent:release", "GET", PUBLIC, kwargs=_lease_keys),
    Row("capture_policies:keys", "GET", STAFF),
    Row(
        "capture_policies:signing_request_withdraw",
        "POST",
        {"admin", "privacy_officer"},
        kwargs=_signing_request,
        data={"reason": "Nobody signs it"},
    ),
    Row("capture_policies_agent:signing_request", "GET", {"device"}),
    Row(
        "capture_policies_agent:signing_request_sign",
        "POST",
        {"device"},
        kwargs={"request_id": "00000000-0000-0000-0000-000000000001"},
    ),
    _api("draft-list", APPROVERS),
    _api("draft-list", AUTHORS, "POST"),
    _api("draft-from-document", AUTHORS, "POST"),
    _api("draft-detail", APPROVERS, "GET", _draft),
    _api("draft-detail", AUTHORS, "PATCH", _draft),
    _api("draft-entries", AUTHORS, "POST", _draft, EXCEL),
    _api("draft-entry", AUTHORS, "DELETE", _keyed("jira")),
    _api("draft-rules", AUTHORS, "POST", _draft, CUSTOMERS),
    _api("draft-rule", AUTHORS, "DELETE", _keyed("customers")),
    _api("draft-submit", AUTHORS, "POST", _draft),
    _api("draft-discard", AUTHORS, "POST", _draft),
    _api("version-list", STAFF),
    _api("version-detail", STAFF, "GET", _version),
    # A token never has a fresh second factor: nobody decides with one.
    _api("version-approve", NOBODY, "POST", _version, DECISION),
    _api("version-reject", NOBODY, "POST", _version, DECISION),
    _api("version-request-changes", NOBODY, "POST", _version, DECISION),
    _api("version-withdraw", NOBODY, "POST", _version, REASON),
    _api("version-difference", STAFF, "GET", _version),
    _api("version-comments", APPROVERS, "GET", _version),
    _api("version-comments", APPROVERS, "POST", _version, {"text": "x"}),
    _api("approval-list", STAFF),
    _api("approval-detail", STAFF, "GET", _approval),
    _api("release-list", STAFF),
    _api("release-detail", STAFF, "GET", _release),
    _api("release-document", STAFF, "GET", _release),
    _api("release-live", STAFF, "GET", _live),
    _api("release-roll-back", DECIDING, "POST", _release, REASON),
    _api("rollout-list", STAFF),
    _api("rollout-list", DECIDING, "POST"),
    _api("rollout-detail", STAFF, "GET", _rollout),
    _api("rollout-hold", DECIDING, "POST", _rollout, REASON),
    _api("rollout-resume", DECIDING, "POST", _held, REASON),
    _api("rollout-halt", DECIDING, "POST", _rollout, REASON),
]

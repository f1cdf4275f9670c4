"""Act 7: an auditor finds every step of the others in the log, and reads no reason and no content."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.job import sessions
from tests.browser.job.scene import Scene, row
from tests.browser.support import Walk

STEPS = (
    "capture_policies.create_draft",
    "capture_policies.put_entry",
    "capture_policies.put_rule",
    "capture_policies.submit_draft",
    "capture_policies.approve_version",
    "capture_policies.sign_release",
    "capture_policies.start_rollout",
    "agents.enrol_device",
    "agents.record_acks",
    "capture_sessions.accept_upload",
    "capture_sessions.record_scan",
    "reviews.commit_sample",
    "reviews.draw_sample",
    "reviews.open_grant",
    "reviews.record_view",
    "reviews.record_review",
    "reviews.close_grant",
    "jurisdictions.publish_notice",
    "jurisdictions.acknowledge_notice",
    "privacy_requests.submit_request",
    "privacy_requests.approve_request",
    "capture_sessions.erase_sessions",
    "accounts.destroy_person_keys",
    "agents.order_purge",
    "agents.finish_command",
    "agents.open_stop",
    "agents.request_restart",
    "agents.confirm_restart",
)


def read_the_log(scene: Scene) -> None:
    walk = scene.sign_in("auditor")
    walk.step("40-home-of-an-auditor")
    walk.page.get_by_role("link", name="Audit log", exact=True).click()
    walk.step("41-audit-log")
    missing = [action for action in STEPS if not _entries(walk, action)]
    assert missing == []
    walk.go("/audit/?action=reviews.open_grant")
    expect(row(walk, "Officer One")).to_have_count(1)
    walk.page.locator("a.row-link").first.click()
    main = walk.page.locator("main")
    expect(main).to_contain_text("Only privacy officers see them")
    expect(main).not_to_contain_text(sessions.REASON)
    walk.step("42-entry-as-an-auditor")
    officer = scene.walks["officer"]
    officer.go(walk.page.url.removeprefix(walk.base))
    # The person whose session it was has been erased since: the reason went with them, the entry stays.
    expect(officer.page.locator("main")).to_contain_text("were erased with the data of the person")
    expect(officer.page.locator("main")).not_to_contain_text(sessions.REASON)
    officer.step("43-entry-as-an-officer")


def _entries(walk: Walk, action: str) -> int:
    """How many the filter of the page finds; asked for without drawing the page each time."""
    answer = walk.page.request.get(f"{walk.base}/audit/", params={"action": action})
    assert answer.ok
    return answer.text().count(f">{action}</code>")

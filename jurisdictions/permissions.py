"""Who may see the law packs, and who records what a law asks for before capture."""

from __future__ import annotations

ADMIN, OFFICER, ML, AUDITOR = "admin", "privacy_officer", "ml_staff", "auditor"
EMPLOYEE, SYSTEM = "employee", "system"

PERMISSIONS: dict[str, frozenset[str]] = {
    "jurisdictions.view": frozenset({ADMIN, OFFICER, ML, AUDITOR}),
    "jurisdictions.load_packs": frozenset({ADMIN, SYSTEM}),
    "jurisdictions.publish_notice": frozenset({OFFICER, SYSTEM}),
    "jurisdictions.withdraw_notice": frozenset({OFFICER}),
    "jurisdictions.acknowledge_notice": frozenset({EMPLOYEE, SYSTEM}),
    "jurisdictions.record_agreement": frozenset({OFFICER}),
    "jurisdictions.end_agreement": frozenset({OFFICER}),
    "jurisdictions.review_pack": frozenset({OFFICER}),
    "jurisdictions.set_place_mode": frozenset({OFFICER}),
    "jurisdictions.look_at_places": frozenset({OFFICER}),
}

#: A notice, an agreement and a choice between laws open the way for capture; a look concerns one person.
FRESH_MFA: frozenset[str] = frozenset(
    {
        "jurisdictions.publish_notice",
        "jurisdictions.record_agreement",
        "jurisdictions.set_place_mode",
        "jurisdictions.look_at_places",
    }
)

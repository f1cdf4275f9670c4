"""What the audit log says in words about notices, agreements and law packs."""

from __future__ import annotations

WORDS = {
    "jurisdictions.acknowledge_notice": "Acknowledged a notice",
    "jurisdictions.end_agreement": "Ended an agreement",
    "jurisdictions.load_packs": "Loaded law packs",
    "jurisdictions.look_at_places": "Looked at where a person worked",
    "jurisdictions.publish_generated": "Published a generated notice",
    "jurisdictions.publish_notice": "Published a notice",
    "jurisdictions.record_agreement": "Recorded an agreement",
    "jurisdictions.review_pack": "Reviewed a law pack",
    "jurisdictions.set_place_mode": "Chose the way to notify at a place",
    "jurisdictions.withdraw_notice": "Withdrew a notice",
}

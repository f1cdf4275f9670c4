"""The verbs that open or close the way for capture: laws, notices, acknowledgements, agreements.

Each of them can change what the next lease of a device says, so the agents are told to ask again.
"""

from __future__ import annotations

from jurisdictions.actions.agreements import end_agreement, record_agreement
from jurisdictions.actions.notices import (
    MAX_NOTICE_LENGTH,
    acknowledge_notice,
    publish_generated,
    publish_notice,
    withdraw_notice,
)
from jurisdictions.actions.packs import PACKS, load_packs, review_pack, set_place_mode
from jurisdictions.actions.places import look_at_places

__all__ = [
    "MAX_NOTICE_LENGTH",
    "PACKS",
    "acknowledge_notice",
    "end_agreement",
    "load_packs",
    "look_at_places",
    "publish_generated",
    "publish_notice",
    "record_agreement",
    "review_pack",
    "set_place_mode",
    "withdraw_notice",
]

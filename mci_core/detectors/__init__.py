"""The default detector pack: which kinds of personal data and secrets every text is searched for.

The pack is always applied; a policy can add rules, it can take nothing away. Names are those that a rule
of type "detector" and a placeholder such as [EMAIL] use.
"""

from __future__ import annotations

from mci_core.detectors import (
    addresses,
    assignments,
    births,
    card,
    card_codes,
    commands,
    email,
    foreign,
    hardware,
    iban,
    identifiers,
    ip,
    jwt,
    names,
    national_ids,
    password,
    phone,
    private_key,
    secrets,
    sensitive,
    ssn,
    urls,
    vendor_tokens,
)
from mci_core.detectors.matching import Detector, Hit, fold
from mci_core.detectors.prefilter import scan

__all__ = ["DETECTORS", "LABELS", "PACK", "Detector", "Hit", "find_hits"]

# Strongest first: where two overlap, the first names the whole.
_ALL: tuple[Detector, ...] = (
    private_key.DETECTOR,
    jwt.DETECTOR,
    urls.DETECTOR,
    vendor_tokens.DETECTOR,
    iban.DETECTOR,
    card.DETECTOR,
    ssn.DETECTOR,
    national_ids.DETECTOR,
    card_codes.DETECTOR,
    email.DETECTOR,
    assignments.DETECTOR,
    secrets.DETECTOR,
    password.DETECTOR,
    commands.DETECTOR,
    foreign.DETECTOR,
    births.DETECTOR,
    identifiers.DETECTOR,
    phone.DETECTOR,
    ip.DETECTOR,
    hardware.DETECTOR,
    addresses.DETECTOR,
    names.DETECTOR,
    sensitive.HEALTH,
    sensitive.SPECIAL_CATEGORY,
)
DETECTORS: dict[str, Detector] = {detector.name: detector for detector in _ALL}
# What hits are called; a rule of type "detector" names one of these.
LABELS: tuple[str, ...] = tuple(
    dict.fromkeys([*DETECTORS, *(label for detector in _ALL for label in detector.labels)])
)
# The default pack: all that runs without being asked for.
PACK: tuple[Detector, ...] = tuple(detector for detector in _ALL if not detector.on_request)
_GATES = tuple(detector.gates for detector in PACK)


def find_hits(text: str) -> list[Hit]:
    """Everything that the pack finds, in no order and perhaps overlapping."""
    data, opened = scan(_GATES).look(fold(text))
    return [hit for index in opened for hit in PACK[index].find(data, text)]

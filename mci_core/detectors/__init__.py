"""The default detector pack: which kinds of personal data and secrets every text is searched for.

The pack is always applied; a policy can add rules, it can take nothing away. Names are those that a rule
of type "detector" and a placeholder such as [EMAIL] use.
"""

from __future__ import annotations

from mci_core.detectors import card, email, iban, ip, jwt, password, phone, private_key, secrets, ssn, urls
from mci_core.detectors.matching import Detector, Gates, Hit, fold

__all__ = ["DETECTORS", "LABELS", "Detector", "Hit", "find_hits"]

# Strongest first: where two overlap, the first names the whole.
_PACK: tuple[Detector, ...] = (
    private_key.DETECTOR,
    jwt.DETECTOR,
    urls.DETECTOR,
    iban.DETECTOR,
    card.DETECTOR,
    ssn.DETECTOR,
    email.DETECTOR,
    secrets.DETECTOR,
    password.DETECTOR,
    phone.DETECTOR,
    ip.DETECTOR,
)
DETECTORS: dict[str, Detector] = {detector.name: detector for detector in _PACK}
LABELS: tuple[str, ...] = tuple(DETECTORS)
_GATES = Gates([detector.gate for detector in _PACK])


def find_hits(text: str) -> list[Hit]:
    """Everything that the pack finds, in no order and perhaps overlapping."""
    data = fold(text)
    return [hit for index in _GATES.open_for(data) for hit in _PACK[index].find(data)]

"""A receipt is believed as it was signed, and in no other form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from agents.lease_keys import receipt_public_keys, server_id
from privacy_requests.receipts import sign_receipt, verify_receipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipt(settings: Any, tmp_path: Path) -> dict[str, Any]:
    settings.KEYS_DIR = tmp_path
    return sign_receipt({"schema": "mci-receipt/1", "request": 7, "objects": 3})


def test_a_receipt_is_believed(receipt: dict[str, Any]) -> None:
    assert verify_receipt(receipt)


@pytest.mark.parametrize(
    "changes", [{"objects": 2}, {"kid": "another"}, {"signature": "!"}, {"signature": "AAAA"}, {"extra": 1}]
)
def test_a_changed_receipt_is_not(receipt: dict[str, Any], changes: dict[str, Any]) -> None:
    assert not verify_receipt({**receipt, **changes})


def test_its_key_is_fetched_without_an_account(receipt: dict[str, Any], client: Client) -> None:
    published = client.get("/receipts/keys.json").json()
    assert published == {"issuer": server_id(), "keys": receipt_public_keys()}
    assert receipt["kid"] in published["keys"]
    assert client.post("/receipts/keys.json").status_code == 405

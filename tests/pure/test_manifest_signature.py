"""The upload manifest: whole, canonical, signed; one change and it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from mci_core import envelope, manifest
from mci_core.errors import Invalid
from tests.pure.building import DEVICE, NOW

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()


def made(**changes: Any) -> dict[str, Any]:
    doc: dict[str, Any] = {
        "schema": "mci-upload/1",
        "session_id": "0b6d6d43-7a53-4e0b-8f36-1d2f0c1e9a11",
        "device": DEVICE,
        "captured_from": NOW,
        "captured_to": NOW + 300,
        "release_number": 7,
        "policy_digest": "a" * 64,
        "ruleset_digest": "b" * 64,
        "lease_id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "place": "US-NY",
        "notice": "c" * 64,
        "event_count": 12,
        "parts": [
            {"index": 0, "kind": "events", "name": "events-0000.zst", "sha256": "d" * 64, "bytes": 900}
        ],
        "report": {"masked": {"EMAIL": 1}},
    }
    return {**doc, **changes}


def refused(doc: Any, signature: str, key: Any = PUBLIC) -> Invalid:
    with pytest.raises(Invalid) as caught:
        manifest.verify_manifest(doc, signature, key)
    return caught.value


def test_a_signed_manifest_is_accepted_with_the_key_or_its_bytes() -> None:
    signature = manifest.sign_manifest(made(), KEY)
    manifest.verify_manifest(made(), signature, PUBLIC)
    manifest.verify_manifest(
        made(notice=None), manifest.sign_manifest(made(notice=None), KEY), PUBLIC.public_bytes_raw()
    )


def test_the_spelling_of_the_json_does_not_matter() -> None:
    signature = manifest.sign_manifest(made(), KEY)
    spelled = json.loads(json.dumps(dict(reversed(made().items())), indent=3))
    manifest.verify_manifest(spelled, signature, PUBLIC)
    assert manifest.session_digest(spelled) == manifest.session_digest(made())


@pytest.mark.parametrize(
    "changes",
    [
        {"captured_to": NOW + 301},
        {"release_number": 8},
        {"policy_digest": "f" * 64},
        {"ruleset_digest": "f" * 64},
        {"lease_id": "1b4e28ba-2fa1-41d2-883f-0016d3cca428"},
        {"place": "US-CA"},
        {"notice": "f" * 64},
        {"event_count": 13},
        {"report": {}},
    ],
)
def test_one_change_and_the_signature_does_not_fit(changes: dict[str, Any]) -> None:
    signature = manifest.sign_manifest(made(), KEY)
    assert refused(made(**changes), signature).code == "bad_signature"
    assert manifest.session_digest(made(**changes)) != manifest.session_digest(made())


@pytest.mark.parametrize("signature", ["", "x", "*" * 86, "é" * 86, "A" * 86, "A" * 90])
def test_what_is_no_signature_of_the_device_is_refused(signature: str) -> None:
    error = refused(made(), signature)
    assert (error.code, error.field) == ("bad_signature", "signature")


def test_another_key_or_no_key_is_refused() -> None:
    signature = manifest.sign_manifest(made(), KEY)
    assert refused(made(), signature, Ed25519PrivateKey.generate().public_key()).code == "bad_signature"
    assert refused(made(), signature, b"short").code == "bad_signature"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"schema": "mci-upload/2"}, "schema"),
        ({"session_id": "../../etc"}, "session_id"),
        ({"device": DEVICE.upper()}, "device"),
        ({"captured_from": -1}, "captured_from"),
        ({"captured_from": 1.5}, "captured_from"),
        ({"release_number": 0}, "release_number"),
        ({"policy_digest": "A" * 64}, "policy_digest"),
        ({"place": ""}, "place"),
        ({"notice": 5}, "notice"),
        ({"event_count": "many"}, "event_count"),
        ({"parts": []}, "parts"),
        ({"parts": [{**made()["parts"][0], "kind": "video"}]}, "parts[0].kind"),
        ({"parts": [{**made()["parts"][0], "name": "../x"}]}, "parts[0].name"),
        ({"parts": [{**made()["parts"][0], "sha256": "d"}]}, "parts[0].sha256"),
        ({"report": []}, "report"),
        ({"extra": 1}, "manifest"),
    ],
)
def test_a_manifest_that_is_not_whole_is_neither_signed_nor_accepted(
    changes: dict[str, Any], field: str
) -> None:
    error = refused(made(**changes), "")
    assert (error.code, error.field) == ("manifest_invalid", field)
    with pytest.raises(Invalid):
        manifest.sign_manifest(made(**changes), KEY)


def test_a_missing_field_is_refused() -> None:
    for name in made():
        doc = made()
        del doc[name]
        assert refused(doc, "").code == "manifest_invalid"


LINES = st.lists(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=20), max_size=4), max_size=20
)


@given(LINES)
def test_packed_lines_come_back_in_order(lines: list[dict[str, Any]]) -> None:
    parts = list(manifest.pack_lines(lines))
    text = b"".join(envelope.unpack(part, 10_000_000) for part in parts).decode()
    assert [json.loads(line) for line in text.split("\n")[:-1]] == lines


def test_no_lines_make_no_part_and_many_make_parts_below_one_mebibyte() -> None:
    assert list(manifest.pack_lines([])) == []
    lines = [{"type": "text", "text": bytes(range(256)).hex() * 10, "seq": seq} for seq in range(1000)]
    parts = list(manifest.pack_lines(lines))
    assert len(parts) > 1
    assert all(len(envelope.unpack(part, 1 << 20)) <= manifest.MAX_RAW_PART for part in parts)
    assert b"".join(envelope.unpack(part, 1 << 20) for part in parts).count(b"\n") == 1000

"""The golden vectors are what the code answers today, and can be replayed from the files alone."""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mci_agent.follow import Follower
from mci_core import canonical, lease, manifest, merkle, policy
from mci_core.evaluator import StreamEvaluator, decide
from tests.pure.building import DEVICE, NOW
from tests.vectors import regenerate
from tests.vectors.decisions import evaluate, lease_of


def read(name: str) -> Any:
    return json.loads((regenerate.FOLDER / name).read_text("utf-8"))


def public_key(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(text + "="))


@pytest.mark.parametrize("name", regenerate.VECTORS)
def test_a_vector_file_is_current(name: str) -> None:
    assert (regenerate.FOLDER / name).read_text("utf-8") == regenerate.text(name), (
        "run python -m tests.vectors.regenerate and read the diff"
    )


def test_the_check_names_stale_files_and_writing_mends_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(regenerate, "FOLDER", tmp_path)
    assert regenerate.main(["--check"]) == 1
    assert "merkle.json is not current" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
    assert regenerate.main([]) == 0
    assert regenerate.main(["--check"]) == 0


@pytest.mark.parametrize("case", read("evaluator.json")["cases"], ids=lambda case: case["name"])
def test_the_evaluator_answers_as_the_file_says(case: dict[str, Any]) -> None:
    assert evaluate(case) == case["answers"]


@pytest.mark.parametrize("case", read("evaluator.json")["cases"], ids=lambda case: case["name"])
def test_preview_ingest_and_agent_answer_alike(case: dict[str, Any]) -> None:
    """A preview asks about one event, the agent follows the focus, the server sees what is left."""
    made, lease = policy.parse(case["policy"]), lease_of(case)
    stream, agent = StreamEvaluator(made, case["platform"]), Follower(case["platform"])
    for event, answer in zip(case["events"], case["answers"], strict=True):
        asked = deepcopy(stream.state)
        asked.before(event)
        alone = decide(event, asked.foreground, made, lease, case["now"], consent=asked.consent, state=asked)
        decision = stream.step(event, lease, case["now"])
        assert alone == decision == agent.step(event, made, lease, case["now"])
        assert answer["reason"] == decision.reason.value
        assert answer["ingest"] is None


def test_digests_follow_from_the_documents_in_the_files() -> None:
    for case in read("canonical.json")["cases"]:
        assert canonical.dumps(case["value"]).decode() == case["canonical"]
    for case in read("policy.json")["cases"]:
        made = policy.parse(case["canonical"].encode())
        assert (made.digest, made.ruleset_digest) == (case["policy_digest"], case["ruleset_digest"])


def test_signatures_in_the_files_verify() -> None:
    leases, manifests = read("lease.json"), read("manifest.json")
    keys = {"k1": public_key(leases["public_key"])}
    for case in leases["cases"]:
        found = lease.decode(case["token"], keys, audience_device=DEVICE, now=NOW, clock_floor=NOW)
        assert found.state == case["lease"]["state"]
    for case in manifests["cases"]:
        manifest.verify_manifest(case["manifest"], case["signature"], public_key(manifests["public_key"]))


def test_proofs_in_the_files_verify() -> None:
    for case in read("merkle.json")["cases"]:
        leaves, top = (
            [merkle.leaf_hash(item.encode()) for item in case["leaves"]],
            bytes.fromhex(case["root"]),
        )
        for index, proof in enumerate(case["inclusion"]):
            nodes = [bytes.fromhex(node) for node in proof]
            assert merkle.verify_inclusion(leaves[index], index, len(leaves), nodes, top)
        for old, proof in enumerate(case["consistency_from_1"], start=1):
            nodes = [bytes.fromhex(node) for node in proof]
            assert merkle.verify_consistency(old, len(leaves), merkle.root(leaves[:old]), top, nodes)

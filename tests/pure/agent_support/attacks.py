"""What somebody may try with the signed files, each as a change of the repository that the clients see next.

Both clients are asked: our agent, which must answer with ``code``, and an independent client of The Update
Framework, whose words must hold ``other`` (a regular expression).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import MetaFile

from tests.pure.agent_support.repository import Repository

UNSIGNED = r"was signed by \d/\d keys"


@dataclass(frozen=True)
class Attack:
    """``begin`` happens after the client has seen the good state."""

    begin: Callable[[Repository], None]
    code: str
    other: str

    def __str__(self) -> str:
        return self.begin.__name__


def rollback_of_the_timestamp(repository: Repository) -> None:
    """The state of before is served again."""
    repository.files["timestamp.json"] = repository.before["timestamp.json"]


def rollback_of_the_snapshot(repository: Repository) -> None:
    """With the timestamp key alone: a newer timestamp names the older snapshot."""
    repository.timestamp.version += 1
    repository.timestamp.snapshot_meta = MetaFile(version=repository.snapshot.version - 1)
    repository.files["timestamp.json"] = repository.signed(repository.timestamp)


def rollback_of_the_targets(repository: Repository) -> None:
    """With the keys of snapshot and timestamp: they name the older targets."""
    older = repository.content.version - 1
    repository.publish()
    repository.snapshot.meta["targets.json"] = MetaFile(version=older)
    repository.publish_snapshot()


def freeze(repository: Repository) -> None:
    """Nothing new is served for longer than a timestamp lives."""
    repository.timestamp.expires = repository.day(-1)
    repository.publish_timestamp()


def mix_and_match(repository: Repository) -> None:
    """A snapshot of one state with the timestamp of another."""
    repository.publish()
    good = repository.files[f"{repository.snapshot.version}.snapshot.json"]
    repository.files[f"{repository.snapshot.version}.snapshot.json"] = good[:-3] + b"\n\n\n"


def other_targets_under_the_number(repository: Repository) -> None:
    """The targets of another state under the number that the snapshot names."""
    repository.publish()
    number = repository.content.version
    repository.files[f"{number}.targets.json"] = repository.files[f"{number - 1}.targets.json"]


def endless_data(repository: Repository) -> None:
    """A file that never ends."""
    repository.endless.add("timestamp.json")


def a_huge_file(repository: Repository) -> None:
    repository.files["timestamp.json"] = b" " * 100_000


def another_key(repository: Repository) -> None:
    repository.signers["timestamp"] = CryptoSigner.generate_ed25519()
    repository.publish_timestamp()


def revoked_key(repository: Repository) -> None:
    """A new root named another key; the old one still signs."""
    old = repository.replace_key("timestamp")
    repository.signers["timestamp"] = old
    repository.publish_timestamp()


def root_by_one_of_two(repository: Repository) -> None:
    repository.publish_root(signers=repository.root_signers[:1])


def root_by_strangers(repository: Repository) -> None:
    """Two signatures, of keys that are no root keys."""
    repository.publish_root(signers=[CryptoSigner.generate_ed25519() for _ in range(2)])


def online_keys_without_targets(repository: Repository) -> None:
    """Stolen: snapshot and timestamp. Wanted: other targets."""
    repository.signers["targets"] = CryptoSigner.generate_ed25519()
    repository.publish()


def stolen_server(repository: Repository) -> None:
    """Ceremony mode: all keys of the server, and two that the thief has made."""
    repository.approvers = [CryptoSigner.generate_ed25519() for _ in range(2)]
    repository.publish()


def one_signature_of_two_approvers(repository: Repository) -> None:
    """Ceremony mode: one approver alone, with all keys of the server."""
    repository.approvers = repository.approvers[:1]
    repository.publish()


def the_same_signature_twice(repository: Repository) -> None:
    """Ceremony mode: one approver signs under two names."""
    import json

    repository.approvers = repository.approvers[:1]
    repository.publish()
    name = f"{repository.content.version}.targets.json"
    document = json.loads(repository.files[name])
    wanted = repository.root.roles["targets"].keyids
    only = document["signatures"][0]
    document["signatures"] = [{**only, "keyid": key_id} for key_id in wanted]
    repository.files[name] = json.dumps(document).encode()


def policy_below_the_lease_keys(repository: Repository) -> None:
    """Ceremony mode, all online keys stolen: a policy in the role that may only list lease keys."""
    repository.add_release(99, b"{}", role=repository.leases)
    repository.publish_leases()


def garbage(repository: Repository) -> None:
    repository.files["timestamp.json"] = b"{}"


#: Against a repository whose targets one online key signs.
ATTACKS = (
    Attack(rollback_of_the_timestamp, "metadata_rollback", "is less than current version"),
    Attack(rollback_of_the_snapshot, "metadata_rollback", "is less than current version"),
    Attack(rollback_of_the_targets, "metadata_rollback", "is less than current version"),
    Attack(freeze, "metadata_expired", "expired"),
    Attack(mix_and_match, "metadata_mismatch", "Expected hash"),
    Attack(other_targets_under_the_number, "metadata_rollback", "does not match snapshot version"),
    Attack(endless_data, "metadata_endless", "DownloadLengthMismatchError"),
    Attack(a_huge_file, "metadata_endless", "DownloadLengthMismatchError"),
    Attack(another_key, "metadata_unsigned", UNSIGNED),
    Attack(revoked_key, "metadata_unsigned", UNSIGNED),
    Attack(root_by_one_of_two, "metadata_unsigned", UNSIGNED),
    Attack(root_by_strangers, "metadata_unsigned", UNSIGNED),
    Attack(online_keys_without_targets, "metadata_unsigned", UNSIGNED),
    Attack(garbage, "metadata_broken", "ValueError|TypeError"),
)
#: Against one whose targets need two approvers: everything that lies on the server is stolen.
CEREMONY_ATTACKS = (
    Attack(stolen_server, "metadata_unsigned", UNSIGNED),
    Attack(one_signature_of_two_approvers, "metadata_unsigned", UNSIGNED),
    Attack(the_same_signature_twice, "metadata_unsigned", UNSIGNED),
)

"""What an approver is asked to sign, in words, and what is refused before anybody is asked.

The rules:
 1. A new root is signed by enough keys of the root that this approver trusts already, and by its own.
 2. The targets to sign follow the signed ones without a gap and run out within a year.
 3. Only the list of lease keys may be delegated; whoever holds that role can put no policy there.
 4. What was signed before stays as it was, or goes. Every other file is a policy with a higher number than
    all before, its bytes have the signed digest, and it is in canonical form.
 5. Every new policy is compared with every one that was offered before, by the prover of the core. Whatever
    is not provably narrower is wider.

Everything here works on bytes and times; nothing is fetched or signed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tuf.api import exceptions as tuf_errors
from tuf.api.metadata import Metadata, Root, TargetFile, Targets

from mci_agent.errors import PolicyRefused
from mci_agent.trusted_policy import LEASE_KEYS, accept_release
from mci_core import canonical, policy_diff
from mci_core.policy_model import Change, Direction, Policy

LEASES = "leases"
LONGEST_LIFE = dt.timedelta(days=366)
_POLICY = re.compile(r"policy-([1-9][0-9]{0,8})\.json")
_ROLE_WORDS = {
    "root": "new roots",
    "targets": "releases",
    "snapshot": "which files belong together",
    "timestamp": "that this is the newest state",
}


@dataclass(frozen=True)
class Review:
    """Sentences in the order in which they are shown; each change with its direction."""

    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()
    direction: Direction = "neutral"


@dataclass(frozen=True)
class Offered:
    """The policies that are signed already, by their number."""

    policies: Mapping[int, Policy] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        return max(self.policies, default=0)


def next_root(trusted: Metadata[Root], data: bytes) -> Metadata[Root]:
    """Rule 1."""
    found = parsed_root(data)
    try:
        trusted.signed.verify_delegate("root", found.signed_bytes, found.signatures)
        found.signed.verify_delegate("root", found.signed_bytes, found.signatures)
    except (tuf_errors.RepositoryError, ValueError) as error:
        raise PolicyRefused("root_not_signed", "The new root lacks signatures of root keys.") from error
    if found.signed.version != trusted.signed.version + 1:
        raise PolicyRefused("root_number", "The new root does not follow the one that you trust.")
    return found


def parsed_root(data: bytes) -> Metadata[Root]:
    """A root in these bytes, whoever signed it."""
    try:
        return Metadata[Root].from_bytes(data)
    except (tuf_errors.RepositoryError, ValueError) as error:
        raise PolicyRefused("root_broken", "These bytes are no root.") from error


def parsed_targets(data: bytes) -> Metadata[Targets]:
    """Targets in these bytes, whoever signed them."""
    try:
        return Metadata[Targets].from_bytes(data)
    except (tuf_errors.RepositoryError, ValueError) as error:
        raise PolicyRefused("targets_broken", "These bytes are no list of releases.") from error


def root_changes(old: Root | None, new: Root) -> list[str]:
    """Whose keys count from this root on, in sentences."""
    words = [f"Root {new.version} runs out on {new.expires:%Y-%m-%d}."]
    for role, meaning in _ROLE_WORDS.items():
        before = set(old.roles[role].keyids) if old else set()
        after = set(new.roles[role].keyids)
        needed, was = new.roles[role].threshold, old.roles[role].threshold if old else 0
        if before != after or needed != was:
            words.append(f"{needed} of {len(after)} keys sign {meaning}.")
        words += [f"  new key for {role}: {key_id}" for key_id in sorted(after - before)]
        words += [f"  no longer a key for {role}: {key_id}" for key_id in sorted(before - after)]
    return words


def new_files(old: Targets, new: Targets) -> dict[str, TargetFile]:
    """Rules 2 to 4 without the bytes: the files that the approver has not seen signed before."""
    if new.version != old.version + 1:
        raise PolicyRefused("targets_number", "This list of releases does not follow the signed one.")
    _check_delegations(new)
    for name, info in new.targets.items():
        if name in old.targets and old.targets[name] != info:
            raise PolicyRefused("target_changed", f"{name} was signed before with other content.")
    added = {name: info for name, info in new.targets.items() if name not in old.targets}
    newest = max((_number(name) for name in old.targets if name != LEASE_KEYS), default=0)
    for name in added:
        if _number(name) <= newest:
            raise PolicyRefused("release_older", f"{name} has a lower number than a release before it.")
    return added


def check_life(new: Targets, now: int) -> None:
    """Rule 2: neither over already nor for ever."""
    at = dt.datetime.fromtimestamp(now, dt.UTC)
    if not at < new.expires <= at + LONGEST_LIFE:
        raise PolicyRefused("targets_life", "This list of releases runs out too early or too late.")


def accepted_policy(name: str, info: TargetFile, data: bytes) -> Policy:
    """Rule 4: the policy in the bytes of a file that is to be signed, or was."""
    try:
        info.verify_length_and_hashes(data)
    except tuf_errors.LengthOrHashMismatchError as error:
        raise PolicyRefused("release_digest", f"The bytes of {name} are not those to be signed.") from error
    return accept_release(data, info.custom, number=_number(name), digest=canonical.digest(data))


def review(old: Targets, new: Targets, offered: Offered, added: Mapping[str, Policy]) -> Review:
    """Rule 5, and everything else that changes."""
    changes: list[Change] = []
    gone = sorted(set(old.targets) - set(new.targets) - {LEASE_KEYS})
    notes = [f"{name} is no longer offered." for name in gone]
    if _delegated_keys(old) != _delegated_keys(new):
        notes.append("Another key of the server signs the list of lease keys.")
    notes.append(f"This list of releases runs out on {new.expires:%Y-%m-%d}.")
    directions: set[Direction] = set()
    for name, found in sorted(added.items(), key=lambda item: _number(item[0])):
        notes += _compared(name, found, offered, directions)
        changes += policy_diff.diff(offered.policies.get(offered.newest), found)
    return Review(tuple(changes), tuple(notes), _worst(directions))


def _compared(name: str, found: Policy, offered: Offered, directions: set[Direction]) -> list[str]:
    """One sentence for each policy that was offered before."""
    if not offered.policies:
        directions.add("wider")
        return [f"{name}: the first release. Nothing was captured before it."]
    words = []
    for number, before in sorted(offered.policies.items()):
        way = policy_diff.direction(before, found)
        directions.add(way)
        same = before.digest == found.digest
        words.append(
            f"{name}: {'the same content as' if same else f'{way}, compared with'} release {number}."
        )
    return words


def _worst(directions: set[Direction]) -> Direction:
    if "wider" in directions:
        return "wider"
    return "narrower" if "narrower" in directions else "neutral"


def _check_delegations(new: Targets) -> None:
    """Rule 3."""
    if new.delegations is None:
        return
    roles = new.delegations.roles or {}
    alone = set(roles) == {LEASES} and new.delegations.succinct_roles is None
    if not alone or roles[LEASES].paths != [LEASE_KEYS]:
        raise PolicyRefused("delegation", "This list of releases lets other keys sign more than lease keys.")


def _delegated_keys(targets: Targets) -> Any:
    roles = targets.delegations.roles if targets.delegations else None
    return set(roles[LEASES].keyids) if roles and LEASES in roles else None


def _number(name: str) -> int:
    found = _POLICY.fullmatch(name)
    if found is None:
        raise PolicyRefused("target_unknown", f"{name} is no release.")
    return int(found[1])

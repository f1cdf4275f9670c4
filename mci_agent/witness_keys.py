"""How a witness follows a log from one key to the next, by what the log itself has signed.

What confirms a new key is the entry of the change under a checkpoint of a key that is trusted, with its
proof. Two signatures under a note confirm nothing: anybody can add a line. The entry of an end, under a
checkpoint of the next key, takes the old one away.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from mci_agent.errors import AgentError
from mci_core import notes, proofs

REPLACE, END = "audits.replace_log_key", "audits.end_log_key"


def followed(text: str, trusted: Sequence[notes.Vkey]) -> list[notes.Vkey]:
    """The keys to trust from now on, after the answer to ``GET /audit/keys``: lines `<size>\\t<vkey>`, then,
    after a blank line each, the proofs of the entries that changed or ended a key.
    """
    head, *parts = text.removesuffix("\n").split("\n\n")
    found, after = list(trusted), dict[notes.Vkey, notes.Vkey]()
    try:
        listed = [notes.Vkey.parse(line.partition("\t")[2]) for line in head.splitlines()]
        named = {_digest(key): key for key in listed if key.name == found[0].name}
        for above, stated, signed in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            proof = proofs.Inclusion.parse(f"{above}\n\n{stated}\n\n{signed}\n")
            _follow(proof, json.loads(proof.extra or b"{}"), named, found, after)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise AgentError("keys_unusable", "The server sends no list of keys that can be read.") from error
    return found


def _follow(
    proof: proofs.Inclusion,
    leaf: dict[str, Any],
    named: dict[str, notes.Vkey],
    found: list[notes.Vkey],
    after: dict[notes.Vkey, notes.Vkey],
) -> None:
    """What this entry, proven, adds to the keys or takes from them. ``after``: who followed whom, as proven;
    the order of the list proves nothing, and a key that was replaced must not end the one that replaced it.
    """
    facts = leaf.get("facts", {})
    if leaf.get("action") == REPLACE:
        old, new = named[facts["old"]], named[facts["new"]]
        if old in found and _stands(proof, old) and _stands(proof, new):
            after[old] = new
            if new not in found:
                found.append(new)
    elif leaf.get("action") == END:
        old = named[facts["key"]]
        new = after.get(old, old)
        if new != old and old in found and new in found and _stands(proof, new):
            found.remove(old)


def _stands(proof: proofs.Inclusion, key: notes.Vkey) -> bool:
    try:
        return proof.holds(proof.extra or b"", key)
    except notes.BadNote:
        return False


def _digest(key: notes.Vkey) -> str:
    return sha256(key.text().encode()).hexdigest()

"""Who acts: a signed-in person, a device with its key, or a named part of the system.

An actor is made once, at the edge (`accounts.actors.user_actor`, the agent API, a task), and handed to
every action.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

Kind = Literal["user", "device", "system"]


@dataclass(frozen=True)
class Actor:
    """``id`` is opaque; ``user`` is the account when ``kind`` is ``user``.

    ``fresh_mfa`` says that the second factor was shown within the last minutes. ``scopes`` is set when an
    API token speaks for the person: it may only do what both the person and the token may.
    """

    kind: Kind
    id: str
    role: str | None = None
    user: Any = None
    request_id: str | None = None
    fresh_mfa: bool = False
    scopes: frozenset[str] | None = None

    @classmethod
    def system(cls, name: str, *, request_id: str | None = None) -> Actor:
        """A named process of ours, for example ``Actor.system("beat")``."""
        return cls(kind="system", id=name, role="system", request_id=request_id)

    @classmethod
    def device(cls, device_id: UUID | str, *, request_id: str | None = None) -> Actor:
        return cls(kind="device", id=str(device_id), role="device", request_id=request_id)

    def named_for(self, subject: UUID | str | None) -> str:
        """How the log names this actor in an entry about ``subject``.

        A person who acts on their own data is named by their subject, never by their account: an entry
        with both would tell every reader of the log whose pseudonym it is.
        """
        own = getattr(self.user, "own_subject_id", None)
        if subject is not None and own is not None and str(own) == str(subject):
            return f"subject:{own}"
        return f"{self.kind}:{self.id}"

"""What can go wrong in the agent, by what it means for capture: refused, unreachable, or broken state."""

from __future__ import annotations

from mci_core.errors import MciError


class AgentError(MciError):
    """A failure with a code that may be logged and a message for the person at this computer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class StateBroken(AgentError):
    """The state folder cannot be trusted: starting would forget what protects against older policies."""


class NotEnrolled(AgentError):
    """This state folder belongs to no device yet."""


class Unreachable(AgentError):
    """No usable answer from the server: worth another try later."""


class Refused(AgentError):
    """The server said no. `status` is the HTTP status, `retry_after` seconds where the server named them."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(code, message)
        self.status = status
        self.retry_after = retry_after

    @property
    def permanent(self) -> bool:
        """Whether sending the same thing again cannot help."""
        return 400 <= self.status < 500 and self.status not in {401, 408, 425, 429}


class PolicyRefused(AgentError):
    """A lease, key list or release that this device must not follow."""


class SpoolFull(AgentError):
    """The spool has no room for this session."""


class SourceBroken(AgentError):
    """A recording that cannot be replayed; the message names file and line, never the content."""

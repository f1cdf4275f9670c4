"""What the agent's tests share: a TUF repository, a server and a clock that live in memory."""

from __future__ import annotations

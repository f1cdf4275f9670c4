"""The pure rules of MCI Admin: what may be captured, what is redacted, what is signed.

Nothing here reads a clock, a file of the user, a network or a database: every decision takes its facts as
arguments, so that the agent, the server and the editor preview decide alike. No Django.
"""

from __future__ import annotations

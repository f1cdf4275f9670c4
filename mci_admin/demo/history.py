"""Some days of history: agents of the past, played by the reference agent's own capture and sealing code.

Each session goes through the evaluator, redaction, the signed manifest and the verified ingest, as a real
upload does; only the clock is set back (by time-machine, in this process alone).
"""

from __future__ import annotations

import asyncio
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from accounts.models import Subject
from agents import actions as agents
from agents import lease_keys
from agents.models import Device
from agents.wire import Ack, Enrolment, LeaseReport, Platform
from audits.actor import Actor
from capture_policies.models import Release
from capture_policies.queries import policy_by_release
from capture_sessions import actions as sessions
from capture_sessions import ingest
from mci_agent.capture import Capture
from mci_agent.gate import Applied, Facts, judge
from mci_agent.seal import Sealed, seal
from mci_core import lease as leases
from mci_core import samples


@dataclass(frozen=True)
class PastAgent:
    """A device of the demo with its key; nobody runs it today."""

    device: Device
    key: Ed25519PrivateKey


def enrol(subject: Subject, number: int, admin: Actor) -> PastAgent:
    """Enrol a device as the agent does: one-time token, fresh key, proof of possession."""
    _, token = agents.create_enrolment_token(subject=subject, label=f"computer {number}", actor=admin)
    key = Ed25519PrivateKey.generate()
    public = _b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    proof = _b64(key.sign(b"mci-enrol\n" + token.encode() + b"\n" + public.encode()))
    request = Enrolment(
        token=token,
        public_key=public,
        proof=proof,
        platform=Platform(os="windows", version="11"),
        agent_version="1.0.0",
    )
    return PastAgent(agents.enrol_device(request=request, actor=Actor.device("enrolling")), key)


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def apply_release(agent: PastAgent, release: Release) -> None:
    """Confirm the release, as the agent does after verifying it."""
    now = int(datetime.now().timestamp())  # noqa: DTZ005  # seconds since the epoch only
    item = Ack(release=release.number, digest=release.digest, state="applied", at=now)
    agents.record_acks(device=agent.device, items=[item], actor=Actor.device(agent.device.pk))


def work(agent: PastAgent, release: Release, moment: datetime, *, seed: str) -> int:
    """One recorded stretch of work at that moment, uploaded right after it. Returns the sessions accepted."""
    sample = samples.generate(seed, frames=True)
    header, events = sample.lines[0], sample.lines[1:]
    length = timedelta(milliseconds=events[-1]["t"])
    sealed: list[Sealed] = []
    with time_machine.travel(moment, tick=False) as clock:
        held = _lease(agent, release)
        if held.state != "on":
            return 0
        applied = Applied(release.number, policy_by_release(release.number))

        def now() -> int:
            return int(datetime.now().timestamp())  # noqa: DTZ005  # seconds since the epoch only

        capture = Capture(
            gate=lambda at: judge(Facts(now=at, lease=held, applied=applied)),
            applied=lambda: applied,
            now=now,
            seal=lambda segment: seal(segment, device=str(agent.device.pk), key=agent.key),
            keep=sealed.append,
        )

        async def play() -> None:
            capture.begin(header)
            for event in events:
                clock.move_to(moment + timedelta(milliseconds=event["t"]))
                await capture.feed(event, lambda shot: sample.frames[shot["file"]])
            await capture.close()

        asyncio.run(play())
        clock.move_to(moment + length + timedelta(seconds=20))
        return sum(_upload(agent, one) for one in sealed)


def _lease(agent: PastAgent, release: Release) -> leases.Lease:
    now = int(datetime.now().timestamp())  # noqa: DTZ005  # seconds since the epoch only
    report = LeaseReport(
        capture_state="on", clock=now, highest_release=release.number, applied_release=release.number
    )
    answer = agents.renew_lease(device=agent.device, report=report, actor=Actor.device(agent.device.pk))
    kid, key = lease_keys.signing_key()
    return leases.decode(
        answer.token,
        {kid: key.public_key()},
        audience_device=str(agent.device.pk),
        now=now,
        clock_floor=0,
    )


def _upload(agent: PastAgent, one: Sealed) -> int:
    from uuid import UUID

    actor, session_id = Actor.device(agent.device.pk), UUID(one.session)
    device = Device.objects.select_related("subject").get(pk=agent.device.pk)
    missing = ingest.begin(
        device=device,
        session_id=session_id,
        document=one.manifest,
        signature=one.signature,
        actor=actor,
    )
    for index in missing:
        sessions.store_part(
            device=device, session_id=session_id, index=index, data=one.parts[index], actor=actor
        )
    _, accepted = ingest.complete(device=device, session_id=session_id, actor=actor)
    return int(accepted)


def some_time_of(day: datetime) -> datetime:
    """Between nine and sixteen o'clock of a day, to the second."""
    return day.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(
        seconds=secrets.randbelow(7 * 3600)
    )

"""Drawing samples: commit to a seed, then draw and reveal. Nobody can ask for a person."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone

import audits.actions as audit
from accounts.permissions import require
from audits.actor import Actor
from audits.kek import current_kek
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from capture_sessions.models import CaptureSession
from mci_core import envelope
from mci_core.errors import Conflict, Invalid
from reviews import sampling
from reviews.models import PURPOSES, Sample, SampleItem

MAX_SIZE = 500
MAX_WINDOW = timedelta(days=92)


@audited("reviews.commit_sample")
def commit_sample(
    *, purpose: str, size: int, window_from: datetime, window_to: datetime, actor: Actor
) -> Sample:
    """Commit to a random seed and order the draw. Raises Invalid with the field at fault."""
    require(actor, "reviews.commit_sample")
    if not 1 <= size <= MAX_SIZE:
        raise Invalid(f"Choose between 1 and {MAX_SIZE} sessions.", field="size")
    if not timedelta(0) < window_to - window_from <= MAX_WINDOW:
        raise Invalid("The time span must be positive and at most 92 days.", field="window_to")
    if any(moment.astimezone(UTC).time() != time.min for moment in (window_from, window_to)):
        # Whoever knows when somebody works could cut a window of minutes around that person's upload.
        raise Invalid("A sample covers whole days (UTC).", field="window_from")
    if purpose not in PURPOSES:
        raise Invalid("Choose one of the purposes.", field="purpose")
    seed = secrets.token_hex(32)
    sample = Sample(
        purpose=purpose,
        size=size,
        window_from=window_from,
        window_to=window_to,
        seed_commitment=sampling.commitment(seed),
        drawn_by_id=actor.id,
    )
    sample.sealed_seed = envelope.seal(current_kek(), seed.encode(), _aad(sample))
    sample.save()
    audit.append(
        action="reviews.commit_sample",
        actor=actor,
        obj=sample,
        facts={"purpose": purpose, "size": size, "commitment": sample.seed_commitment},
    )
    enqueue_on_commit("reviews.tasks.draw_sample", str(sample.pk))
    return sample


def _aad(sample: Sample) -> bytes:
    return f"mci-sample-seed/1:{sample.pk}".encode()


@audited("reviews.draw_sample")
def draw_sample(*, sample: Sample, actor: Actor) -> Sample:
    """Draw a committed sample and reveal its seed; drawing again changes nothing."""
    require(actor, "reviews.draw_sample")
    sample = Sample.objects.select_for_update().get(pk=sample.pk)
    if sample.drawn_at is not None:
        with nothing_to_do():
            return sample
    seed = envelope.open_(current_kek(), bytes(sample.sealed_seed), _aad(sample)).decode()
    if sampling.commitment(seed) != sample.seed_commitment:
        raise Conflict("The seed is not the one that was committed.", code="seed_mismatch")
    candidates = [
        sampling.Candidate(id=pk, stratum=f"{os or 'unknown'}, release {release}")
        for pk, os, release in CaptureSession.objects.readable()
        .filter(received_at__gte=sample.window_from, received_at__lt=sample.window_to)
        .filter(received_at__lte=sample.created_at)
        .order_by("pk")
        .values_list("pk", "os", "release_number")
    ]
    chosen = sampling.draw(seed, candidates, sample.size)
    SampleItem.objects.bulk_create(
        SampleItem(sample=sample, session_id=c.id, stratum=c.stratum, position=position)
        for position, c in enumerate(chosen, start=1)
    )
    sample.seed = seed
    sample.sealed_seed = b""
    sample.population = len(candidates)
    sample.population_digest = sampling.population_digest(candidates)
    sample.drawn_at = timezone.now()
    sample.save()
    audit.append(
        action="reviews.draw_sample",
        actor=actor,
        obj=sample,
        facts={
            "seed": seed,
            "population": sample.population,
            "population_digest": sample.population_digest,
            "drawn": len(chosen),
        },
    )
    return sample

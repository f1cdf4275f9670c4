"""Two hundred rows of everything that a list shows, each about another person or thing, so that a query for
each row shows in the count."""

from __future__ import annotations

import hashlib
import uuid
from copy import copy
from typing import Any, TypeVar

from django.db.models import Model
from django.utils import timezone

from accounts.models import ApiToken, Department, RoleGrant, Subject, User
from agents.models import CaptureStop, Device, EnrolmentToken
from audits.actions import record_event
from capture_policies.actions.drafts import create_draft
from capture_policies.models import DraftEntry, PolicyDraft, PolicyVersion, Release, Rollout
from capture_sessions.models import CaptureSession
from jurisdictions.actions import load_packs, publish_notice
from jurisdictions.models import Acknowledgement, Agreement, LawPack, Notice
from privacy_requests.models import PrivacyRequest
from reviews.models import Finding, Sample, SampleItem, ViewGrant
from tests.server import asking, looks, recordings
from tests.server.cast import Cast

SIZE = 200
M = TypeVar("M", bound=Model)


def copies(row: M, **different: Any) -> list[M]:
    """Copies of a row; each callable in `different` is given the number of its copy."""
    made = []
    for number in range(SIZE):
        twin = copy(row)
        twin.pk = uuid.uuid4()
        for name, value in different.items():
            setattr(twin, name, value(number) if callable(value) else value)
        made.append(twin)
    type(row)._default_manager.bulk_create(made)
    return made


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def fill(cast: Cast) -> None:
    """Everything. About a second."""
    departments = copies(cast.department, name=lambda n: f"Department {n}")
    users = copies(
        cast.employee, email=lambda n: f"person{n}@example.com", display_name=lambda n: f"Person {n}"
    )
    subjects = copies(
        cast.subject(),
        user=lambda n: users[n],
        pseudonym=lambda n: f"P-X{n:05d}",
        department=lambda n: departments[n],
    )
    _accounts(cast, users)
    _devices(cast, users, subjects)
    _policies(cast, users)
    _sessions(cast, users, subjects)
    _law(cast, subjects)
    for number in range(SIZE):
        record_event(action="accounts.signed_in", actor=cast.actor("admin"), obj=users[number])


def _accounts(cast: Cast, users: list[User]) -> None:
    now = timezone.now()
    RoleGrant.objects.bulk_create(
        RoleGrant(
            user=user,
            role="ml_staff",
            reason="x",
            requested_by=users[n - 1],
            approved_by=users[n - 2],
            approved_at=now,
        )
        for n, user in enumerate(users)
    )
    ApiToken.objects.bulk_create(
        ApiToken(user=user, name="x", secret_sha256=digest(n), scopes=[], expires_at=now)
        for n, user in enumerate(users)
    )


def _devices(cast: Cast, users: list[User], subjects: list[Subject]) -> None:
    tokens = copies(cast.device.token, secret_sha256=digest, created_by=lambda n: users[n])
    copies(
        cast.device,
        subject=lambda n: subjects[n],
        token=lambda n: tokens[n],
        public_key=lambda n: digest(n).encode()[:32],
    )
    CaptureStop.objects.bulk_create(
        CaptureStop(scope="place", scope_value=f"U{n}", reason="x", stopped_by=user)
        for n, user in enumerate(users)
    )


def _policies(cast: Cast, users: list[User]) -> None:
    draft = create_draft(title="Draft", actor=cast.actor("admin"))
    drafts = copies(draft, author=lambda n: users[n])
    DraftEntry.objects.bulk_create(DraftEntry(draft=one, key="a", kind="app", label="A") for one in drafts)
    release, _parsed = recordings.release(cast)
    copies(
        release.version,
        number=lambda n: 5000 + n,
        author=lambda n: users[n],
        state="in_review",
        compared_with=release.version,
    )
    releases = copies(release, number=lambda n: 5000 + n, restores=release)
    Rollout.objects.bulk_create(
        Rollout(release=one, previous=release, state="done", reason="x", started_by=users[n])
        for n, one in enumerate(releases)
    )


def _sessions(cast: Cast, users: list[User], subjects: list[Subject]) -> None:
    grant = looks.grant(cast)
    sessions = copies(grant.session, manifest_sha256=digest, subject=lambda n: subjects[n])
    mine = copies(grant.session, manifest_sha256=lambda n: digest(-n - 1))
    assert grant.item is not None
    samples = copies(grant.item.sample, drawn_by=lambda n: users[n])
    items = copies(grant.item, sample=lambda n: samples[n], session=lambda n: sessions[n])
    copies(grant, session=lambda n: mine[n], item=lambda n: items[n], viewer=lambda n: users[n])
    Finding.objects.bulk_create(
        Finding(
            session=one,
            source="scan",
            label="EMAIL",
            place="event 1, text",
            severity="high",
            opened_by=users[n],
        )
        for n, one in enumerate(sessions)
    )
    request = asking.asked(cast)
    copies(request, number=lambda n: 5000 + n, subject=lambda n: subjects[n])
    copies(request, number=lambda n: 9000 + n, state="withdrawn", finished_at=timezone.now())


def _law(cast: Cast, subjects: list[Subject]) -> None:
    notice = publish_notice(title="Notice", text="We record clicks in apps.", actor=cast.actor("officer"))
    notices = copies(notice, number=lambda n: 100 + n)
    Acknowledgement.objects.bulk_create(
        Acknowledgement(subject=cast.subject(), notice=one, text_sha256=one.text_sha256, channel="portal")
        for one in notices
    )
    today = timezone.now().date()
    Agreement.objects.bulk_create(
        Agreement(
            place="DE",
            kind="union",
            number=str(n),
            signals=[],
            valid_from=today,
            valid_to=today,
            recorded_by=cast.officer,
        )
        for n in range(SIZE)
    )
    load_packs(actor=cast.system())
    pack = LawPack.objects.first()
    assert pack is not None
    copies(pack, key=lambda n: f"pack-{n}")
    assert {model._default_manager.count() >= SIZE for model in COUNTED} == {True}


COUNTED: tuple[type[Model], ...] = (
    Department,
    User,
    RoleGrant,
    ApiToken,
    Device,
    EnrolmentToken,
    CaptureStop,
    PolicyDraft,
    PolicyVersion,
    Release,
    Rollout,
    CaptureSession,
    Sample,
    SampleItem,
    ViewGrant,
    Finding,
    PrivacyRequest,
    Notice,
    Agreement,
    LawPack,
)

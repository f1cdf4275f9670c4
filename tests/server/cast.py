"""The people and machines that every server test is played by; conftest.py makes the fixtures known.

``cast`` is all of them, and each is also a fixture of its own. The *outsider* is a client that is not signed
in, the *colleague* is an employee who must see nothing of the employee's.
"""

from __future__ import annotations

import time
from copy import deepcopy
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string
from rest_framework.test import APIClient

from accounts.actors import account_actor
from accounts.membership import new_user
from accounts.models import ApiToken, Department, RoleGrant, Subject, User
from accounts.token_secrets import all_scopes, new_secret, secret_digest
from agents.models import Device, EnrolmentToken
from audits.actor import Actor

REASON = "Because the example of this test needs a reason"
#: name in the cast -> (display name, staff role)
PEOPLE: dict[str, tuple[str, str | None]] = {
    "admin": ("Ada Almond", "admin"),
    "second_admin": ("Abel Acorn", "admin"),
    "officer": ("Olga Oak", "privacy_officer"),
    "second_officer": ("Otto Olive", "privacy_officer"),
    "ml": ("Mila Maple", "ml_staff"),
    "auditor": ("Anton Ash", "auditor"),
    "employee": ("Emil Elm", None),
    "colleague": ("Cora Cedar", None),
}


@dataclass
class Cast:
    """``cast.admin`` is a user, ``cast.actor("admin")`` acts with a fresh second factor."""

    admin: User
    second_admin: User
    officer: User
    second_officer: User
    ml: User
    auditor: User
    employee: User
    colleague: User
    department: Department
    device: Device
    other_device: Device
    device_key: Ed25519PrivateKey
    other_device_key: Ed25519PrivateKey
    extra: dict[str, Any] = field(default_factory=dict)

    def user(self, name: str) -> User:
        found = getattr(self, name)
        assert isinstance(found, User)
        return found

    def subject(self, name: str = "employee") -> Subject:
        return Subject.objects.get(user=self.user(name))

    def actor(self, name: str, *, fresh: bool = True) -> Actor:
        """A new actor with newly read roles."""
        user = User.objects.get(pk=self.user(name).pk)
        return account_actor(user, request_id="request-of-the-cast", fresh_mfa=fresh)

    def system(self) -> Actor:
        return Actor.system("tests")

    def device_actor(self) -> Actor:
        return Actor.device(self.device.pk)

    def client(self, name: str | None, *, fresh: bool = True) -> Client:
        """A browser, signed in as ``name`` (None: the outsider), with a fresh second factor."""
        client = Client(headers={"referer": "http://testserver/"})
        if name is not None:
            sign_in(client, self.user(name), fresh=fresh)
        return client

    def api(self, name: str | None, *scopes: str) -> APIClient:
        """An API client with a token of ``name``; all scopes unless some are named."""
        client = APIClient()
        if name is not None:
            secret = new_secret()
            ApiToken.objects.create(
                user=self.user(name),
                name="test",
                secret_sha256=secret_digest(secret),
                scopes=list(scopes) or list(all_scopes()),
                expires_at=timezone.now() + timedelta(days=1),
            )
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client


def sign_in(client: Client, user: User, *, fresh: bool = True) -> None:
    """What django-allauth leaves in the session after password and second factor.

    The row of the session is written at once: to sign in takes fifteen questions to the database.
    """
    user = User.objects.get(pk=user.pk)
    at = time.time() if fresh else time.time() - 86_400
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
            "account_authentication_methods": [
                {"method": "password", "at": at, "email": user.email},
                {"method": "mfa", "at": at, "type": "totp", "reauthenticated": True},
            ],
            "account_authentication_methods_user": str(user.pk),
        }
    )
    key = get_random_string(32)
    Session.objects.bulk_create(
        [
            Session(
                session_key=key,
                session_data=session.encode(dict(session.items())),
                expire_date=session.get_expiry_date(),
            )
        ]
    )
    client.cookies[settings.SESSION_COOKIE_NAME] = key


def _email(name: str) -> str:
    return f"{PEOPLE[name][0].replace(' ', '.').lower()}@example.com"


def _people(department: Department) -> dict[str, Any]:
    users = {
        name: new_user(email=_email(name), display_name=shown, department=department, time_zone="UTC")
        for name, (shown, _role) in PEOPLE.items()
    }
    now = timezone.now()
    for name, (_shown, role) in PEOPLE.items():
        if role is not None:
            asked = "second_admin" if name == "admin" else "admin"
            RoleGrant.objects.create(
                user=users[name],
                role=role,
                reason="Part of the cast",
                requested_by=users[asked],
                approved_by=users["colleague"],
                approved_at=now,
            )
    return users


def make_device(subject: Subject, admin: User, *, name: str = "Computer") -> tuple[Device, Ed25519PrivateKey]:
    """An enrolled device of the subject and its private key."""
    key = Ed25519PrivateKey.generate()
    token = EnrolmentToken.objects.create(
        subject=subject,
        label=name,
        secret_sha256=secret_digest(new_secret()),
        used=1,
        created_by=admin,
        expires_at=timezone.now() + timedelta(days=1),
    )
    device = Device.objects.create(
        subject=subject,
        token=token,
        name=name,
        public_key=key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
        os="linux",
    )
    return device, key


def make_cast() -> Cast:
    department = Department.objects.create(name="Department of the cast")
    users = _people(department)
    device, key = make_device(Subject.objects.get(user=users["employee"]), users["admin"])
    other, other_key = make_device(
        Subject.objects.get(user=users["colleague"]), users["admin"], name="Other computer"
    )
    return Cast(
        **users,
        department=department,
        device=device,
        other_device=other,
        device_key=key,
        other_device_key=other_key,
    )


@pytest.fixture
def cast(db: None) -> Cast:
    """The same people in every test, without making them anew: their rows are copied into its transaction."""
    if not _first:
        with transaction.atomic():
            rows = _made()
            transaction.set_rollback(True)
        with transaction.atomic():
            _statements.append(_insertion(rows))
            transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute(_statements[0])
    first = _first[0]
    values = {one.name: getattr(first, one.name) for one in fields(Cast)}
    twins = {name: _twin(row) for name, row in values.items() if isinstance(row, Model)}
    return Cast(**{**values, **twins, "extra": {}})


#: The cast as one process made it once, and the statement that writes its rows.
_first: list[Cast] = []
_statements: list[str] = []


def _made() -> dict[type[Model], list[Model]]:
    """Make the cast; the rows that came with it, by model."""
    before = {model: set(model._default_manager.values_list("pk", flat=True)) for model in _models()}
    _first.append(make_cast())
    return {
        model: [row for row in model._default_manager.all() if row.pk not in known]
        for model, known in before.items()
    }


def _insertion(rows: dict[type[Model], list[Model]]) -> str:
    """One text that writes all rows: a dozen questions to the database would be asked by each test."""
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith("INSERT"):
            seen.append(psycopg.ClientCursor(connection.connection).mogrify(sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        for model, made in rows.items():
            if made:
                model._default_manager.bulk_create([_twin(row) for row in made])
    return ";".join(seen)


def _models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]


def _twin(row: Model) -> Model:
    """The same row as a new object, as one read from the database."""
    names = [one.attname for one in row._meta.concrete_fields if not one.generated]
    return type(row).from_db("default", names, [deepcopy(getattr(row, name)) for name in names])


@pytest.fixture
def admin(cast: Cast) -> User:
    return cast.admin


@pytest.fixture
def second_admin(cast: Cast) -> User:
    return cast.second_admin


@pytest.fixture
def officer(cast: Cast) -> User:
    return cast.officer


@pytest.fixture
def second_officer(cast: Cast) -> User:
    return cast.second_officer


@pytest.fixture
def ml(cast: Cast) -> User:
    return cast.ml


@pytest.fixture
def auditor(cast: Cast) -> User:
    return cast.auditor


@pytest.fixture
def employee(cast: Cast) -> User:
    return cast.employee


@pytest.fixture
def colleague(cast: Cast) -> User:
    return cast.colleague


@pytest.fixture
def outsider() -> Client:
    return Client()


@pytest.fixture
def device(cast: Cast) -> Device:
    return cast.device


@pytest.fixture
def other_device(cast: Cast) -> Device:
    return cast.other_device

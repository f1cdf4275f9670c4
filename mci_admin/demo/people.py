"""Who works at the invented company: forty people in five departments and several places."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts import actions
from accounts.actors import account_actor
from accounts.models import Department, User
from audits.actor import Actor

SYSTEM = Actor.system("demo")
DOMAIN = "acme.example"
DEPARTMENTS = ("Customer support", "Finance", "Engineering", "Sales", "Operations")
ZONES = {"US-NY": "America/New_York", "US-CT": "America/New_York", "US-CA": "America/Los_Angeles"}
ZONES |= {"US-TX": "America/Chicago", "US-ME": "America/New_York", "DE": "Europe/Berlin", "IT": "Europe/Rome"}
ZONES |= {"FR": "Europe/Paris"}
#: How many people work in each place; None: nobody has said where, so nothing is captured.
PLACES: tuple[tuple[str | None, int], ...] = (
    ("US-TX", 10),
    ("US-NY", 8),
    ("US-CA", 7),
    ("DE", 5),
    ("US-CT", 3),
    ("FR", 3),
    ("IT", 2),
    (None, 2),
)
GIVEN: tuple[str, ...] = (
    "Ada",
    "Bruno",
    "Chiara",
    "Dmitri",
    "Esra",
    "Farid",
    "Greta",
    "Hiro",
    "Ines",
    "Jakob",
)
GIVEN += ("Kavita", "Liam", "Mona", "Nils", "Oona", "Pablo", "Quinn", "Rosa", "Sven", "Tara")
FAMILY: tuple[str, ...] = (
    "Abel",
    "Brandt",
    "Costa",
    "Dahl",
    "Egger",
    "Fischer",
    "Grau",
    "Holm",
    "Iwata",
    "Jansen",
)
FAMILY += ("Kaya", "Lund", "Moreau", "Novak", "Okoye", "Petrov", "Quist", "Rossi", "Stone", "Tran")
#: Sign-in name -> staff role. The first two admins are the bootstrap.
STAFF = {
    "admin": "admin",
    "admin2": "admin",
    "officer": "privacy_officer",
    "officer2": "privacy_officer",
    "ml": "ml_staff",
    "auditor": "auditor",
}


@dataclass(frozen=True)
class Person:
    """Somebody of the company; `role` is a staff role or empty."""

    user: User
    place: str | None
    role: str


@dataclass
class SignIn:
    """What the demo tells about an account that can be used."""

    label: str
    email: str
    password: str
    totp: str = ""

    def as_dict(self) -> dict[str, str]:
        """For the seed file; the secret of the second factor only where there is one."""
        found = {"label": self.label, "email": self.email, "password": self.password}
        return {**found, "totp": self.totp} if self.totp else found


def act_as(user: User) -> Actor:
    """The account as an actor that has just shown its second factor."""
    return account_actor(User.objects.get(pk=user.pk), fresh_mfa=True)


def hire(since: datetime) -> list[Person]:
    """Every account with its department, place of work and, through two people, its role."""
    emails = [f"admin@{DOMAIN}", f"admin2@{DOMAIN}"]
    admin, second = actions.bootstrap_admins(emails=emails, actor=SYSTEM)
    departments = [actions.create_department(name=name, actor=SYSTEM) for name in DEPARTMENTS]
    people = [Person(admin, "US-TX", "admin"), Person(second, "US-TX", "admin")]
    for login, role in list(STAFF.items())[2:]:
        people.append(_staff(login, role, departments[4], admin, second))
    places = [place for place, count in PLACES for _ in range(count)]
    random.Random("acme").shuffle(places)  # noqa: S311  # the same company each time
    for number, (name, place) in enumerate(zip(_names(), places, strict=False)):
        if len(people) == 40:
            break
        people.append(_employee(name, place, departments[number % len(departments)]))
    for person in people:
        _settle(person, since)
    return people


def _names() -> Iterator[str]:
    for turn in range(len(FAMILY)):
        for number, given in enumerate(GIVEN):
            yield f"{given} {FAMILY[(number + 7 * turn) % len(FAMILY)]}"


def _staff(login: str, role: str, department: Department, admin: User, second: User) -> Person:
    name = f"{login.rstrip('2').title()} {'Two' if login.endswith('2') else 'One'}"
    user = _account(f"{login}@{DOMAIN}", name, department, "US-TX")
    grant = actions.request_role(user=user, role=role, reason="First staff of the demo", actor=act_as(admin))
    actions.approve_role(grant=grant, actor=act_as(second))
    return Person(user, "US-TX", role)


def _employee(name: str, place: str | None, department: Department) -> Person:
    email = f"{name.lower().replace(' ', '.')}@{DOMAIN}"
    return Person(_account(email, name, department, place), place, "")


def _account(email: str, name: str, department: Department, place: str | None) -> User:
    zone = ZONES.get(place or "", "UTC")
    return actions.create_user(
        email=email, display_name=name, department=department, time_zone=zone, actor=SYSTEM
    )


def _settle(person: Person, since: datetime) -> None:
    if person.place is not None:
        subject = User.objects.get(pk=person.user.pk).subject
        actions.set_work_location(
            subject=subject, place=person.place, start=since, end=None, source="hr", actor=SYSTEM
        )


def open_doors(people: list[Person]) -> list[SignIn]:
    """Passwords and second factors for the staff and one employee of each large place."""
    seen: set[str] = set()
    found: list[SignIn] = []
    for person in people:
        kind = person.role or f"employee in {person.place}"
        if kind in seen and not person.role:
            continue
        if not person.role and person.place not in ("US-TX", "US-NY", "DE"):
            continue
        seen.add(kind)
        found.append(_open(person, kind))
    return found


def _open(person: Person, label: str) -> SignIn:
    password = "-".join(secrets.token_hex(3) for _ in range(3))
    actions.set_initial_password(user=person.user, password=password, actor=SYSTEM)
    totp = ""
    if person.role:
        totp = _base32(secrets.token_bytes(20))
        actions.add_second_factor(user=person.user, totp_secret=totp, actor=SYSTEM)
    return SignIn(label.replace("_", " "), person.user.email, password, totp)


def _base32(raw: bytes) -> str:
    from base64 import b32encode

    return b32encode(raw).decode()


def with_role(people: list[Person], role: str) -> list[Any]:
    """Actors of everybody who holds a role."""
    return [act_as(person.user) for person in people if person.role == role]

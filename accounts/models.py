"""Who exists: users who sign in, the roles they hold, and subjects (employees as data subjects).

A user is an account; a subject is what staff see of an employee: a pseudonym. Roles are facts with two
people in them. There is no manager role, and a subject has no link to a manager.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.functional import cached_property


class Role(models.TextChoices):
    """The closed list of staff roles. Every account is an employee besides."""

    ADMIN = "admin", "Admin"
    PRIVACY_OFFICER = "privacy_officer", "Privacy officer"
    ML_STAFF = "ml_staff", "ML staff"
    AUDITOR = "auditor", "Auditor"


#: Roles that one person can never hold together: authors do not approve, auditors do nothing else.
INCOMPATIBLE: tuple[frozenset[str], ...] = (
    frozenset({Role.ADMIN, Role.PRIVACY_OFFICER}),
    frozenset({Role.ML_STAFF, Role.PRIVACY_OFFICER}),
    frozenset({Role.AUDITOR, Role.ADMIN}),
    frozenset({Role.AUDITOR, Role.PRIVACY_OFFICER}),
    frozenset({Role.AUDITOR, Role.ML_STAFF}),
)


class UserQuerySet(models.QuerySet["User"]):
    """Reads of accounts."""

    def visible_to(self, user: Any) -> UserQuerySet:
        """Those who keep the accounts see all of them, everybody else their own."""
        from accounts.permissions import has

        return self if has(user, "accounts.view_people") else self.filter(pk=user.pk)

    def holding(self, role: str) -> UserQuerySet:
        """Active accounts that hold the role now."""
        held = RoleGrant.objects.filter(role=role, approved_at__isnull=False, revoked_at__isnull=True)
        return self.filter(is_active=True, pk__in=held.values("user"))


class UserManager(BaseUserManager["User"]):
    """Accounts are made by actions; allauth uses ``get_by_natural_key``."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, user: Any) -> UserQuerySet:
        return self.get_queryset().visible_to(user)

    def holding(self, role: str) -> UserQuerySet:
        return self.get_queryset().holding(role)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """An account. Signs in by e-mail; holds no permission of its own, only role grants."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC")
    theme = models.CharField(
        max_length=8,
        default="auto",
        choices=[("auto", "As the system"), ("light", "Light"), ("dark", "Dark")],
    )
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]
    objects = UserManager()

    def __str__(self) -> str:
        return f"user {self.pk}"

    @cached_property
    def roles(self) -> frozenset[str]:
        """Staff roles that this account holds now; empty for somebody who is an employee only."""
        held = self.role_grants.filter(approved_at__isnull=False, revoked_at__isnull=True)
        return frozenset(held.values_list("role", flat=True)) if self.is_active else frozenset()

    @cached_property
    def own_subject_id(self) -> uuid.UUID | None:
        """The subject that this account is; for the person's own pages and their name in the log."""
        return Subject.objects.filter(user=self).values_list("pk", flat=True).first()


class Department(models.Model):
    """A group that policies, rollouts and aggregates are scoped by. It has no head."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    """Reads of role grants."""

    def visible_to(self, user: Any) -> RoleGrantQuerySet:
        from accounts.permissions import has

        return self if has(user, "accounts.view_roles") else self.filter(user=user.pk)

    def active(self) -> RoleGrantQuerySet:
        return self.filter(approved_at__isnull=False, revoked_at__isnull=True)

    def pending(self) -> RoleGrantQuerySet:
        return self.filter(approved_at__isnull=True, revoked_at__isnull=True)


class RoleGrant(models.Model):
    """A role held by a user from the second person's approval until revoked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    reason = models.CharField(max_length=500)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
                name="role_granted_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("user")),
                name="role_not_approved_by_holder",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="role_approval_has_person_and_time",
            ),
            models.UniqueConstraint(
                fields=("user", "role"), condition=Q(revoked_at__isnull=True), name="one_open_grant_per_role"
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} for {self.user_id}"

    @property
    def state(self) -> str:
        if self.revoked_at is not None:
            return "revoked" if self.approved_at is not None else "refused"
        return "active" if self.approved_at is not None else "pending"


class SubjectQuerySet(models.QuerySet["Subject"]):
    """Reads of subjects."""

    def visible_to(self, user: Any) -> SubjectQuerySet:
        """Staff see pseudonyms; everybody else only the one that is their own."""
        from accounts.permissions import STAFF, roles_of

        return self if STAFF & roles_of(user) else self.filter(user=user.pk)


class Subject(models.Model):
    """An employee as a data subject. ``pseudonym`` is all that staff see."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, on_delete=models.SET_NULL, null=True, related_name="subject")
    pseudonym = models.CharField(max_length=16, unique=True, help_text="random, for example P-7K3QF2")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="subjects")
    created_at = models.DateTimeField(default=timezone.now)
    #: What was captured before this moment was erased at the person's request.
    erased_at = models.DateTimeField(null=True)

    objects = SubjectQuerySet.as_manager()

    def __str__(self) -> str:
        return self.pseudonym


class EpochState(models.TextChoices):
    ACTIVE = "active", "Wraps new person keys"
    ENDING = "ending", "Its person keys are wrapped anew"
    DESTROYED = "destroyed", "Destroyed"


class KeyEpoch(models.Model):
    """The key-encryption key of one day. The key itself is no row: it lies in EPOCHS_DIR."""

    number = models.PositiveIntegerField(primary_key=True)
    day = models.DateField()
    state = models.CharField(max_length=10, choices=EpochState.choices, default=EpochState.ACTIVE)
    started_at = models.DateTimeField(default=timezone.now)
    emptied_at = models.DateTimeField(null=True, help_text="since then no person key is wrapped with it")
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=("state",), condition=Q(state="active"), name="one_active_key_epoch"
            ),
        )

    def __str__(self) -> str:
        return f"key epoch {self.number}"


class KeyPurpose(models.TextChoices):
    DETAILS = "details", "Seals details of the log"
    OBJECTS = "objects", "Tree of keys that wrap data keys"
    BOTH = "both", "Both, from before there were trees"


class PersonKey(models.Model):
    """A key of one person in one epoch, for one purpose. Destroying it makes every copy unreadable."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="keys")
    epoch = models.PositiveIntegerField(default=1)
    purpose = models.CharField(max_length=8, choices=KeyPurpose.choices)
    wrapped = models.BinaryField(null=True, help_text="wrapped by the key epoch; null once destroyed")
    #: None: wrapped by the master key, before there were epochs; beat wraps it anew.
    kek = models.ForeignKey(KeyEpoch, on_delete=models.PROTECT, null=True, related_name="person_keys")
    numbers = models.PositiveBigIntegerField(
        default=0, help_text="of a tree: how many numbers were given out, one for each session"
    )
    created_at = models.DateTimeField(default=timezone.now)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("subject", "epoch", "purpose"), name="one_person_key_per_purpose"
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True, wrapped__isnull=False)
                | Q(destroyed_at__isnull=False, wrapped__isnull=True),
                name="destroyed_key_has_no_bytes",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} key {self.epoch} of {self.subject_id}"


class SpentNumber(models.Model):
    """A number of a tree whose session is erased: beat takes its key out of the tree."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(PersonKey, on_delete=models.PROTECT, related_name="spent")
    number = models.PositiveBigIntegerField()
    spent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("key", "number"), name="spent_once"),)

    def __str__(self) -> str:
        return f"number {self.number} of {self.key_id}"


class WorkLocationQuerySet(models.QuerySet["WorkLocation"]):
    """Reads of places of work."""

    def holding(self, moment: datetime) -> WorkLocationQuerySet:
        """At most one row per person, the one that says where they are: a trip lies over the base place."""
        trips = WorkLocation.objects.filter(subject=OuterRef("subject"), source="trip")
        away = Exists(trips.filter(period__contains=moment))
        return self.filter(Q(source="trip") | ~away, period__contains=moment)


class WorkLocation(models.Model):
    """Where a subject works over time (``US-NY``, ``DE``). Outside every row the place is unknown: no
    capture. A trip lies over the base place and ends by itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="locations")
    place = models.CharField(max_length=8)
    period = DateTimeRangeField(help_text="half open [from, to)")
    source = models.CharField(
        max_length=12,
        choices=[("hr", "Personnel record"), ("employee", "Stated by the employee"), ("trip", "Trip")],
    )
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = WorkLocationQuerySet.as_manager()

    #: Neither two base places nor two trips of one subject overlap: trigger ``one_place_at_a_time``
    #: (accounts/migrations/0003_trips.py).

    def __str__(self) -> str:
        return f"{self.place} for {self.subject_id}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Reads of API tokens."""

    def visible_to(self, user: Any) -> ApiTokenQuerySet:
        """Everybody sees their own; an admin sees (and may revoke) all."""
        from accounts.permissions import ADMIN, roles_of

        return self if ADMIN in roles_of(user) else self.filter(user=user.pk)


class ApiToken(models.Model):
    """A staff API token; only the SHA-256 of the secret is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"token {self.pk}"

    @property
    def state(self) -> str:
        if self.revoked_at is not None:
            return "revoked"
        return "active" if self.expires_at > timezone.now() else "expired"

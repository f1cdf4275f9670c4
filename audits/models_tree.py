"""What the sequencer keeps of the tree, what it signed, who confirms it, and how far the log was read again.

All but the list of witnesses and that reading is append-only, as the log is: the application role may insert
and read, triggers refuse the rest.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from audits.models_run import Run, RunQuerySet
from mci_core import notes


class Tile(models.Model):
    """256 hashes of one level of the tree, once all of them are known; C2SP tlog-tiles.

    ``root`` is the root over them, a hash of the next level. A tile of level 0 names the place of its last
    entry, by which the place of every entry is found.
    """

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()
    root = models.BinaryField()
    last_txid = models.BigIntegerField(null=True)
    last_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "audits_tile"
        constraints = (
            models.UniqueConstraint(
                fields=("last_txid", "last_id"), name="audits_tile_place", condition=models.Q(level=0)
            ),
            models.CheckConstraint(
                name="audits_tile_places_entries",
                condition=models.Q(level=0, last_txid__isnull=False, last_id__isnull=False)
                | models.Q(level__gt=0, last_txid__isnull=True, last_id__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index}"


class SubjectEntry(models.Model):
    """The ``number``-th entry about a person, and the leaf hash of the one before.

    ``index`` is its place in the log, counted from 0. Who holds the last of them can see that none of theirs
    is missing and that none was put between.
    """

    index = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField()
    subject = models.UUIDField()
    number = models.BigIntegerField()
    leaf = models.BinaryField(help_text="leaf hash")
    previous = models.BinaryField(null=True, help_text="leaf hash of number - 1")

    class Meta:
        db_table = "audits_subjectentry"
        constraints = (
            models.UniqueConstraint(fields=("subject", "number"), name="audits_subject_number"),
            models.CheckConstraint(
                name="audits_subject_chain",
                condition=models.Q(number=1, previous__isnull=True)
                | models.Q(number__gt=1, previous__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"entry {self.number} about {self.subject}"


class SignedCheckpoint(models.Model):
    """A checkpoint as a signed note; of one log (``origin``) and size there is one."""

    id = models.BigAutoField(primary_key=True)
    origin = models.TextField()
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    note = models.TextField()
    vkey = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "audits_signedcheckpoint"
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("origin", "size"), name="audits_signed_once"),)
        indexes = (
            models.Index(fields=("at", "id"), name="audits_signed_at"),
            models.Index(fields=("size", "id"), name="audits_signed_size"),
        )

    def __str__(self) -> str:
        return f"signed checkpoint of {self.size} entries"

    @property
    def signed(self) -> notes.Note:
        return notes.Note.parse(self.note)

    @property
    def key(self) -> notes.Vkey:
        return notes.Vkey.parse(self.vkey)


class WitnessQuerySet(models.QuerySet["Witness"]):
    def active(self) -> WitnessQuerySet:
        return self.filter(withdrawn_at__isnull=True)


class Witness(models.Model):
    """Somebody outside who confirms checkpoints with a key of their own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    label = models.CharField(max_length=100, help_text="who it is, for example Works council Berlin")
    name = models.TextField(help_text="key name")
    vkey = models.TextField(unique=True)
    registered_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = WitnessQuerySet.as_manager()

    class Meta:
        db_table = "audits_witness"
        ordering = ("label", "id")

    def __str__(self) -> str:
        return self.label

    @property
    def key(self) -> notes.Vkey:
        return notes.Vkey.parse(self.vkey)


class CosignatureQuerySet(models.QuerySet["Cosignature"]):
    def newest_of_each(self) -> CosignatureQuerySet:
        """For each witness the largest tree it confirmed."""
        return (
            self.select_related("witness", "checkpoint")
            .order_by("witness_id", "-checkpoint__id", "-id")
            .distinct("witness_id")
        )


class Cosignature(models.Model):
    """A witness has seen a checkpoint and found that the log had only grown."""

    id = models.BigAutoField(primary_key=True)
    witness = models.ForeignKey(Witness, models.PROTECT, related_name="cosignatures")
    checkpoint = models.ForeignKey(SignedCheckpoint, models.PROTECT, related_name="cosignatures")
    line = models.TextField(help_text="signature line of the note")
    stated_at = models.DateTimeField(help_text="the time that the witness signed")
    at = models.DateTimeField(default=timezone.now)

    objects = CosignatureQuerySet.as_manager()

    class Meta:
        db_table = "audits_cosignature"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("witness", "checkpoint"), name="audits_cosigned_once"),
        )

    def __str__(self) -> str:
        return f"{self.witness} confirms {self.checkpoint}"

    @property
    def signature(self) -> Any:
        return notes.Signature.parse(self.line.rstrip("\n"))


class LogReadingQuerySet(RunQuerySet["LogReading"]):
    def newest(self) -> LogReading | None:
        return self.order_by("-begun_at").first()


class LogReading(Run):
    """One reading of the log, from its beginning to the checkpoint of ``total`` entries, of which ``done``
    were read. ``stand`` is what has to be known of those, sealed; see ``audits.rounds``.
    """

    begun_at = models.DateTimeField(default=timezone.now)
    stand = models.BinaryField(default=bytes)

    objects = LogReadingQuerySet.as_manager()

    class Meta:
        db_table = "audits_logreading"

    def __str__(self) -> str:
        return f"reading of {self.total} entries"

    @property
    def percent(self) -> int:
        return self.done * 100 // max(self.total, 1)

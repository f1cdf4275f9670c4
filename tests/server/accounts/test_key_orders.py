"""Uploads, erasures, turns of the keys, crashes and restores in any order: who opens what afterwards.

A model beside the database knows which sessions live. The thief keeps every copy of the rows that was ever
there; what was destroyed before the last turn of the keys must not open with any of them.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as configured
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts import actions, keyring, keys, tasks
from accounts.actions import object_keys
from accounts.keys import Place
from accounts.models import KeyEpoch, PersonKey, SpentNumber
from audits import epoch_keys
from mci_core import envelope
from mci_core.errors import ActionError
from mci_core.key_tree import KeyTree
from tests.server.cast import Cast

Session = tuple[UUID, int]
OPERATIONS = ("upload", "upload", "erase one", "sweep", "crash", "day", "erase person", "dump", "restore")


@dataclass
class Dump:
    persons: list[PersonKey]
    epochs: list[KeyEpoch]
    spent: list[SpentNumber]
    living: dict[Session, tuple[bytes, bytes]]
    erasures: int


@dataclass
class World:
    cast: Cast
    living: dict[Session, tuple[bytes, bytes]] = field(default_factory=dict)
    spent: set[Session] = field(default_factory=set)
    destroyed: set[Session] = field(default_factory=set)
    #: Destroyed before the last turn: no copy may open them.
    dead: set[Session] = field(default_factory=set)
    copies: set[tuple[bytes, bytes, UUID]] = field(default_factory=set)
    dump: Dump | None = None
    erasures: int = 0
    details: dict[UUID, bytes] = field(default_factory=dict)

    def run(self, name: str, pick: int) -> None:
        {
            "upload": self.upload,
            "erase one": self.erase_one,
            "sweep": self.sweep,
            "crash": self.crash,
            "day": self.day,
            "erase person": self.erase_person,
            "dump": self.make_dump,
            "restore": self.restore,
        }[name](pick)
        for row in PersonKey.objects.filter(purpose="objects", destroyed_at__isnull=True):
            self.copies.add(
                (bytes(row.wrapped or b""), b"mci/person-key/%s/objects" % str(row.pk).encode(), row.pk)
            )

    def upload(self, pick: int) -> None:
        place, key, wrapped = keys.new_data_key(self.cast.subject())
        session = (place.row.pk, place.number or 0)
        assert session not in self.living
        self.living[session] = (key, wrapped)
        # After a restore numbers may be given out again that nobody knows any more; never destroyed ones.
        assert session not in self.destroyed
        found = keys.PersonDetailKeys().for_subject(self.cast.subject().pk)
        assert found is not None
        assert self.details.setdefault(*found) == found[1]

    def erase_one(self, pick: int) -> None:
        if self.living:
            session = sorted(self.living)[pick % len(self.living)]
            del self.living[session]
            self.spent.add(session)
            keys.spend([session])

    def sweep(self, pick: int) -> None:
        tasks.destroy_object_keys()
        self.destroyed |= self.spent
        self.spent.clear()

    def crash(self, pick: int) -> None:
        def dies(**words: Any) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr(object_keys, "append", dies)
            actions.destroy_object_keys(actor=self.cast.system())

    def day(self, pick: int) -> None:
        actions.turn_key_epoch(actor=self.cast.system(), early=True)
        tasks.advance_key_epochs()
        self.dead = set(self.destroyed)

    def erase_person(self, pick: int) -> None:
        through = keys.start_epoch(self.cast.subject())
        keys.destroy_person_keys(subject=self.cast.subject(), actor=self.cast.system(), through=through)
        keyring.write()
        self.destroyed |= set(self.living) | self.spent
        self.living, self.spent, self.details = {}, set(), {}
        self.erasures += 1

    def make_dump(self, pick: int) -> None:
        self.dump = Dump(
            list(PersonKey.objects.all()),
            list(KeyEpoch.objects.all()),
            list(SpentNumber.objects.all()),
            dict(self.living),
            self.erasures,
        )

    def restore(self, pick: int) -> None:
        """The rows go back; the keys of the days, the ring and the ledger do not."""
        dump = self.dump
        if dump is None:
            return
        if pick % 2:
            # Else the ring does not know the last uploads yet.
            keyring.write_if_changed()
        SpentNumber.objects.all().delete()
        PersonKey.objects.all().delete()
        KeyEpoch.objects.all().delete()
        KeyEpoch.objects.bulk_create(map(copy.copy, dump.epochs))
        PersonKey.objects.bulk_create(map(copy.copy, dump.persons))
        SpentNumber.objects.bulk_create(map(copy.copy, dump.spent))
        actions.adopt_keyring(actor=self.cast.system())
        gone = self.destroyed | self.spent
        self.spent = {(row.key_id, row.number) for row in dump.spent} | (gone & set(dump.living))
        keys.spend(gone & set(dump.living))
        self.living = {session: known for session, known in dump.living.items() if session not in gone}
        if self.erasures > dump.erasures:
            self.erase_person(pick)

    def check(self) -> None:
        for (row, number), (key, wrapped) in self.living.items():
            place = Place(PersonKey.objects.get(pk=row), number)
            assert keys.unwrap_data_key(place, wrapped) == key
        for row, number in self.destroyed:
            found = PersonKey.objects.filter(pk=row, destroyed_at__isnull=True).first()
            assert found is None or not keys.tree_of(found).holds(number)
        for key_id, key in self.details.items():
            assert keys.PersonDetailKeys().by_id(key_id) == key
        self.steal()

    def steal(self) -> None:
        wrapping = [epoch_keys.key(number) for number in epoch_keys.numbers()]
        for sealed, about, row in self.copies:
            for key in wrapping:
                try:
                    tree = KeyTree.load(envelope.open_(key, sealed, about))
                except ActionError:
                    continue
                assert not any(tree.holds(number) for dead, number in self.dead if dead == row)


class Undone(Exception):
    """Ends an example without a trace in the database."""


def _steps(*names: str) -> list[tuple[str, int]]:
    return [(name, 0) for name in names]


@pytest.mark.django_db
@example(steps=_steps("day", "dump", "day", "restore", "upload"))
@example(steps=_steps("upload", "day", "dump", "erase one", "sweep", "day", "restore", "upload", "sweep"))
@example(
    steps=_steps("day", "dump", "upload", "upload", "erase one", "erase one", "sweep", "restore", "upload")
)
@example(steps=_steps("dump", "erase one", "crash", "day", "erase person", "upload", "restore", "day"))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 5)), min_size=3, max_size=14))
def test_in_any_order_the_living_open_and_the_destroyed_do_not(
    steps: list[tuple[str, int]], cast: Cast
) -> None:
    before = configured.EPOCHS_DIR, configured.KEY_EPOCH_GRACE_HOURS
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(before[0], Path(folder) / "epochs")
        configured.EPOCHS_DIR, configured.KEY_EPOCH_GRACE_HOURS = Path(folder) / "epochs", 0
        try:
            with transaction.atomic():
                world = World(cast)
                for name, pick in [("upload", 0), *steps]:
                    world.run(name, pick)
                    world.check()
                raise Undone
        except Undone:
            pass
        finally:
            configured.EPOCHS_DIR, configured.KEY_EPOCH_GRACE_HOURS = before

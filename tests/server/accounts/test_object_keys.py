"""Keys of single sessions: given out once, taken out for good, whatever else happens at the time."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions, epoch_status, epochs, keyring, keys, tasks
from accounts.actions import object_keys
from accounts.keys import Place, new_data_key, unwrap_data_key
from accounts.models import KeyPurpose, PersonKey, SpentNumber, Subject
from audits.models import AuditEntry
from mci_core.envelope import CannotOpen
from mci_core.errors import Conflict
from mci_core.key_tree import KeyTree
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db
Made = tuple[Place, bytes, bytes]


@pytest.fixture
def folder(cast: Cast, settings: Any, tmp_path: Path) -> Path:
    """The keys of the days, to be destroyed without harm to other tests."""
    copy = tmp_path / "epochs"
    shutil.copytree(settings.EPOCHS_DIR, copy)
    settings.EPOCHS_DIR = copy
    settings.KEY_EPOCH_GRACE_HOURS = 0
    return copy


def _opens(made: Made) -> bool:
    place, data_key, wrapped = made
    fresh = Place(PersonKey.objects.get(pk=place.row.pk), place.number)
    try:
        return unwrap_data_key(fresh, wrapped) == data_key
    except Conflict:
        return False


def _spend(*made: Made) -> None:
    keys.spend((place.row.pk, place.number or 0) for place, _key, _wrapped in made)


def test_each_session_has_a_number_and_its_parts_share_it(cast: Cast) -> None:
    first, second = new_data_key(cast.subject()), new_data_key(cast.subject())
    part = new_data_key(cast.subject(), near=(first[0].row.pk, first[0].number or 0))
    assert [made[0].number for made in (first, second, part)] == [0, 1, 0]
    assert PersonKey.objects.get(pk=first[0].row.pk).numbers == 2
    # Bound to the place: the key of another number opens nothing.
    with pytest.raises(CannotOpen):
        unwrap_data_key(second[0], first[2])
    with pytest.raises(Conflict):
        unwrap_data_key(Place(first[0].row, None), first[2])


def test_what_is_spent_is_gone_and_the_rest_stays_as_it_is(cast: Cast, folder: Path) -> None:
    made = [new_data_key(cast.subject()) for _ in range(5)]
    _spend(made[1], made[3])
    _spend(made[3])
    before = AuditEntry.objects.count()
    assert tasks.destroy_object_keys() == 2
    assert [_opens(one) for one in made] == [True, False, True, False, True]
    assert not SpentNumber.objects.exists()
    entry = AuditEntry.objects.order_by("-pk")[0]
    assert (entry.action, entry.subject, entry.object_id) == ("accounts.destroy_object_keys", None, None)
    assert AuditEntry.objects.count() == before + 1
    assert tasks.destroy_object_keys() == 0
    assert AuditEntry.objects.count() == before + 1
    assert keyring.is_current()


def test_a_crash_before_the_commit_loses_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, kept = new_data_key(cast.subject()), new_data_key(cast.subject())
    _spend(gone)

    def dies(**words: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(object_keys, "append", dies)
        with pytest.raises(KeyboardInterrupt):
            tasks.destroy_object_keys()
    assert (_opens(gone), SpentNumber.objects.count()) == (True, 1)
    assert tasks.destroy_object_keys() == 1
    assert (_opens(gone), _opens(kept)) == (False, True)


def test_batches_go_on_until_nothing_is_left(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [new_data_key(cast.subject(who)) for who in ("employee", "colleague") for _ in range(3)]
    _spend(*made)
    monkeypatch.setattr(object_keys, "NUMBERS", 2)
    assert actions.destroy_object_keys(actor=cast.system(), limit=1) == 2
    assert tasks.destroy_object_keys() == 4
    assert not any(map(_opens, made))


def test_only_the_keys_of_one_person_when_asked(cast: Cast) -> None:
    mine, other = new_data_key(cast.subject()), new_data_key(cast.subject("colleague"))
    _spend(mine, other)
    assert actions.destroy_object_keys(actor=cast.system(), subject=cast.subject()) == 1
    assert (_opens(mine), _opens(other)) == (False, True)


def test_a_person_who_was_erased_leaves_nothing_to_take_out(cast: Cast) -> None:
    made = new_data_key(cast.subject())
    _spend(made)
    assert actions.destroy_person_keys(subject=cast.subject(), actor=cast.system()) == 1
    assert tasks.destroy_object_keys() == 1
    assert not SpentNumber.objects.exists()
    later = new_data_key(cast.subject())
    assert (later[0].row.epoch, later[0].number, _opens(later)) == (2, 0, True)


def test_a_damaged_tree_holds_back_no_other_and_is_shown(cast: Cast) -> None:
    damaged, fine = new_data_key(cast.subject()), new_data_key(cast.subject("colleague"))
    PersonKey.objects.filter(pk=damaged[0].row.pk).update(wrapped=b"x" * 90)
    _spend(damaged, fine)
    assert tasks.destroy_object_keys() == 1
    SpentNumber.objects.update(spent_at=timezone.now() - timedelta(hours=3))
    assert any("1 keys of erased sessions" in one for one in epoch_status.warnings())
    assert epoch_status.summary()["keys of erased sessions to take out"] == "1"


def test_the_cost_grows_neither_with_sessions_nor_with_people(cast: Cast) -> None:
    def queries(*people: Subject, sessions: int) -> int:
        made = [new_data_key(person) for person in people for _ in range(sessions)]
        _spend(*made[::2])
        with CaptureQueriesContext(connection) as seen:
            assert actions.destroy_object_keys(actor=cast.system()) == len(made[::2])
        return len(seen)

    mine = cast.subject()
    more = [
        Subject.objects.create(pseudonym=f"P-{number:06}", department=cast.department) for number in range(9)
    ]
    few = queries(mine, sessions=2)
    assert few == queries(mine, sessions=60) == queries(mine, *more, sessions=4) <= 12
    tree = keys.tree_of(PersonKey.objects.get(subject=mine, purpose=KeyPurpose.OBJECTS))
    assert len(tree.nodes) < 100


def test_the_ring_brings_no_erased_session_back(cast: Cast, folder: Path) -> None:
    """A dump from before an erasure and two turns of the keys; the ring is of today."""
    gone, kept = new_data_key(cast.subject()), new_data_key(cast.subject())
    row = PersonKey.objects.get(pk=gone[0].row.pk)
    _spend(gone)
    tasks.destroy_object_keys()
    later = new_data_key(cast.subject())
    keyring.write()
    PersonKey.objects.filter(pk=row.pk).update(wrapped=row.wrapped, kek=row.kek_id, numbers=row.numbers)
    assert _opens(gone)
    actions.adopt_keyring(actor=cast.system())
    assert (_opens(gone), _opens(kept)) == (False, True)
    # Numbers go on where they were.
    assert new_data_key(cast.subject())[0].number == (later[0].number or 0) + 1


def test_a_ring_that_is_behind_brings_nothing_back(cast: Cast, folder: Path) -> None:
    """`after_restore` called once more, seconds after an erasure that the ring does not know yet."""
    made = [new_data_key(cast.subject()) for _ in range(3)]
    _spend(made[0])
    tasks.destroy_object_keys()
    _spend(made[1])
    actions.destroy_object_keys(actor=cast.system())
    assert not keyring.is_current()
    actions.adopt_keyring(actor=cast.system())
    assert [_opens(one) for one in made] == [False, False, True]
    # A damaged row takes what the ring has.
    keyring.write()
    PersonKey.objects.filter(pk=made[0][0].row.pk).update(wrapped=b"x" * 90)
    actions.adopt_keyring(actor=cast.system())
    assert [_opens(one) for one in made] == [False, False, True]


def test_a_restored_tree_gives_out_no_number_whose_key_is_gone(cast: Cast) -> None:
    made = [new_data_key(cast.subject()) for _ in range(3)]
    _spend(*made[1:])
    tasks.destroy_object_keys()
    PersonKey.objects.filter(pk=made[0][0].row.pk).update(numbers=1)
    again = new_data_key(cast.subject())
    assert (again[0].number, _opens(again)) == (3, True)


def test_an_old_key_that_opens_stays_as_the_dump_has_it(cast: Cast, folder: Path) -> None:
    """The ring has only what opens the details; within the grace the dump has more."""
    row, _key = keys.person_key(cast.subject())
    row.purpose = KeyPurpose.BOTH
    epochs.wrap(row, bytes(range(32)))
    row.save()
    keys.keep_details_only(PersonKey.objects.get(pk=row.pk))
    keyring.write()
    PersonKey.objects.filter(pk=row.pk).update(wrapped=row.wrapped, purpose="both", kek=row.kek_id)
    actions.adopt_keyring(actor=cast.system())
    row.refresh_from_db()
    assert (row.purpose, epochs.unwrap(row)) == ("both", bytes(range(32)))


def test_a_ring_of_the_first_version_is_read(cast: Cast, folder: Path) -> None:
    keyring.write()
    text = keyring.path().read_text()
    first = text.replace(', "purpose": "details", "numbers": 0', "").replace("keyring/2", "keyring/1")
    keyring.path().write_text(first)
    assert {key.purpose for key in keyring.read()} == {"both"}


def test_uploads_erasures_and_turns_at_the_same_time_lose_and_keep_the_right_keys(shared: Path) -> None:
    from tests.server.cast import make_cast

    cast = make_cast()
    people = [cast.subject("employee"), cast.subject("colleague")]
    kept: list[Made] = []
    gone: list[Made] = []
    stop = threading.Event()
    faults: list[BaseException] = []

    def upload(number: int) -> None:
        while not stop.is_set():
            kept.append(new_data_key(people[number]))
            dropped = new_data_key(people[1 - number])
            gone.append(dropped)
            _spend(dropped)

    def sweep(_number: int) -> None:
        while not stop.is_set():
            tasks.destroy_object_keys()

    def run(what: Any, number: int) -> None:
        try:
            what(number)
        except BaseException as fault:  # the thread hands it to the test
            faults.append(fault)
        finally:
            connection.close()

    work = [(upload, 0), (upload, 1), (sweep, 0), (sweep, 1)]
    threads = [threading.Thread(target=run, args=one) for one in work]
    for thread in threads:
        thread.start()
    for _ in range(4):
        actions.turn_key_epoch(actor=cast.system(), early=True)
        tasks.advance_key_epochs()
    stop.set()
    for thread in threads:
        thread.join(60)
    tasks.advance_key_epochs()
    tasks.destroy_object_keys()
    assert not faults
    assert all(map(_opens, kept))
    assert not any(map(_opens, gone))
    assert len({(place.row.pk, place.number) for place, _key, _wrapped in kept + gone}) == len(kept + gone)


def test_a_tree_keeps_no_seed_above_what_was_taken_out(cast: Cast) -> None:
    made = [new_data_key(cast.subject()) for _ in range(4)]
    whole = keys.tree_of(PersonKey.objects.get(pk=made[0][0].row.pk))
    _spend(made[2])
    tasks.destroy_object_keys()
    left = keys.tree_of(PersonKey.objects.get(pk=made[0][0].row.pk))
    assert not {node.seed for node in whole.nodes} & {node.seed for node in left.nodes}
    assert left == whole.without([2])
    assert isinstance(left, KeyTree)

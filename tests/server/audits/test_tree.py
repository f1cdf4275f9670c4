"""The tree as it is kept: tiles, places, the order of each person, and what a full check finds in them."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from audits import checkpoints, sequence, tree, verification
from audits.models import AuditEntry, Checkpoint, SignedCheckpoint, SubjectEntry, Tile
from audits.tree import Broken
from mci_core import merkle, tiles
from tests.server.audits.support import PEOPLE, TABLES, advance_all, fill, leaves, tamper, write
from tests.server.support import databases

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("limit", [sequence.BATCH, 97])
def test_tiles_are_those_of_the_entries(limit: int) -> None:
    fill(600)
    last = advance_all(600, limit=limit)
    hashes = tiles.leaf_hashes(leaves())
    assert last.root == merkle.root(hashes).hex()
    for tile in tiles.tiles_of(600):
        if tile.level == 0:
            first = tile.index * 256
            assert tree.read(tile) == b"".join(hashes[first : first + tile.width])
    assert Tile.objects.count() == 2
    verification.verify(last)
    verification.verify_end()


def test_upper_tiles_are_kept_too() -> None:
    fill(66_000)
    last = advance_all(66_000)
    assert Tile.objects.filter(level=1).count() == 1
    assert tree.tree(66_000).root().hex() == last.root
    verification.verify(last)
    write(1)
    verification.verify(advance_all(66_001))


def test_every_entry_has_a_place_and_a_proof() -> None:
    fill(520)
    last = advance_all(520)
    ids = list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))
    data = leaves()
    for index in (0, 1, 255, 256, 511, 512, 519):
        assert tree.index_of(ids[index]) == index
        proof = tree.tree(520).inclusion(index)
        leaf = merkle.leaf_hash(data[index])
        assert merkle.verify_inclusion(leaf, index, 520, proof, bytes.fromhex(last.root))
    assert tree.index_of(0) is None


def test_each_person_has_an_order_without_gaps() -> None:
    fill(100)
    advance_all(100, limit=7)
    rows = list(SubjectEntry.objects.filter(subject=PEOPLE[1]).order_by("number"))
    assert [row.number for row in rows] == list(range(1, 8))
    data = leaves()
    before = None
    for row in rows:
        assert str(PEOPLE[1]).encode() in data[row.index]
        assert bytes(row.leaf) == merkle.leaf_hash(data[row.index])
        assert row.previous == before
        before = row.leaf
    assert SubjectEntry.objects.count() == 33


def test_a_log_from_before_there_were_tiles_is_taken_over() -> None:
    fill(300)
    advance_all(150, limit=150)
    advance_all(300)
    tamper(
        "UPDATE audits_checkpoint SET in_tiles = NULL",
        "DELETE FROM audits_tile",
        "DELETE FROM audits_subjectentry",
    )
    old = sequence.latest()
    assert old is not None
    verification.verify(old)
    assert checkpoints.sign() is None
    assert sequence.advance() == 0
    write(1)
    last = advance_all(301, limit=100)
    assert (last.size, last.in_tiles) == (301, True)
    assert Tile.objects.count() == 1
    verification.verify(last)
    assert checkpoints.sign() is not None


def test_a_log_from_before_that_lost_entries_is_not_taken_over() -> None:
    fill(30)
    advance_all(30)
    tamper("UPDATE audits_checkpoint SET in_tiles = NULL", "DELETE FROM audits_subjectentry")
    tamper("DELETE FROM audits_auditentry WHERE id = (SELECT min(id) FROM audits_auditentry)")
    write(1)
    with pytest.raises(Broken):
        advance_all(31)


ADD_SUBJECT = """
INSERT INTO audits_subjectentry (index, entry_id, subject, number, leaf)
SELECT 900, 1, gen_random_uuid(), 1, leaf FROM audits_subjectentry LIMIT 1
"""
FLIP = "set_byte({0}, 40 % octet_length({0}), get_byte({0}, 40 % octet_length({0})) # 1)"


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (f"UPDATE audits_tile SET hashes = {FLIP.format('hashes')} WHERE index = 1", 257),
        (f"UPDATE audits_tile SET root = {FLIP.format('root')} WHERE index = 1", 256),
        ("DELETE FROM audits_tile WHERE index = 1", 256),
        ("INSERT INTO audits_tile SELECT 0, 2, hashes, root, 1, 1 FROM audits_tile WHERE index = 0", 512),
        ("UPDATE audits_tile SET level = 1, last_txid = NULL, last_id = NULL WHERE index = 1", 256),
        (f"UPDATE audits_subjectentry SET leaf = {FLIP.format('leaf')} WHERE index = 305", 305),
        (f"UPDATE audits_subjectentry SET previous = {FLIP.format('previous')} WHERE index = 305", 305),
        ("UPDATE audits_subjectentry SET number = 99 WHERE index = 305", 305),
        ("UPDATE audits_subjectentry SET entry_id = 99 WHERE index = 305", 305),
        ("UPDATE audits_subjectentry SET subject = gen_random_uuid() WHERE index = 305", 305),
        ("DELETE FROM audits_subjectentry WHERE index = 305", 305),
        (ADD_SUBJECT, 900),
        ("UPDATE audits_checkpoint SET root = repeat('0', 64) WHERE size = 300", 300),
        ("UPDATE audits_checkpoint SET size = 301 WHERE size = 300", 301),
        ("UPDATE audits_checkpoint SET size = 601 WHERE size = 600", 600),
        ("UPDATE audits_signedcheckpoint SET root = repeat('0', 64)", 600),
        ("UPDATE audits_signedcheckpoint SET size = 599", 599),
        ("UPDATE audits_signedcheckpoint SET note = replace(note, E'\\n600\\n', E'\\n601\\n')", 600),
        ("UPDATE audits_auditentry SET leaf = replace(leaf, '\"n\":401}', '\"n\":402}')", 400),
        ("UPDATE audits_auditentry SET leaf = replace(leaf, '\"n\":590}', '\"n\":591}')", 600),
        ("DELETE FROM audits_auditentry WHERE leaf LIKE '%\"n\":401}%'", 400),
    ],
)
def test_the_first_bad_place_is_named(statement: str, index: int) -> None:
    fill(600)
    advance_all(300, limit=300)
    last = advance_all(600)
    checkpoints.sign()
    tamper(statement)
    last = sequence.latest() or last
    with pytest.raises(Broken) as found:
        verification.verify(last)
    assert found.value.index == index


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET at = now()",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} ADD COLUMN more integer",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "ALTER TABLE {} DISABLE TRIGGER audits_keep_rows",
        "DROP TRIGGER audits_keep_rows ON {}",
        "DROP TABLE {}",
    ],
)
def test_the_application_role_is_refused(table: str, statement: str) -> None:
    column = {"audits_tile": "root = root", "audits_subjectentry": "number = 1"}.get(table, "at = now()")
    text = statement.format(table).replace("at = now()", column)
    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be owner|no privileges"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(text)


def test_the_application_role_cannot_switch_triggers_off_for_its_session() -> None:
    for text in ("SET session_replication_role = replica", "SET ROLE postgres", "CREATE TABLE mine (a int)"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(text)


@pytest.mark.parametrize("table", [name for name in TABLES if name != "audits_cosignature"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_triggers_refuse_the_owner_too(table: str, statement: str) -> None:
    fill(300)
    write(1)
    advance_all(301)
    checkpoints.sign()
    assert SignedCheckpoint.objects.exists()
    assert Checkpoint.objects.exists()
    column = {"audits_tile": "root = root", "audits_subjectentry": "number = 1"}.get(table, "at = now()")
    with databases.owner_connection() as owner, pytest.raises(Exception, match="append-only"):
        owner.execute(statement.format(table, column))

"""A query may name more rows than the protocol carries values."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection

from accounts.models import Subject
from mci_admin.cursor import MOST_VALUES
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_list_of_any_length_is_looked_up(cast: Cast, more: int) -> None:
    wanted = cast.subject()
    others = [uuid.uuid4() for _ in range(MOST_VALUES + more)]
    assert list(Subject.objects.filter(pk__in=[wanted.pk, *others])) == [wanted]


def test_text_in_a_long_list_is_data_and_never_sql(cast: Cast) -> None:
    hostile = ["it's", "%s", "100 %", '"; DROP TABLE accounts_subject; --', "back\\slash", "$1"]
    with connection.cursor() as cursor:
        many = hostile * (MOST_VALUES // len(hostile) + 1)
        cursor.execute(f"SELECT DISTINCT v FROM (VALUES {', '.join(['(%s)'] * len(many))}) AS t(v)", many)
        assert {row[0] for row in cursor.fetchall()} == set(hostile)


def test_a_query_that_is_asked_often_is_read_once(cast: Cast) -> None:
    wanted = cast.subject()
    for _turn in range(10):
        assert Subject.objects.filter(pk=wanted.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        kept = [row[0] for row in cursor.fetchall()]
    assert [text for text in kept if 'FROM "accounts_subject" WHERE' in text], kept


def test_it_is_planned_for_its_values_each_time_and_writing_the_log_is_not(cast: Cast) -> None:
    wanted = cast.subject()
    for _turn in range(20):
        assert Subject.objects.filter(pk=wanted.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements"
            """ WHERE statement LIKE '%%FROM "accounts_subject" WHERE%%'"""
        )
        generic, custom = cursor.fetchone()
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = 'audits_append'")
        assert cursor.fetchone()[0] == ["plan_cache_mode=auto"]
    assert (generic, custom > 5) == (0, True)

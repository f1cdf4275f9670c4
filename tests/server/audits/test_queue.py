"""Work is sent after the commit, and a broker that is down never fails a request."""

from __future__ import annotations

import pytest
from celery import current_app
from django.db import transaction

from audits.queue import enqueue_on_commit


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    seen: list[tuple[str, list[str]]] = []

    def send(name: str, args: list[str], **_options: object) -> None:
        seen.append((name, args))

    monkeypatch.setattr(current_app, "send_task", send)
    return seen


def test_a_task_is_sent_once_the_transaction_committed(
    transactional_db: None, sent: list[tuple[str, list[str]]]
) -> None:
    with transaction.atomic():
        enqueue_on_commit("app.tasks.work", "id")
        assert sent == []
    assert sent == [("app.tasks.work", ["id"])]


def test_nothing_is_sent_when_the_transaction_rolls_back(
    transactional_db: None, sent: list[tuple[str, list[str]]]
) -> None:
    with transaction.atomic():
        enqueue_on_commit("app.tasks.work", "id")
        transaction.set_rollback(True)
    assert sent == []


def test_a_broker_that_is_down_costs_nothing(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(current_app, "send_task", fail)
    with transaction.atomic():
        enqueue_on_commit("app.tasks.work", "id")

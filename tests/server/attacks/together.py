"""Several people or workers at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

from mci_core.errors import ActionError


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls together, each on a connection of its own. Results; a refusal as its code."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        start.wait(60)
        try:
            results[index] = call()
        except ActionError as refusal:
            results[index] = refusal.code
        except Exception as fault:  # shown to the test, which fails on it
            results[index] = fault
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def refused(results: list[Any]) -> int:
    return sum(isinstance(result, str) for result in results)

"""Routes of the project itself."""

from __future__ import annotations

from tests.server.access.matrix import EVERYBODY, PUBLIC, Row

ROWS = [
    Row("healthz", "GET", PUBLIC),
    Row("api-schema", "GET", EVERYBODY),
]

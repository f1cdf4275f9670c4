"""Decides how values travel to PostgreSQL: apart from the text of a query, so that it need not be read anew.

The protocol carries at most 65,535 values beside a query; a longer list becomes part of the text, as it is
with Django's own cursor. See docs/adr/0037.
"""

from __future__ import annotations

from typing import Any, Self

import psycopg

MOST_VALUES = 65_535


class Cursor(psycopg.Cursor[Any]):
    """Binds on the server whatever the server can take."""

    def execute(
        self, query: Any, params: Any = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Self:
        if params is not None and len(params) > MOST_VALUES:
            # What is kept is found by its text, and this one is asked once.
            text = psycopg.ClientCursor(self.connection).mogrify(query, params)
            return super().execute(text.encode(), None, prepare=False, binary=binary)
        return super().execute(query, params, prepare=prepare, binary=binary)

"""Turns a figure (traces, layout, definition, table) into what the chart component shows; a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def shown(figure: Mapping[str, Any]) -> dict[str, Any]:
    """The chart as JSON for ``charts.js``, and its numbers as a table whose columns of numbers are marked."""
    numeric = [_is_number(cell) for cell in next(iter(figure["rows"]), figure["columns"])]
    return {
        "figure": figure,
        "columns": list(zip(figure["columns"], numeric, strict=False)),
        "rows": [list(zip(row, numeric, strict=False)) for row in figure["rows"]],
        "spec": {"data": figure["data"], "layout": figure.get("layout", {})},
        "spec_id": f"chart-data-{figure['id']}",
    }


def _is_number(cell: object) -> bool:
    """Whether a cell stands in a column of numbers, written out or not."""
    return not isinstance(cell, str) or cell[:1].isdigit()

"""Reads the lists of forms and words that stand beside the detectors: one entry a line, columns by tabs."""

from __future__ import annotations

from importlib import resources


def rows(name: str) -> list[list[str]]:
    """The columns of each line; empty lines and those that begin with "# " are left out."""
    text = resources.files("mci_core.detectors").joinpath(name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("# ")]


def words(name: str, section: str) -> str:
    """An alternation of the expressions of one section, folded as texts are: letters beyond ASCII as 0xE9."""
    kept = [columns[1] for columns in rows(name) if columns[0] == section]
    return "|".join("".join(char if char.isascii() else "\\xe9" for char in word) for word in kept)


def terms(name: str, section: str) -> frozenset[str]:
    """The words of one section, several of them on a line."""
    return frozenset(word for columns in rows(name) if columns[0] == section for word in columns[1].split())

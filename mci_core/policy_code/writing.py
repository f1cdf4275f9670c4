"""Writes a policy document as YAML for review: stable order, one change one line, nothing that goes without
saying.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mci_core.policy_code import shape


@dataclass(frozen=True)
class Header:
    """What the comment at the top names. `server` and the numbers are for people; nothing reads them."""

    digest: str
    server: str = ""
    release: int | None = None
    version: int | None = None


def written(document: Mapping[str, Any], header: Header | None = None) -> str:
    """The text of a file. `read` gives the same document back."""
    comment = "".join(f"# {line}".rstrip() + "\n" for line in _comment(header)) if header else ""
    return comment + str(
        yaml.dump(
            shape.reduced(document),
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=False,
            width=1_000_000,
        )
    )


def _comment(header: Header) -> Iterator[str]:
    yield f"Capture policy{f' of {header.server}' if header.server else ''}"
    if header.release is not None:
        yield f"release {header.release}, version {header.version}"
    yield f"digest  {header.digest}"
    yield ""
    yield "Written by `mci-policy export`. Change it, then: `mci-policy validate`, `plan`, `apply`."
    yield "Entries and rules stand in the order of their ids; what is left out has its default."


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key, and a value that stands twice is written twice."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        # Only what a reviewer could not see comes here with such signs: written as escapes.
        self.allow_unicode = text.isprintable()
        super().write_double_quoted(text, split)
        self.allow_unicode = True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Lines as lines, invisible signs as escapes; the dumper quotes what could be taken for no text."""
    lines = text.split("\n")
    plain = all(line.isprintable() for line in lines)
    block = len(lines) > 1 and all(line == line.strip() for line in lines)
    style = ("|" if block else None) if plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _short_list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.SequenceNode:
    """An empty list is written as one."""
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=not items)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _short_list)

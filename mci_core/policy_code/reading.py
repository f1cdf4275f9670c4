"""Reads the YAML of a policy strictly, and remembers the line of everything.

A reviewer has to see in the text what it does. Therefore no anchors, no tags, no repeated keys, one document;
of values without quotes only whole numbers, decimals, true, false and null are more than text (`NO` is a
country, `2027-01-31` a text). What a file leaves out is filled in from `shape`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mci_core.errors import Invalid
from mci_core.policy_code import shape
from mci_core.policy_model import MAX_POLICY_BYTES

#: Indentation and comments may take as much room again as the document.
MAX_TEXT_BYTES = 2 * MAX_POLICY_BYTES
MAX_DEPTH = 12
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?P<decimal>\.[0-9]{1,17})?")
_WORDS = {"true": True, "false": False, "null": None}


class Unreadable(Invalid):
    """No YAML that counts; the message names the line. `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message, code="policy_file_unreadable")
        self.line = line


@dataclass(frozen=True)
class PolicyFile:
    """A file as it was read: `written` in its own order, `document` as the server would have it.

    `lines`: path in the written data ("entries[0].label", "$" for the whole) -> line, from 1.
    """

    written: dict[str, Any]
    document: dict[str, Any]
    lines: dict[str, int]

    def line_of(self, path: str) -> int:
        """The line of a path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path or "$", 1)


def read(text: str | bytes) -> PolicyFile:
    """Raises `Unreadable`. What was read may still be no valid policy: ask `problems`."""
    data = text.encode() if isinstance(text, str) else text
    if len(data) > MAX_TEXT_BYTES:
        raise Unreadable(f"A policy file may have {MAX_TEXT_BYTES} bytes; this one has {len(data)}.", 1)
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable("The file is not written in UTF-8.", line) from error
    node = _composed(decoded)
    if not isinstance(node, MappingNode):
        raise Unreadable("A policy file holds keys such as name: and entries:.", 1)
    lines: dict[str, int] = {}
    found = _value(node, "", lines)
    assert isinstance(found, dict)
    expanded = shape.expanded(found)
    return PolicyFile(expanded, shape.ordered(expanded), lines)


class _Loader(yaml.BaseLoader):
    """Composes nodes without anchors, tags or depth."""

    depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs say nothing of events
        if getattr(event, "anchor", None) is not None:
            raise Unreadable("Write it out: anchors (& and *) are not read.", _line(event))
        if getattr(event, "tag", None) is not None:
            raise Unreadable("Tags (!) are not read.", _line(event))
        if self.depth == MAX_DEPTH:
            raise Unreadable("This is nested too deeply.", _line(event))
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _line(where: Any) -> int:
    return int(where.start_mark.line) + 1


def _composed(text: str) -> Node | None:
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(f"This is no YAML: {error.problem}.", mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise Unreadable("The file holds characters that YAML does not have.", 1) from error


def _value(node: Node, path: str, lines: dict[str, int]) -> Any:
    lines.setdefault(path or "$", _line(node))
    if isinstance(node, MappingNode):
        return dict(_pairs(node, path, lines))
    if isinstance(node, SequenceNode):
        return [_value(item, f"{path}[{index}]", lines) for index, item in enumerate(node.value)]
    assert isinstance(node, ScalarNode)
    return node.value if node.style is not None else _plain(node.value)


def _pairs(node: MappingNode, path: str, lines: dict[str, int]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise Unreadable("A key is a word.", _line(key))
        if key.value in seen:
            raise Unreadable(f"The key {key.value[:80]} stands here twice.", _line(key))
        seen.add(key.value)
        inner = f"{path}.{key.value}" if path else key.value
        lines[inner] = _line(key)
        yield key.value, _value(value, inner, lines)


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text or None
    return float(text) if match["decimal"] else int(text)

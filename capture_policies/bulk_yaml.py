"""Reads YAML that people upload, strictly: only text, lists and mappings, each with the line it stands on.

Nothing is guessed from how a value looks (``NO`` is Norway, ``2027-01-31`` a text): the document decides what
a value means. Anchors, repeated keys, several documents in one file and deep nesting are refused: they are of
no use in a list of entries, and a reader of the file would not see what they do.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mci_core.errors import Invalid

MAX_DEPTH = 8


class _Strict(yaml.BaseLoader):
    """Composes nodes without anchors and without depth."""

    depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs say nothing of events
        if getattr(event, "anchor", None) is not None:
            raise _fault("Anchors (& and *) are not read.", event)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _fault("This is nested too deeply.", event)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Plain(yaml.SafeDumper):
    """Writes a value that stands twice out twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def written(data: Any) -> str:
    """The data as YAML that :func:`read` takes."""
    return str(yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100))


def read(text: str) -> Node | None:
    """The only document of a text as nodes; None when it is empty. Raises `Invalid` with the line."""
    try:
        loader = _Strict(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark
        where = f" (line {mark.line + 1})" if mark else ""
        raise _unreadable(f"{fault.problem or 'cannot be read'}{where}") from fault
    except yaml.YAMLError as fault:
        raise _unreadable("it holds characters that YAML does not allow") from fault


def line_of(node: Node) -> int:
    """The line on which a node begins, counted from 1."""
    return int(node.start_mark.line) + 1


def plain(node: Node) -> Any:
    """Texts, lists and mappings of a node. Raises `Invalid` for a key that stands twice or is no text."""
    if isinstance(node, ScalarNode):
        return str(node.value)
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.value]
    assert isinstance(node, MappingNode)
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode) or key.value in found:
            name = f"“{key.value}” stands twice" if isinstance(key, ScalarNode) else "A key is no text"
            raise Invalid(f"{name} (line {line_of(key)}).", code="file_invalid")
        found[str(key.value)] = plain(value)
    return found


def _fault(words: str, event: Any) -> Invalid:
    return Invalid(f"{words} (line {event.start_mark.line + 1})", code="file_invalid", field="file")


def _unreadable(words: str) -> Invalid:
    return Invalid(f"This is no YAML: {words}.", code="file_invalid", field="file")

"""What a row of the access matrix is, and how one question is asked and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.server.cast import Cast

#: role in the matrix -> name in the cast
PERSONS: dict[str, str | None] = {
    "admin": "admin",
    "privacy_officer": "officer",
    "ml_staff": "ml",
    "auditor": "auditor",
    "employee": "employee",
    "outsider": None,
}
STAFF = frozenset({"admin", "privacy_officer", "ml_staff", "auditor"})
EVERYBODY = STAFF | {"employee"}
PUBLIC = EVERYBODY | {"outsider"}
METHODS = ("get", "post", "put", "patch", "delete")
REFUSED = (401, 403, 404)
Given = Mapping[str, Any] | Callable[[Cast], Mapping[str, Any]]


@dataclass(frozen=True)
class Row:
    """One route and method and who may use it."""

    name: str
    method: str
    allowed: Iterable[str]
    kwargs: Given = field(default_factory=dict)
    data: Given = field(default_factory=dict)
    missing_ok: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.name}"

    def url(self, cast: Cast) -> str:
        return reverse(self.name, kwargs=dict(_given(self.kwargs, cast)))

    def ask(self, cast: Cast, person: str | None, url: str) -> Any:
        """The answer that this person gets. APIs are asked with a token, pages with a session."""
        data = dict(_given(self.data, cast))
        if url.startswith("/api/"):
            return getattr(cast.api(person), self.method.lower())(url, data, format="json")
        client: Client = cast.client(person)
        client.raise_request_exception = False
        if url.startswith("/agent/"):
            return getattr(client, self.method.lower())(url, data, content_type="application/json")
        return getattr(client, self.method.lower())(url, data)


def _given(given: Given, cast: Cast) -> Mapping[str, Any]:
    return given(cast) if callable(given) else given


def is_open(row: Row, response: Any) -> bool:
    """Whether the person got through. A fault of ours (5xx) is neither open nor closed."""
    assert response.status_code < 500, f"{row} answers {response.status_code}"
    if response.status_code in (301, 302, 303) and "/accounts/login/" in response["Location"]:
        return False
    if row.missing_ok and response.status_code == 404:
        return True
    return response.status_code not in REFUSED


def rows() -> list[Row]:
    """Every row of every file beside this one."""
    found: list[Row] = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if not path.stem.startswith(("_", "test_")) and path.stem != "matrix":
            found += import_module(f"tests.server.access.{path.stem}").ROWS
    return found


@dataclass(frozen=True)
class Route:
    """One URL pattern: its full name, and the methods its view has (none known for a function)."""

    name: str
    pattern: str
    methods: frozenset[str]


def routes() -> Iterator[Route]:
    yield from _walk(get_resolver().url_patterns, "", "")


def _walk(patterns: Iterable[URLPattern | URLResolver], namespace: str, prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        full = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner, full)
        else:
            yield Route(f"{namespace}{pattern.name or ''}", full, _methods(pattern.callback))


def _methods(view: Any) -> frozenset[str]:
    actions = getattr(view, "actions", None)
    if actions:
        return frozenset(name.upper() for name in actions if name in METHODS)
    cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if cls is None:
        return frozenset()
    names = {name for name in METHODS if hasattr(cls, name) and name in cls.http_method_names}
    if "post" in names and not hasattr(cls, "renderer_classes"):
        names.discard("put")  # Django's FormView takes PUT for POST
    return frozenset(name.upper() for name in names)

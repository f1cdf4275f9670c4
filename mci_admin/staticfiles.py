"""Decides which files of the front-end packages are served: those listed here, and no other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.core.files.storage import FileSystemStorage, Storage

# Address below /static/ -> file below node_modules/.
FILES = {
    "vendor/tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler/tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",
    "vendor/htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/htmx/htmx.min.js.map": "htmx.org/dist/htmx.min.js.map",
    "vendor/plotly/plotly.min.js": "plotly.js-basic-dist-min/plotly-basic.min.js",
    "vendor/inter/inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "vendor/inter/inter-latin-ext.woff2": (
        "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2"
    ),
}


class PackageStorage(FileSystemStorage):
    """Read-only: maps the short address to the file in the package."""

    def path(self, name: str) -> str:
        return super().path(FILES.get(name, name))


class PackageFinder(BaseFinder):
    def __init__(self, app_names: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        self.root = Path(settings.BASE_DIR) / "node_modules"
        self.storage = PackageStorage(location=self.root)
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [source for source in FILES.values() if not (self.root / source).is_file()]
        if not missing:
            return []
        hint = "Run `npm ci` (part of `make setup`)."
        return [CheckWarning(f"Front-end files are missing: {', '.join(missing)}", hint=hint, id="mci.W001")]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        source = FILES.get(path)
        found = [str(self.root / source)] if source and (self.root / source).is_file() else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Storage]]:
        for name, source in FILES.items():
            if (self.root / source).is_file():
                yield name, self.storage

"""Decides what a test of policies starts from: the cast, and a release repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.server.capture_policies.support import Desk, Fetcher, found_repository
from tests.server.cast import Cast


@pytest.fixture(autouse=True)
def keys_dir(tmp_path_factory: pytest.TempPathFactory, settings: Any) -> Path:
    """Keys of this test run; made once, so that no test waits for key files."""
    folder: Path = tmp_path_factory.getbasetemp() / "policy-keys"
    settings.KEYS_DIR = folder
    return folder


@pytest.fixture
def repository(db: None) -> None:
    """The release repository, as ``manage.py keys init`` leaves it."""
    found_repository()


@pytest.fixture
def desk(repository: None, queued: Any, cast: Cast) -> Desk:
    """People of every role, and short ways to what they do."""
    return Desk(cast)


@pytest.fixture
def updater(client: Any, tmp_path: Path) -> Callable[[], Any]:
    """A TUF client that starts from the root of enrolment and fetches through the real addresses."""
    from tuf.ngclient import Updater

    from capture_policies import signing

    root = signing.root_for_enrolment()

    def make() -> Updater:
        (tmp_path / "tuf").mkdir(exist_ok=True)
        (tmp_path / "targets").mkdir(exist_ok=True)
        return Updater(
            metadata_dir=str(tmp_path / "tuf"),
            metadata_base_url="http://testserver/agent/v1/tuf/",
            target_dir=str(tmp_path / "targets"),
            target_base_url="http://testserver/agent/v1/releases/",
            fetcher=Fetcher(client),
            bootstrap=root,
        )

    return make


@pytest.fixture
def time_machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``time_machine(hours=25)``: later, for Django and for the TUF client alike."""
    import datetime as dt
    from types import SimpleNamespace

    from django.utils import timezone
    from tuf.ngclient._internal import trusted_metadata_set

    moved = dt.timedelta()
    true_now = timezone.now

    class Later(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]  # plain is enough
            return dt.datetime.now(tz) + moved

    def move(**much: float) -> None:
        nonlocal moved
        moved += dt.timedelta(**much)

    monkeypatch.setattr(timezone, "now", lambda: true_now() + moved)
    later = SimpleNamespace(datetime=Later, timezone=dt.timezone)
    monkeypatch.setattr(trusted_metadata_set, "datetime", later)
    return move

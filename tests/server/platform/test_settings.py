"""Settings: safe when nothing is said, loud when something is wrong, and every one documented."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from mci_admin import env
from tests import deploy_check
from tests.server.support.processes import only

ROOT = env.BASE_DIR
SOURCES = [
    ROOT / "mci_admin",
    *(ROOT / app for app in ("agents", "audits", "accounts", "capture_policies", "mci_core/detectors")),
]
_READ = re.compile(
    r"""env\.\w+\(\s*"([A-Z][A-Z_]+)"|environ(?:\.get)?[\[(]"([A-Z][A-Z_]+)"|_raw\("([A-Z_]+)"\)"""
)
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "PATH"}


def load(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check"],
        env=only(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def read_names() -> set[str]:
    found: set[str] = set()
    for folder in SOURCES:
        for file in folder.rglob("*.py"):
            for match in _READ.finditer(file.read_text(encoding="utf-8")):
                found |= {name for name in match.groups() if name}
    return found - NOT_OURS


def documented_names() -> set[str]:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))


def test_every_setting_is_documented() -> None:
    assert read_names() - documented_names() == set()


def test_no_setting_is_documented_that_does_not_exist() -> None:
    assert documented_names() - read_names() == set()


def test_example_names_only_settings_that_exist() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    names = set(re.findall(r"^#? ?([A-Z_]+)=", text, re.MULTILINE))
    assert names <= documented_names()


def test_nothing_said_means_production_and_production_needs_its_secrets() -> None:
    done = load({"PATH": os.environ["PATH"]})
    assert done.returncode != 0
    assert "SECRET_KEY (or SECRET_KEY_FILE) is not set" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MASTER_KEY", "", "MASTER_KEY (or MASTER_KEY_FILE) is not set"),
        ("SECRET_KEY", "short", "SECRET_KEY is too weak"),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS is not set"),
        ("DATABASE_URL", "", "DATABASE_URL is not set"),
        ("DATABASE_URL", "sqlite:///x", "DATABASE_URL must start with postgresql://"),
        ("REDIS_URL", "", "REDIS_URL is not set"),
        ("PUBLIC_URL", "", "PUBLIC_URL is not set"),
        ("MIN_GROUP_SIZE", "4", "MIN_GROUP_SIZE is 4; it must be at least 5"),
        ("MCI_ENV", "staging", "MCI_ENV is 'staging'"),
        ("LEASE_SECONDS", "soon", "must be a whole number"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS must name hosts"),
        ("PUBLIC_URL", "http://mci.example.com", "PUBLIC_URL must start with https://"),
        ("DATABASE_OWNER_URL", "postgresql://mci_app:x@db.example.com/mci", "two different roles"),
    ],
)
def test_unsafe_production_does_not_start(name: str, value: str, said: str) -> None:
    assert said in _settings_fault({**deploy_check.environment(), name: value})


def _settings_fault(environment: dict[str, str]) -> str:
    """Import the settings alone: quicker than a whole start."""
    done = subprocess.run(
        [sys.executable, "-c", "import mci_admin.settings"],
        env=only({name: value for name, value in environment.items() if value}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr


def test_secret_is_generated_once_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCI_VAR", str(tmp_path))
    first = env.secret("SECRET_KEY")
    assert first == env.secret("SECRET_KEY")
    assert len(first) >= 50
    file = tmp_path / "secrets" / "SECRET_KEY"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["SECRET_KEY"]


def test_secret_comes_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "given").write_text("abcdefghijklmnopqrstuvwxyz0123456789\n")
    monkeypatch.setenv("MASTER_KEY_FILE", str(tmp_path / "given"))
    assert env.secret("MASTER_KEY") == "abcdefghijklmnopqrstuvwxyz0123456789"
    monkeypatch.setenv("MASTER_KEY_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        env.secret("MASTER_KEY")


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("yes", True), ("off", False), ("", True), ("0", False)]
)
def test_flags(text: str, value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_STARTTLS", text)
    assert env.flag("EMAIL_STARTTLS", True) is value


def test_flag_that_says_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_STARTTLS", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="write 1 or 0"):
        env.flag("EMAIL_STARTTLS", True)


def test_database_address_by_socket_and_by_tcp() -> None:
    socket = env.database("X", "postgresql://mci_app@/mci?host=/tmp/a%20b", statement=0)
    assert (socket["HOST"], socket["USER"], socket["NAME"]) == ("/tmp/a b", "mci_app", "mci")
    url = "postgresql://u:p%40ss@db.example.com:6432/mci?sslmode=verify-full"
    tcp = env.database("X", url, statement=7)
    assert (tcp["HOST"], tcp["PORT"], tcp["PASSWORD"]) == ("db.example.com", "6432", "p@ss")
    assert tcp["OPTIONS"]["sslmode"] == "verify-full"
    assert "-c statement_timeout=7" in tcp["OPTIONS"]["options"]


@pytest.mark.parametrize(("prepare", "threshold"), [(True, 5), (False, None)])
def test_plans_are_kept_unless_a_pooler_in_between_cannot_keep_them(
    prepare: bool, threshold: int | None
) -> None:
    options = env.database("X", "postgresql://u@/mci", statement=0, prepare=prepare)["OPTIONS"]
    assert options.get("prepare_threshold") == threshold
    assert options.get("server_side_binding", False) is prepare


@pytest.mark.parametrize("url", ["postgresql://db.example.com/mci", "postgresql://user@db.example.com/"])
def test_database_address_names_a_user_and_a_database(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="name a user and a database"):
        env.database("X", url, statement=0)


def test_empty_list_is_refused_where_one_word_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", " , ")
    with pytest.raises(ImproperlyConfigured, match="is empty"):
        env.words("ALLOWED_HOSTS")


def test_safe_production_has_no_fault() -> None:
    done = load(deploy_check.environment())
    assert done.returncode == 0, done.stderr


def test_two_secrets_must_differ() -> None:
    same = "one-and-the-same-secret-0123456789-abcdefghijklmnop"
    said = _settings_fault({**deploy_check.environment(), "MASTER_KEY": same, "PSEUDONYM_KEY": same})
    assert "must be two different secrets" in said


def test_needed_text_and_choice_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="OIDC_CLIENT_ID is not set"):
        env.text("OIDC_CLIENT_ID")
    monkeypatch.setenv("SESSION_HOURS", "99")
    with pytest.raises(ImproperlyConfigured, match="at least 1 and at most 72"):
        env.number("SESSION_HOURS", 12, least=1, most=72)


def test_addresses_come_from_the_record_unless_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCI_VAR", str(tmp_path))
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert env.service_url("REDIS_URL") is None
    (tmp_path / "services.json").write_text('{"REDIS_URL": "unix:///x"}')
    assert env.service_url("REDIS_URL") == "unix:///x"
    monkeypatch.setenv("REDIS_URL", "redis://given")
    assert env.service_url("REDIS_URL") == "redis://given"

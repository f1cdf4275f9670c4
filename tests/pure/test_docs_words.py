"""The pages name every command and target, and use the words of the product."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pure.docs_pages import DOCS, ROOT, pages, prose_of, text_of

APPS = (
    "mci_admin",
    "audits",
    "accounts",
    "jurisdictions",
    "agents",
    "capture_policies",
    "privacy_requests",
)
#: People start these through make.
INNER_COMMANDS = {"seed_demo", "demo"}
#: wrong -> right
WRONG_WORDS = {
    r"white-?lists?\b": "allowlist",
    r"black-?lists?\b": "allowlist (default deny)",
    r"kill-switch": "kill switch",
    r"law-packs?\b": "law pack",
    r"legal-holds?\b": "legal hold",
    r"view-grants?\b": "view grant",
    r"roll-outs?\b": "rollout",
    r"consent-based": "nothing: consent never suffices",
    r"screen ?grabs?\b": "frame or screenshot",
    r"employee monitoring": "capture of work",
}
#: Words that promise instead of saying.
MARKETING = (
    r"seamless",
    r"robust",
    r"cutting[- ]edge",
    r"state[- ]of[- ]the[- ]art",
    r"world[- ]class",
    r"best[- ]in[- ]class",
    r"enterprise[- ]grade",
    r"powerful",
    r"effortless",
    r"leverag\w+",
    r"empower\w*",
    r"unlock\w* the",
    r"game[- ]chang\w+",
    r"blazing",
    r"revolution\w+",
)
_PAGES = [page for page in pages() if "tests" not in page.relative_to(ROOT).parts]


def commands() -> set[str]:
    found = [path for app in APPS for path in (ROOT / app / "management" / "commands").glob("*.py")]
    return {path.stem for path in found} - {"__init__"} - INNER_COMMANDS


def targets() -> list[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return re.findall(r"^([a-z][a-z-]*):.*##", makefile, re.MULTILINE)


def test_every_management_command_is_explained_to_operators() -> None:
    text = text_of(DOCS / "operations.md") + text_of(DOCS / "audit-log.md")
    assert commands()
    missing = [name for name in sorted(commands()) if not re.search(rf"manage\.py {name}\b", text)]
    assert missing == []


def test_every_target_of_make_is_explained_to_contributors() -> None:
    text = text_of(ROOT / "CONTRIBUTING.md")
    assert "demo" in targets()
    assert [name for name in targets() if f"make {name}" not in text and f"`{name}`" not in text] == []


def test_no_page_names_a_command_that_does_not_exist() -> None:
    known = (
        commands() | INNER_COMMANDS | {"check", "migrate", "collectstatic", "spectacular", "makemigrations"}
    )
    named = {word for page in pages() for word in re.findall(r"manage\.py ([a-z_]+)", text_of(page))}
    assert named - known == set()


def test_no_page_names_a_target_that_does_not_exist() -> None:
    named = {word for page in pages() for word in re.findall(r"`make ([a-z-]+)", text_of(page))}
    assert named - set(targets()) == set()


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_use_the_words_of_the_product(page: Path) -> None:
    prose = prose_of(page)
    flags = re.IGNORECASE
    found = [
        f"{wrong} (say {right})" for wrong, right in WRONG_WORDS.items() if re.search(wrong, prose, flags)
    ]
    assert found == []


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_say_and_do_not_promise(page: Path) -> None:
    prose = prose_of(page)
    assert [word for word in MARKETING if re.search(rf"\b{word}\b", prose, re.IGNORECASE)] == []


def test_no_description_calls_the_capture_consent_based() -> None:
    for name in ("pyproject.toml", "package.json", "mci_admin/settings.py", "packaging/agent/pyproject.toml"):
        assert "consent-based" not in (ROOT / name).read_text(encoding="utf-8")

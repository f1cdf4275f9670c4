"""Dependencies: each named one is explained, pinned with a hash, and no list names a registry's host."""

from __future__ import annotations

import json
import re

import pytest

from mci_admin import env

ROOT = env.BASE_DIR
LISTS = ("requirements", "requirements-dev", "requirements-ocr")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(name: str) -> set[str]:
    lines = (line.strip() for line in text(f"{name}.in").splitlines())
    return {re.split(r"[\[<>=~]", line)[0] for line in lines if line and not line.startswith(("#", "-"))}


def packages() -> dict[str, str]:
    found = json.loads(text("package.json"))
    return {**found["dependencies"], **found["devDependencies"]}


def test_every_dependency_is_explained_and_no_other() -> None:
    explained = set(re.findall(r"^\| `([^`]+)` \|", text("docs/dependencies.md"), re.MULTILINE))
    assert explained == set().union(*(asked(name) for name in LISTS), packages())


@pytest.mark.parametrize("name", LISTS)
def test_everything_asked_for_is_pinned(name: str) -> None:
    found = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", text(f"{name}.txt"), re.MULTILINE)
    pinned = {plain(one) for one in found}
    assert {plain(one) for one in asked(name)} <= pinned


@pytest.mark.parametrize("name", LISTS)
def test_every_pin_has_a_hash(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", text(f"{name}.txt").strip())
    assert [block.split(" ")[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("name", [*(f"{one}.txt" for one in LISTS), "package-lock.json"])
def test_no_list_names_a_host(name: str) -> None:
    assert "://" not in re.sub(r'"(url|funding)": "[^"]*"', "", text(name))


def test_front_end_packages_are_locked_with_integrity() -> None:
    locked = json.loads(text("package-lock.json"))["packages"]
    for name in packages():
        assert locked[f"node_modules/{name}"]["integrity"].startswith("sha512-")


def test_wheel_of_the_agent_needs_only_what_is_pinned() -> None:
    import tomllib

    wheel = tomllib.loads(text("packaging/agent/pyproject.toml"))["project"]
    needs = {plain(re.split(r"[<>=~]", one)[0]) for one in wheel["dependencies"]}
    assert needs <= {plain(one) for one in asked("requirements")}
    extra = {plain(re.split(r"[<>=~]", one)[0]) for one in wheel["optional-dependencies"]["ocr"]}
    assert extra <= {plain(one) for one in asked("requirements-ocr")}

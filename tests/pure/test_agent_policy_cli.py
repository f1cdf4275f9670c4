"""`mci-policy` as a person or a pipeline uses it, against a server in memory."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mci_agent import policy_cli
from mci_agent.errors import Unreachable
from mci_agent.transport import Answer
from mci_core import policy, policy_code
from tests.pure.building import app, document, rule, site

SERVER = "https://mci.example.com"
LIVE = document([app(), site()], [rule()])


class Console:
    """The few answers of the REST API; `answers` replaces them."""

    def __init__(self, live: dict[str, Any] | None) -> None:
        self.live = live
        self.asked: list[tuple[str, str, dict[str, Any] | None]] = []
        self.headers: dict[str, str] = {}
        self.answers: dict[str, Answer] = {}
        self.closed = 0

    def open(self, origin: str) -> Any:
        assert origin == SERVER
        return self

    async def close(self) -> None:
        self.closed += 1

    async def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        self.headers = headers or {}
        self.asked.append((method, path, json.loads(body) if body else None))
        if path in self.answers:
            return self.answers[path]
        found = self.answer(path, body)
        return Answer(404, {}, b'{"title": "Not found"}') if found is None else said(found)

    def answer(self, path: str, body: bytes) -> Any:
        if path.endswith("/submit/"):
            return {"id": "v1", "number": 13, "digest": "d" * 64}
        if path == "/api/v1/drafts/from-document/":
            return {"id": "d1", "document": json.loads(body)["document"]}
        if path == "/api/v1/releases/?number=5":
            return {"results": [{"id": "r5"}]}
        if path == "/api/v1/releases/?number=6":
            return {"results": []}
        if self.live is None:
            return None
        digest = policy.policy_digest(self.live)
        return {"document": self.live, "digest": digest, "number": 7, "version_number": 12}


def said(found: Any, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(found).encode())


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    monkeypatch.setenv("MCI_TOKEN", " mci_secret\n")
    monkeypatch.setenv("MCI_SERVER", SERVER)
    return Console(LIVE)


def run(console: Console, *arguments: str) -> int:
    return policy_cli.main(list(arguments), open_transport=console.open)


def file_of(folder: Path, doc: dict[str, Any]) -> str:
    path = folder / "policy.yaml"
    path.write_text(policy_code.written(doc), "utf-8")
    return str(path)


def test_the_live_policy_is_exported_and_plans_no_changes(
    console: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "policy.yaml"
    assert run(console, "export", "--output", str(path)) == 0
    assert run(console, "export") == 0
    assert capsys.readouterr().out == path.read_text("utf-8")
    assert "# release 7, version 12\n" in path.read_text("utf-8")
    assert run(console, "plan", str(path)) == 0
    assert capsys.readouterr().out.startswith("No changes against release 7 (version 12, digest ")
    assert run(console, "apply", str(path)) == 0
    assert "No draft was made" in capsys.readouterr().out
    assert {method for method, _, _ in console.asked} == {"GET"}
    assert console.headers["authorization"] == "Bearer mci_secret"
    assert console.closed == len(console.asked)


def test_a_release_is_exported_by_its_number(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(console, "export", "--release", "5", "--server", SERVER) == 0
    assert console.asked[-1][1] == "/api/v1/releases/r5/document/"
    assert run(console, "export", "--release", "6") == 1
    assert "no release 6" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("doc", "code"),
    [
        (document([site()], [rule()]), 2),
        (document([app(), site()], [rule()], name="Other"), 2),
        (document([app(), site()]), 3),
    ],
)
def test_the_exit_code_of_a_plan_says_whether_anything_gets_wider(
    console: Console, tmp_path: Path, doc: dict[str, Any], code: int
) -> None:
    assert run(console, "plan", file_of(tmp_path, doc)) == code


def test_a_plan_names_changes_removals_and_who_approves(
    console: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_of(tmp_path, document([app()]))
    assert run(console, "plan", path) == 3
    out = capsys.readouterr().out
    assert "\nRemoved entries: jira\n" in out
    assert "\nRemoved rules: customers\n" in out
    assert "1 wider, 1 narrower, 0 neutral. The whole is wider." in out
    assert "To approve: a privacy officer and" in out
    assert "\n-  - id: jira\n" in out
    assert run(console, "plan", "--json", path) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["release"] == {"number": 7, "version": 12}
    assert told["removed"] == {"entries": ["jira"], "rules": ["customers"]}
    assert (told["server"], told["direction"]) == (SERVER, "wider")


def test_where_nothing_is_live_a_plan_is_wider_and_there_is_nothing_to_export(
    console: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    console.live = None
    path = file_of(tmp_path, LIVE)
    assert run(console, "plan", path) == 3
    assert "where no policy is live yet" in capsys.readouterr().out
    assert run(console, "plan", "--json", path) == 3
    assert json.loads(capsys.readouterr().out)["release"] is None
    assert run(console, "export") == 1
    assert "No policy is live yet" in capsys.readouterr().err


def test_a_file_becomes_a_draft_and_no_more(
    console: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doc = document([site()], [rule()])
    assert run(console, "apply", file_of(tmp_path, doc), "--reason", "Excel is gone") == 0
    method, path, sent = console.asked[-1]
    assert (method, path) == ("POST", "/api/v1/drafts/from-document/")
    assert sent is not None
    assert policy.policy_digest(sent["document"]) == policy.policy_digest(doc)
    assert (sent["base"], sent["justification"]) == (policy.policy_digest(LIVE), "Excel is gone")
    assert f"Draft: {SERVER}/policies/drafts/d1/" in capsys.readouterr().out


def test_a_draft_is_submitted_only_when_asked(
    console: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(console, "apply", "--submit", file_of(tmp_path, document([site()]))) == 0
    assert console.asked[-1][1] == "/api/v1/drafts/d1/submit/"
    out = capsys.readouterr().out
    assert f"Submitted as version 13, digest {'d' * 64}." in out
    assert "It waits for a privacy officer and" in out


def test_what_the_server_does_not_like_is_named_by_line(
    console: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_of(tmp_path, document([site() | {"scope": {"tags": ["lab"]}}], [rule()]))
    draft = "/api/v1/drafts/from-document/"
    detail = {"detail": "There is no such tag.", "code": "tag", "field": "entries[0].scope.tags[0]"}
    console.answers[draft] = said(detail, 422)
    assert run(console, "apply", path) == 1
    line = Path(path).read_text("utf-8").splitlines().index("        - lab") + 1
    assert f"{path}:{line}: entries[0].scope.tags[0]: There is no such tag." in capsys.readouterr().err
    console.answers[draft] = said({"detail": "Make a new plan.", "code": "live_changed"}, 409)
    assert run(console, "apply", path) == 1
    assert "Make a new plan." in capsys.readouterr().err
    console.answers[draft] = said({"id": "d1", "document": LIVE})
    assert run(console, "apply", "--submit", path) == 1
    assert "another document" in capsys.readouterr().err
    assert not any(asked.endswith("/submit/") for _, asked, _ in console.asked)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(403, {}, b'{"title": "Forbidden", "code": "token_scope"}'), "Forbidden"),
        (Answer(500, {}, b"<html>"), "HTTP 500"),
        (Answer(200, {}, b"[]"), "HTTP 200"),
        (Answer(400, {}, b"{}"), "refused"),
        (Answer(422, {}, b"{}"), "refused"),
        (Answer(200, {}, b'{"document": 5}'), "not that of this program"),
        (Answer(200, {}, b"{}"), "not that of this program"),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    console: Console, capsys: pytest.CaptureFixture[str], answer: Answer, words: str
) -> None:
    console.answers["/api/v1/releases/live/"] = answer
    assert run(console, "export") == 1
    assert words in capsys.readouterr().err
    assert console.closed == 1


def test_an_unreachable_server_is_an_error(
    console: Console, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> Answer:
        raise Unreachable("unreachable", "The server cannot be reached.")

    monkeypatch.setattr(console, "request", broken)
    assert run(console, "export") == 1
    assert "cannot be reached" in capsys.readouterr().err
    assert console.closed == 1


def test_a_file_is_checked_without_a_server(
    console: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_of(tmp_path, LIVE)
    assert run(console, "validate", path) == 0
    assert policy.policy_digest(LIVE) in capsys.readouterr().out
    text = Path(path).read_text("utf-8")
    Path(path).write_text(text.replace("label: Jira", "label: ''"), "utf-8")
    assert run(console, "validate", path) == 1
    line = text.splitlines().index("    label: Jira") + 1
    assert capsys.readouterr().out.startswith(f"{path}:{line}: entries[1].label: ")
    assert run(console, "plan", path) == 1
    assert "This file is no policy." in capsys.readouterr().err
    assert console.asked == []


def test_what_only_misses_for_approval_is_said_and_does_not_stop_a_draft(
    console: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_of(tmp_path, document([site(signals=[])], [rule()]))
    assert run(console, "validate", path) == 1
    assert "(before approval)" in capsys.readouterr().out
    assert run(console, "apply", path) == 0
    assert "allows no signal" in capsys.readouterr().err


def test_a_file_may_come_from_standard_input(
    console: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"name: a\nname: b\n")))
    assert run(console, "validate", "-") == 1
    assert "-:2: The key name stands here twice." in capsys.readouterr().err


def test_wrong_usage_is_an_error_like_others(
    console: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in ((), ("plan",), ("plan", "a", "--token", "x"), ("unplan",)):
        with pytest.raises(SystemExit) as ended:
            run(console, *arguments)
        assert ended.value.code == 1
    assert run(console, "validate", "/nowhere/policy.yaml") == 1
    assert "/nowhere/policy.yaml: No such file" in capsys.readouterr().err
    assert run(console, "export", "--server", "http://mci.example.com") == 1
    assert "https://" in capsys.readouterr().err
    monkeypatch.setenv("MCI_TOKEN", "")
    assert run(console, "export") == 1
    assert "MCI_TOKEN" in capsys.readouterr().err
    monkeypatch.delenv("MCI_SERVER")
    assert run(console, "export") == 1
    assert "Name the server" in capsys.readouterr().err


def test_nothing_that_a_policy_holds_moves_the_cursor(
    console: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label = "Jira\x1b[2K\u202e\nnarrower  all is well"
    assert (
        run(console, "plan", file_of(tmp_path, document([app(), site() | {"label": label}], [rule()]))) == 2
    )
    out = capsys.readouterr().out
    assert "Jira\\u001b[2K\\u202e narrower  all" not in out
    assert "Jira\\u001b[2K\\u202e narrower all is well" in out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_the_schema_for_editors_is_printed(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(console, "schema") == 0
    assert capsys.readouterr().out == policy_code.editor_schema_text()

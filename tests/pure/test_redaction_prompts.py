"""Answers to a question for a password: after commands, in windows that ask, as keys and as text."""

from __future__ import annotations

from typing import Any

import pytest

from mci_core.redaction import redact_session, scan_session
from tests.pure.recordings import Line, focus, insert, keys, policy_with, session, typed, written

POLICY = policy_with()
TERMINAL = focus("gnome-terminal", "gnome-terminal-server")


def redacted(*events: Line, **changes: Any) -> list[Line]:
    lines, _ = redact_session(session(*events, **changes), POLICY)
    assert scan_session(lines, POLICY) == []
    assert redact_session(lines, POLICY)[0] == lines
    return lines


def lines_of(*lines: str) -> list[Line]:
    return [event for line in lines for event in keys([*line, "Enter"])]


@pytest.mark.parametrize(
    "command",
    [
        "sudo apt update",
        "ssh ops@build",
        "LANG=C sudo -s",
        "gpg -d notes.gpg",
        "~/src $ sudo ls",
        "passwd",
        "docker login",
    ],
)
def test_the_line_after_a_command_that_asks_is_dropped(command: str) -> None:
    lines = redacted(TERMINAL, *lines_of(command, "correct horse", "ls -l"))
    assert typed(lines) == command + "ls -l"
    assert typed(lines, "up") == typed(lines)
    assert sum(line.get("key") == "Enter" for line in lines) == 6


def test_some_commands_ask_in_terminals_only() -> None:
    assert typed(redacted(TERMINAL, *lines_of("su", "plum-tree", "ls"))) == "suls"
    assert typed(redacted(focus(), *lines_of("su", "plum-tree"))) == "suplum-tree"


def test_further_tries_are_dropped_until_a_command_comes() -> None:
    lines = redacted(TERMINAL, *lines_of("sudo ls", "wrong", "again", "ls", "word"))
    assert typed(lines) == "sudo lslsword"
    lines = redacted(TERMINAL, *lines_of("sudo ls", "one", "two", "three", "four"))
    assert typed(lines) == "sudo lsfour"
    lines = redacted(TERMINAL, *lines_of("sudo ls", "one", "mail the list", "word"))
    assert typed(lines) == "sudo lsmail the listword"


def test_a_question_about_a_host_comes_before_the_one_for_the_password() -> None:
    lines = redacted(TERMINAL, *lines_of("ssh ops@build", "yes", "plum-tree", "exit"))
    assert typed(lines) == "ssh ops@buildexit"


def test_corrections_belong_to_the_line() -> None:
    strokes = keys([*"sudx", "Backspace", *"o ls", "Enter", *"plumx", "Backspace", "Enter", *"ls", "Enter"])
    lines = redacted(TERMINAL, *strokes)
    assert typed(lines) == "sudxo lsls"
    assert sum(line.get("key") == "Backspace" for line in lines) == 2


def test_an_aborted_command_asks_nothing() -> None:
    abort = keys("c", signal="shortcut")
    assert typed(redacted(TERMINAL, *keys("sudo ls"), *abort, *lines_of("", "fine"))) == "sudo lscfine"


def test_the_question_waits_while_another_window_is_in_front() -> None:
    lines = redacted(TERMINAL, *lines_of("sudo ls"), focus(), *keys("a"), TERMINAL, *lines_of("plum-tree"))
    assert typed(lines) == "sudo lsa"


@pytest.mark.parametrize(
    "window",
    [
        focus("pinentry-qt", "/usr/bin/pinentry-qt"),
        focus("Windows Security", "CredentialUIBroker.exe"),
        focus("xterm", "xterm", window={"title": "[sudo] password for ann:"}),
        focus("Files", "nautilus", window={"title": "Authentication required"}),
        focus("KeePassXC", "keepassxc", window={"title": "Enter your passphrase to unlock vault.kdbx"}),
        focus("Programm", "a.exe", window={"title": "Passwort eingeben:"}),
    ],
)
def test_windows_that_ask_for_a_password_leave_nothing_typed(window: Line) -> None:
    lines = redacted(window, *keys([*"plum", "Enter"]), insert("plum"), focus(), *keys("ok"))
    assert typed(lines) == "ok"
    assert written(lines) == "[PASSWORD]"
    assert any(line.get("key") == "Enter" for line in lines)


@pytest.mark.parametrize("title", ["password policy.docx - Word", "Inbox", "How to enter a password - Forum"])
def test_other_titles_ask_for_nothing(title: str) -> None:
    assert typed(redacted(focus("Word", "WINWORD.EXE", window={"title": title}), *keys("plan"))) == "plan"


def test_text_that_repeats_the_answer_is_masked() -> None:
    lines = redacted(
        TERMINAL,
        *lines_of("sudo ls"),
        insert("sudo ls"),
        *lines_of("plum tree"),
        insert("plum tree"),
        *lines_of("ls -l"),
        insert("ls -l"),
    )
    assert written(lines) == "sudo ls[PASSWORD]ls -l"
    lines = redacted(
        TERMINAL, *lines_of("sudo ls"), *keys("plum"), insert("plum"), *keys(["Enter"]), insert("ls")
    )
    assert written(lines) == "[PASSWORD]ls"


def test_text_without_keys_is_taken_line_by_line() -> None:
    lines = redacted(
        TERMINAL, insert("sudo ls"), insert("plum tree"), insert("tree"), insert("ls"), insert("word")
    )
    assert written(lines) == "sudo ls[PASSWORD][PASSWORD]lsword"


def test_lines_that_never_end_are_followed_only_so_far() -> None:
    assert typed(redacted(TERMINAL, *(keys("a", t=0) * 2_100)))[:5] == "aaaaa"

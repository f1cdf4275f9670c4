"""Lines that answer a question for a password: in terminals, after commands that ask for one, in windows
that do nothing else.

Whether the question was really asked is not recorded. So the line after such a command is taken for the
answer whatever it says, and up to two more lines for further tries unless they are surely commands. What is
typed there is dropped before anything searches it; the Enter that ends a line stays and is the trace by
which a second look knows that the question was answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TRIES = 3
MAX_LINE = 2_000
_TERMINALS = re.compile(
    r"(?i)\b(?:terminal|gnome-terminal|konsole|xterm|rxvt|urxvt|alacritty|kitty|wezterm|iterm2?|tilix|"
    r"terminator|foot|ghostty|hyper|warp|putty|kitty|mintty|mobaxterm|securecrt|tabby|conemu|cmder|cmd|"
    r"powershell|pwsh|windowsterminal|wt|conhost|openconsole|bash|zsh|fish|wsl|ubuntu|tmux|screen)"
    r"(?:\.exe|64\.exe)?\b"
)
# Programs and titles of windows in which nothing but a password is typed.
_ASKING_PROGRAMS = re.compile(
    r"(?i)^(?:pinentry[\w-]*|.*ssh-askpass|[\w-]*polkit[\w-]*|credentialuibroker|consent|logonui|"
    r"securityagent|kwalletd\d*|gcr-prompter|gnome-keyring[\w-]*|ksecretd|git-askpass[\w-]*|"
    r"git-credential-manager[\w-]*|loginwindow)(?:\.exe)?$"
)
_WORDS = (
    r"pass ?word|pass ?phrase|passcode|pin(?: code)?|passwort|kennwort|mot de passe|"
    r"contrase\S{1,2}a|senha|wachtwoord|haslo|has\u0142o|l\u00f6senord|parola|\u30d1\u30b9\u30ef\u30fc\u30c9|\u5bc6\u7801|"
    r"\u043f\u0430\u0440\u043e\u043b\u044c"
)
_ASKING_TITLE = re.compile(
    rf"(?i)^\s*(?:\[sudo\].*|(?:please )?(?:enter|type|input|unlock)\b.{{0,40}}\b(?:{_WORDS})\b.{{0,60}}|"
    rf".{{0,40}}\b(?:{_WORDS})\b.{{0,60}}[:?]|(?:{_WORDS})(?: (?:required|needed|prompt))?|"
    r"authenticat\w+ (?:is )?required|unlock (?:login )?keyring|windows security)\s*$"
)
_START = r"^\s*(?:[\w.@~:/\\\[\]() -]{0,80}[$#%>]\s+)?(?:\w+=\S*\s+)*"
# Commands that ask for a password wherever they are typed, and more of them in a terminal.
_ASKING = re.compile(
    _START + r"(?:sudo|doas|ssh|scp|sftp|ssh-keygen|ssh-add|ssh-copy-id|passwd|chpasswd|kinit|pkexec|"
    r"runas|gpg2?|openssl|psql|mysql|mysqldump|mongosh?|cryptsetup|htpasswd|keytool|smbclient|"
    r"(?:docker|podman|npm|helm|az|heroku|vault|oc) login|rsync|net use|ansible-vault|7z|bw|op)\b(?:\s|$)"
)
_ASKING_TERMINAL = re.compile(
    _START + r"(?:su|login|mount(?:\.cifs)?|telnet|ftp|sqlplus|redis-cli|ldapsearch|pass|age|zip|unzip|"
    r"git (?:clone|push|pull|fetch|commit)|svn|ansible(?:-playbook)?|enable|get-credential|"
    r"enter-pssession|read-host|read -s\w*|twine|pip config|wget|curl|vncpasswd|xfreerdp|rdesktop)\b(?:\s|$)"
)
_COMMANDS = re.compile(
    r"(?i)(?:"
    r"ls|cd|ll|la|cat|less|more|head|tail|grep|find|git|make|docker|kubectl|python|python3|pip|"
    r"npm|yarn|node|vim|vi|nano|emacs|code|echo|pwd|mkdir|rm|cp|mv|touch|chmod|chown|ps|top|htop|"
    r"df|du|free|man|which|history|exit|logout|clear|sudo|ssh|scp|systemctl|journalctl|apt|"
    r"apt-get|yum|dnf|brew|cargo|go|java|mvn|gradle|tar|curl|wget|ping|whoami|uname|export|source|"
    r"env|set|dir|cls|ipconfig|ifconfig|type|del|copy"
    r")"
)


class Prompts:
    """Where the session is: which window, which line, and whether a password is being asked for."""

    def __init__(self) -> None:
        self._waiting: dict[object, int] = {}
        self._app: object = None
        self._terminal = False
        self._window_asks = False
        self._line: list[str] = []
        self._held_back: list[int] = []
        self._answered = False
        self._told = False
        self._last = ""
        self._keys_seen = False

    def focus(self, event: Mapping[str, Any]) -> None:
        """Another window, or another title of the same one."""
        app = event["app"]
        names = [str(app.get(name) or "") for name in ("name", "exe", "bundle")]
        title = str((event.get("window") or {}).get("title") or "")
        here = tuple(names)
        if here != self._app:
            self._line, self._held_back, self._answered = [], [], False
        self._app = here
        self._terminal = any(_TERMINALS.search(name) for name in names)
        programs = [re.split(r"[\\/]", name)[-1] for name in names]
        self._window_asks = any(_ASKING_PROGRAMS.match(name) for name in programs) or bool(
            _ASKING_TITLE.match(title)
        )

    def key(self, index: int, event: Mapping[str, Any]) -> list[int]:
        """The events to drop because of this key, perhaps earlier ones as well."""
        self._keys_seen = True
        key = event["key"]
        if self._window_asks:
            return [index] if key not in ("Enter", "Tab", "Escape") else []
        tries = self._waiting.get(self._app, 0)
        if key == "Enter":
            return self._line_ends(tries) if event["state"] != "up" else []
        if event["state"] != "up":
            self._edit(key, event)
        if tries == TRIES:
            return [index] if len(key) == 1 or key in ("Backspace", "Delete", "Dead", "Process") else []
        if tries:
            self._held_back.append(index)
        return []

    def _edit(self, key: str, event: Mapping[str, Any]) -> None:
        if event.get("signal") == "shortcut":
            if key in ("c", "u"):
                self._line = []
        elif key == "Backspace":
            del self._line[-1:]
        elif len(key) == 1 and len(self._line) < MAX_LINE:
            self._line.append(key)

    def _line_ends(self, tries: int) -> list[int]:
        line, held = "".join(self._line), self._held_back
        self._line, self._held_back, self._last = [], [], line
        self._answered, self._told = bool(tries and line and not self._told), False
        if tries:
            # A question about a host or a name may come before the one for the password.
            again = tries == TRIES and line.strip().casefold() in ("y", "yes", "n", "no")
            self._waiting[self._app] = tries if again else tries - 1
            if tries == TRIES:
                return []
            if not line or _is_answer(line):
                return held
            self._waiting.pop(self._app)
            self._answered = False
        if self._asks(line):
            self._waiting[self._app] = TRIES
        return []

    def _asks(self, line: str) -> bool:
        return bool(_ASKING.search(line) or (self._terminal and _ASKING_TERMINAL.search(line)))

    def text(self, event: Mapping[str, Any]) -> bool:
        """Whether a text event is such an answer."""
        text = str(event.get("text") or "")
        if self._window_asks:
            return True
        if self._keys_seen:
            return self._repeats_answer(text)
        lines = text.splitlines() or [""]
        if self._waiting.get(self._app) and (self._waiting[self._app] == TRIES or _is_answer(lines[0])):
            self._waiting[self._app] -= 1
            return True
        self._waiting.pop(self._app, None)
        if self._asks(lines[-1]):
            self._waiting[self._app] = TRIES
        return False

    def _repeats_answer(self, text: str) -> bool:
        """Text events follow the keys that typed them; the one after an answer is the answer."""
        if self._waiting.get(self._app) == TRIES and text.strip() != self._last.strip():
            self._told = True
            return True
        if self._answered:
            self._answered = False
            return True
        return False


def _is_answer(line: str) -> bool:
    """Whether a line may be a password: one word that is no command."""
    words = line.split()
    return len(words) == 1 and not _COMMANDS.fullmatch(words[0])

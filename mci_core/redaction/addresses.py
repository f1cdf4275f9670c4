"""Masks addresses (URLs) and paths of files: what stands percent-encoded in the parts of an address, the name
before its host, and names of accounts in paths and at the prompt of a shell.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from mci_core.redaction.rules import ENGINE_RULE, USER
from mci_core.redaction.spans import Span

Masker = Callable[[str], tuple[str, list[Span]]]
# The parts of an address: what stands between its signs.
_PARTS = re.compile(r"([/?&#;=,])")
_USER = re.compile(r"(?i)^([a-z][a-z0-9+.-]*://)[^/?#@\s]*@")
MAX_DECODE = 3
# Where the name of an account follows. Common names of accounts say nothing about a person.
_ACCOUNT = re.compile(
    r"(?i)(?:(?:^|(?<=[\s\"'(=:,>~]))(?:/mnt/[a-z])?/(?:home|users|export/home|var/home)/"
    r"|\b[a-z]:[\\/]+(?:users|documents and settings)[\\/]+|\bfile:/{2,3}(?:home|users)/"
    r")([^\s\\/:*?\"'<>|\[\]\u2588](?:[^\r\n\\/:*?\"<>|\[\]\u2588]{0,63}(?=[\\/])|[^\s\\/:*?\"'<>|\[\]\u2588]{0,63}))"
)
_AT_HOST = re.compile(r"(?:^|(?<=[\s(\[]))([a-z_][a-z0-9_.-]{0,31})@(?=[\w-]+(?:\.[\w-]+)*:\s?[~/])")
_NOBODY = re.compile(
    r"(?i)(?:user|users|username|admin\w*|root|public|shared|default(?: user)?|all users|guest|ubuntu|debian|"
    r"vagrant|runner\w*|ec2-user|docker|node|app|git|jenkins|build\w*|ci|www|www-data|postgres|me|you|"
    r"your\w*|name|test\w*|demo|example|pi|vscode|codespace|coder|jovyan|linuxbrew|\.+|%\w+%|\$\w+|<\w+>)"
)


def mask_url(url: str, mask: Masker) -> tuple[str, list[Span]]:
    """The address with everything masked that `mask` finds in it, plain or encoded."""
    bare = _USER.sub(r"\1", url)
    masked, spans = mask(bare)
    if "%" not in masked and "+" not in masked:
        return masked, spans
    parts = _PARTS.split(masked)
    for index, part in enumerate(parts):
        hidden = _hidden(part, mask)
        if hidden:
            parts[index] = f"[{hidden[0].label}]"
            spans = [*spans, *hidden]
    return "".join(parts), spans


def _hidden(part: str, mask: Masker) -> list[Span]:
    """What is found in a part once it is decoded."""
    for _ in range(MAX_DECODE):
        decoded = unquote_plus(part)
        if decoded == part:
            return []
        spans = mask(decoded)[1]
        if spans:
            return spans
        part = decoded
    return []


def mask_accounts(text: str) -> tuple[str, list[Span]]:
    """A title, a path or a line with the names of accounts in it masked."""
    spans = find_accounts(text)
    for span in reversed(spans):
        text = f"{text[: span.start]}[{USER}]{text[span.end :]}"
    return text, spans


def find_accounts(text: str) -> list[Span]:
    """Names of accounts in paths of files and before the host at the prompt of a shell."""
    if "/" not in text and "\\" not in text and "@" not in text:
        return []
    places = {match.span(1) for form in (_ACCOUNT, _AT_HOST) for match in form.finditer(text)}
    return [
        Span(start, end, USER, ENGINE_RULE, validator="account")
        for start, end in sorted(places)
        if not _NOBODY.fullmatch(text[start:end])
    ]


def explain_url(url: str, mask: Masker) -> list[Span]:
    """Where `mask_url` takes something away, in the places of the address as it was given."""
    user = _USER.match(url)
    spans = mask(url)[1]
    if user:
        spans = [*spans, Span(len(user[1]), user.end() - 1, USER, ENGINE_RULE)]
    start = 0
    for part in _PARTS.split(url):
        hidden = _hidden(part, mask)
        if hidden:
            spans = [*spans, hidden[0]._replace(start=start, end=start + len(part))]
        start += len(part)
    return spans

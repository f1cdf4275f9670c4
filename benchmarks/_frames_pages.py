"""Pages with planted values for benchmarks/frames.py: what offices have on their screens, from a seed."""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mci_core.samples_values import KINDS as VALUE_KINDS
from mci_core.samples_values import Values

KINDS = ("form", "table", "terminal", "chat", "mail")
# What fits in one line.
PLANTED = tuple(kind for kind in VALUE_KINDS if kind != "private_key")
FONTS = ("Arial, sans-serif", "Verdana, sans-serif", "Georgia, serif", "'Liberation Sans', sans-serif")
TALK = (
    "please check the figures before noon and send the draft to the team the second sheet is ready for "
    "review our usual contact asked for the invoice of last week the meeting moved to the small room we need "
    "the new layout by friday thank you for the quick answer the order left the warehouse this morning"
)
WORDS = tuple(TALK.split())


@dataclass(frozen=True)
class Screen:
    """A page, and how it is shown."""

    name: str
    kind: str
    dark: bool
    scale: float
    html: str


def screens(count: int, seed: int) -> Iterator[Screen]:
    """So many screens, each combination of kind, shade and scale in turn."""
    for at in range(count):
        kind = KINDS[at % len(KINDS)]
        dark, scale = bool(at // 5 % 2), (1.0, 1.5)[at // 10 % 2]
        rnd = random.Random(f"{seed}-{at}")
        body = PAGES[kind](rnd, Values(rnd))
        yield Screen(f"{at:03d}-{kind}", kind, dark, scale, page(body, rnd, dark))


def page(body: str, rnd: random.Random, dark: bool) -> str:
    ground, ink, soft = ("#1e2128", "#e6e8ec", "#343a46") if dark else ("#ffffff", "#22262e", "#e8ebf0")
    side = "".join(f"<p>{words(rnd, 2)}" for _ in range(14))
    look = f"{rnd.choice((13, 14, 15, 16))}px {rnd.choice(FONTS)}"
    mono = rnd.choice((13, 14, 15))
    return f"""<!doctype html><meta charset=utf-8><style>
      body {{ background: {ground}; color: {ink}; font: {look}; margin: 0; display: flex; }}
      nav {{ background: {soft}; width: 190px; padding: 16px; height: 100vh; }}
      main {{ margin: 24px; flex: 1; }}
      input {{ background: {ground}; color: {ink}; border: 1px solid {soft}; font: inherit; padding: 5px;
        width: 420px; }}
      td, th {{ border: 1px solid {soft}; padding: 5px 12px; text-align: left; }}
      table {{ border-collapse: collapse; }} pre {{ font: {mono}px monospace; line-height: 1.4; }}
      .bubble {{ background: {soft}; border-radius: 10px; padding: 9px 14px; margin: 9px; max-width: 62%;
        width: fit-content; }}
      .right {{ margin-left: auto; }} label {{ display: inline-block; width: 190px; }}
      p {{ max-width: 900px; line-height: 1.5; }} span[data-kind] {{ white-space: nowrap; }}
      header {{ background: {soft}; padding: 9px; margin-bottom: 15px; }}
      </style><nav>{side}</nav><main>{body}</main>"""


def words(rnd: random.Random, count: int) -> str:
    return " ".join(rnd.choice(WORDS) for _ in range(count))


def span(kind: str, value: str) -> str:
    return f'<span data-kind="{kind}">{html.escape(value)}</span>'


def planted(rnd: random.Random, values: Values, count: int) -> list[tuple[str, str]]:
    return [(kind, values.make(kind)) for kind in rnd.sample(PLANTED, count)]


LABELS = {
    "email": "E-mail",
    "phone": "Telephone",
    "card": "Card number",
    "iban": "IBAN",
    "ssn": "Social security number",
    "ip": "IP address",
    "url_token": "Link",
    "api_key": "API key",
    "jwt": "Token",
    "password": "Password",
    "url_credential": "Database",
    "customer": "Customer",
}


def form(rnd: random.Random, values: Values) -> str:
    rows = [
        f'<p><label>{LABELS[kind]}</label><input data-kind="{kind}" value="{html.escape(value)}" '
        f'style="width: {min(900, 60 + 11 * len(value))}px">'
        for kind, value in planted(rnd, values, 5)
    ]
    rows += [
        f'<p><label>{name}</label><input value="{words(rnd, 3)}">' for name in ("Subject", "Remark", "Group")
    ]
    rnd.shuffle(rows)
    return f"<header>Customer file</header>{''.join(rows)}<button>Save</button><p>{words(rnd, 30)}"


def table(rnd: random.Random, values: Values) -> str:
    kinds = rnd.sample(("customer", "email", "phone", "card", "iban", "ssn", "ip"), 3)
    head = "".join(f"<th>{LABELS[kind]}" for kind in kinds)
    rows = [
        f"<tr><td>{number}<td>{words(rnd, 2)}"
        + "".join(f"<td>{span(kind, values.make(kind))}" for kind in kinds)
        + f"<td>{words(rnd, 3)}"
        for number in range(1, rnd.randrange(6, 14))
    ]
    return f"<header>Orders</header><table><tr><th>No.<th>Item{head}<th>State{''.join(rows)}</table>"


def terminal(rnd: random.Random, values: Values) -> str:
    lines = []
    for kind, value in planted(rnd, values, 6):
        shown = span(kind, value)
        lines.append(
            {
                "password": f"$ mysql --user=app --password={shown} shop",
                "api_key": f"$ export API_KEY={shown}",
                "jwt": f"$ curl -H 'Authorization: Bearer {shown}'",
                "url_credential": f"DATABASE_URL={shown}",
                "ip": f"$ ssh deploy@{shown}",
                "url_token": f"GET {shown} 200",
            }.get(kind, f"INFO sent receipt to {shown}, done")
        )
        lines += [f"{word}.py  ok" for word in words(rnd, rnd.randrange(1, 4)).split()]
    return f"<pre>{chr(10).join(lines)}</pre>"


def chat(rnd: random.Random, values: Values) -> str:
    bubbles = []
    for kind, value in planted(rnd, values, 5):
        said = {"password": "the password is "}.get(kind, "it is ")
        text = f"{words(rnd, 4)}, {said}{span(kind, value)} {words(rnd, rnd.randrange(0, 4))}"
        bubbles.append(f'<div class="bubble {rnd.choice(("", "right"))}">{text}</div>')
        bubbles.append(f'<div class="bubble">{words(rnd, rnd.randrange(3, 20))}</div>')
    return "<header># project</header>" + "".join(bubbles)


def mail(rnd: random.Random, values: Values) -> str:
    parts = []
    for kind, value in planted(rnd, values, 5):
        said = {"password": "Your password: "}.get(kind, f"{LABELS[kind]}: ")
        parts.append(f"<p>{words(rnd, 12)}. {said}{span(kind, value)}. {words(rnd, 8)}.")
    sender = span("email", values.make("email"))
    return f"<header>From: {sender}<br>Subject: {words(rnd, 4)}</header>{''.join(parts)}<p>{words(rnd, 40)}"


PAGES: dict[str, Callable[[random.Random, Values], str]] = {
    "form": form,
    "table": table,
    "terminal": terminal,
    "chat": chat,
    "mail": mail,
}

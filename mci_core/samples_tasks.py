"""What a person does in a sample session: answer tickets, fill a table, edit a program, mail, and stray.

Each task types planted values into its program and takes a frame of what then stands on the screen.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Protocol

from mci_core import samples_screens as screens
from mci_core.samples_canvas import SIZE
from mci_core.samples_recorder import HEIGHT, WIDTH, Recorder, Rect, Span
from mci_core.samples_values import Values
from mci_core.samples_words import (
    APPS,
    BOOKS,
    CELLS,
    CHATS,
    CODE,
    FILES,
    MAILS,
    REPLIES,
    SEARCHES,
    TICKETS,
    App,
)


class Screen(Protocol):
    """What can be drawn."""

    def draw(self) -> Any:
        """A `samples_canvas.Canvas`."""


@dataclass
class Desk:
    """The session that is being made: recorder, values, and what was planted so far."""

    recorder: Recorder
    values: Values
    rnd: random.Random
    frames: bool
    planted: list[tuple[str, str]] = field(default_factory=list)

    def phrase(self, template: str, kind: str) -> tuple[str, tuple[Span, ...]]:
        """A phrase with its value put in, and where the value stands."""
        if not kind:
            return template, ()
        value = self.values.make(kind)
        self.planted.append((value, kind))
        start = template.index("{}")
        return template.replace("{}", value), ((start, start + len(value), kind),)

    def shot(self, screen: Screen, app: App, title: str, reason: str = "periodic") -> None:
        """A frame of a screen that fills the display."""
        if not self.frames:
            return
        canvas = screen.draw()
        window = {"app": app.exe, "title": title, "rect": [0, 0, WIDTH, HEIGHT], "allowed": app.allowed}
        if app.url:
            window["url"] = app.url
        self.recorder.frame(canvas.webp(), SIZE, canvas.boxes, [window], list(self.planted), reason)


def answer_ticket(desk: Desk) -> None:
    """Read a ticket, answer it, send."""
    recorder, app = desk.recorder, APPS["desk"]
    number = desk.rnd.randrange(4000, 9999)
    customer, _ = desk.phrase("{}", "customer")
    ticket = screens.Ticket(number, desk.rnd.choice(TICKETS), customer)
    recorder.focus(app, ticket.title, url=f"{app.url}/{number}")
    recorder.scroll(-desk.rnd.randint(1, 4))
    for template, kind in desk.rnd.sample(REPLIES, 3):
        text, spans = desk.phrase(template, kind)
        recorder.click(screens.REPLY, "text field", "Reply")
        recorder.type(text, spans, "Reply")
        ticket.draft = text
        desk.shot(ticket, app, ticket.title)
        recorder.click(screens.SEND, "button", "Send")
        ticket.replies.append(text)
        ticket.draft = ""
        recorder.wait(900, 4000)
    if desk.rnd.random() < 0.5:
        value = desk.values.make("url_token")
        desk.planted.append((value, "url_token"))
        recorder.page(value, ((0, len(value), "url_token"),))
        recorder.wait(1500, 4000)


def fill_sheet(desk: Desk) -> None:
    """Type into the cells of a table, one after the other."""
    recorder, app = desk.recorder, APPS["sheet"]
    sheet = screens.Sheet(desk.rnd.choice(BOOKS))
    recorder.focus(app, sheet.title)
    for row in range(1, 5):
        template, kind = desk.rnd.choice(CELLS)
        text, spans = desk.phrase(template, kind)
        column = 0 if kind == "customer" else 1 if kind else 3
        sheet.at = (row, column)
        recorder.click(screens.cell(row, column), "cell", f"{'ABCDE'[column]}{row + 1}")
        recorder.type(text, spans, "Cell")
        recorder.press("Enter")
        sheet.cells[row, column] = text
        recorder.wait(400, 2000)
    recorder.shortcut("Control", "s")
    desk.shot(sheet, app, sheet.title)


def edit_code(desk: Desk) -> None:
    """Write some lines; the editor reports changes by position. Sometimes a key is pasted."""
    recorder, app = desk.recorder, APPS["editor"]
    editor = screens.Editor(desk.rnd.choice(FILES))
    recorder.focus(app, editor.title)
    recorder.click(screens.CODE_AREA, "document", "Editor")
    pos = 0
    for template, kind in desk.rnd.sample(CODE, 4):
        text, spans = desk.phrase(template, kind)
        pos = recorder.edits(pos, text + "\n", spans)
        editor.lines.append(text)
        recorder.wait(600, 3000)
    if desk.rnd.random() < 0.4:
        text, spans = desk.phrase("{}", "private_key")
        recorder.click(screens.CODE_AREA, "document", "Editor")
        recorder.paste(text, spans, "Editor")
    recorder.shortcut("Control", "s")
    desk.shot(editor, app, editor.title)


def write_mail(desk: Desk) -> None:
    """Answer a mail. The address of the other stands in the title."""
    recorder, app = desk.recorder, APPS["mail"]
    address, _ = desk.phrase("{}", "email")
    mail = screens.Mail(address, desk.rnd.choice(TICKETS))
    title = f"{mail.title} - {address}"
    start = len(title) - len(address)
    recorder.focus(app, title, ((start, len(title), "email"),))
    recorder.click(screens.MAIL_BODY, "document", "Message")
    for template, kind in (MAILS[0], *desk.rnd.sample(MAILS[1:], 2)):
        text, spans = desk.phrase(template, kind)
        recorder.type(text, spans, "Message")
        recorder.press("Enter")
        mail.lines.append(text)
        recorder.wait(500, 2500)
    desk.shot(mail, app, title, "before_action")
    recorder.click(screens.MAIL_SEND, "button", "Send")


def sign_in(desk: Desk) -> None:
    """A user name and a password in its field."""
    recorder, app = desk.recorder, APPS["desk"]
    page = screens.SignIn()
    recorder.focus(app, page.title, url="https://desk.example.com/sign-in")
    recorder.click(screens.USER, "text field", "User name")
    recorder.type("service.user", (), "User name")
    page.user = "service.user"
    recorder.click(screens.PASSWORD, "password field", "Password", secure=True)
    password = desk.values.make("password")
    recorder.secret(password)
    page.dots = len(password)
    desk.shot(page, app, page.title, "before_click")
    recorder.click(screens.SIGN_IN, "button", "Sign in")
    recorder.wait(900, 2000)


def stray(desk: Desk) -> None:
    """Something private, outside the allowlist: nothing of it may be captured."""
    recorder = desk.recorder
    app = APPS[desk.rnd.choice(("chat", "bank"))]
    chat = screens.Chat()
    start = recorder.focus(app, "Online banking" if app.key == "bank" else chat.title, url=app.url)
    for template, kind in desk.rnd.sample(CHATS, 2):
        text, spans = desk.phrase(template, kind)
        recorder.click(screens.CHAT, "text field", "Message")
        recorder.type(text, spans, "Message")
        chat.lines.append(text)
    desk.shot(chat, app, chat.title)
    end = len(recorder.events) - 1
    recorder.truth.append({"seq": start, "to_seq": end, "kind": "blocked_app"})


def search(desk: Desk) -> None:
    """Look something up; nothing planted."""
    recorder, app = desk.recorder, APPS["desk"]
    recorder.focus(app, "Search - Service Desk", url=f"{app.url}/search")
    box: Rect = screens.SEARCH
    recorder.click(box, "search field", "Search")
    recorder.type(desk.rnd.choice(SEARCHES), (), "Search")
    recorder.press("Enter")
    recorder.scroll(-desk.rnd.randint(2, 6))


TASKS = {
    "desk": (answer_ticket, search, sign_in),
    "sheet": (fill_sheet,),
    "editor": (edit_code,),
    "mail": (write_mail,),
}

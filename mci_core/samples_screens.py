"""Draws believable office screens for sample sessions: a ticket, a table, an editor, a mail.

Each screen has its state (what was typed so far) and says where its fields are, so that clicks meet them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mci_core.samples_canvas import (
    AMBER,
    BLUE,
    DARK,
    GREEN,
    GROUND,
    INK,
    LINE,
    PAPER,
    SIZE,
    SOFT,
    Canvas,
)

Rect = tuple[int, int, int, int]

REPLY: Rect = (288, 548, 900, 640)
SEND: Rect = (800, 652, 900, 684)
SEARCH: Rect = (420, 66, 760, 96)
MAIL_BODY: Rect = (470, 250, 1230, 620)
MAIL_SEND: Rect = (470, 640, 570, 674)
CODE_AREA: Rect = (290, 100, 1260, 660)
USER: Rect = (480, 300, 800, 340)
PASSWORD: Rect = (480, 372, 800, 412)
SIGN_IN: Rect = (480, 440, 800, 482)
CHAT: Rect = (420, 640, 1180, 690)
ROWS = 16
_COLUMNS = (("A", 60, 300), ("B", 300, 620), ("C", 620, 840), ("D", 840, 1060), ("E", 1060, 1260))


def cell(row: int, column: int) -> Rect:
    """Where a cell of the table is."""
    _, left, right = _COLUMNS[column]
    return (left, 176 + row * 30, right, 206 + row * 30)


def _browser(canvas: Canvas, address: str, tab: str) -> None:
    canvas.panel((0, 0, SIZE[0], 36), (222, 226, 232))
    canvas.panel((12, 6, 252, 40), PAPER, radius=8)
    canvas.text(28, 13, tab, size=13, right=240)
    canvas.panel((0, 36, SIZE[0], 66), PAPER)
    canvas.panel((92, 40, 1180, 62), GROUND, radius=10)
    canvas.text(106, 43, address, size=13, fill=SOFT, right=1170)
    for index, x in enumerate((22, 46, 70)):
        canvas.disc(x, 51, 6, LINE if index else SOFT)


@dataclass
class Ticket:
    """A page of a service desk: the ticket, its replies and the field for the next."""

    number: int
    subject: str
    customer: str
    replies: list[str] = field(default_factory=list)
    draft: str = ""

    @property
    def title(self) -> str:
        """The title of the window."""
        return f"Ticket {self.number} - Service Desk"

    def draw(self) -> Canvas:
        """The screen."""
        canvas = Canvas()
        _browser(canvas, f"desk.example.com/tickets/{self.number}", f"Ticket {self.number}")
        canvas.panel((0, 66, 232, SIZE[1]), (38, 48, 66))
        canvas.text(24, 84, "Service Desk", size=19, fill=PAPER, bold=True)
        for index, name in enumerate(("My tickets", "Unassigned", "Waiting", "Solved", "Knowledge base")):
            if not index:
                canvas.panel((12, 124, 220, 156), (58, 74, 102), radius=6)
            canvas.text(32, 131 + index * 40, name, fill=(214, 221, 232))
        canvas.text(264, 110, f"#{self.number}  {self.subject}", size=22, bold=True, right=900)
        canvas.panel((264, 146, 330, 168), GREEN, radius=10)
        canvas.text(280, 149, "Open", size=13, fill=PAPER)
        canvas.text(344, 149, "opened 2 hours ago", size=13, fill=SOFT)
        self._replies(canvas)
        self._side(canvas)
        canvas.panel(REPLY, PAPER, line=LINE, radius=6)
        if self.draft:
            canvas.wrapped(REPLY[0] + 12, REPLY[1] + 10, self.draft, REPLY[2] - 12)
        else:
            canvas.text(REPLY[0] + 12, REPLY[1] + 10, "Write a reply", fill=SOFT)
        canvas.panel(SEND, BLUE, radius=6)
        canvas.text(SEND[0] + 30, SEND[1] + 8, "Send", fill=PAPER, bold=True)
        return canvas

    def _replies(self, canvas: Canvas) -> None:
        y = 184
        for index, reply in enumerate(self.replies[-4:]):
            canvas.panel((264, y, 924, y + 82), PAPER, line=LINE, radius=8)
            canvas.disc(292, y + 26, 13, BLUE if index % 2 else AMBER)
            canvas.text(316, y + 10, "Support" if index % 2 else "Requester", size=14, bold=True)
            canvas.wrapped(316, y + 34, reply, 908)
            y += 92

    def _side(self, canvas: Canvas) -> None:
        canvas.panel((948, 110, 1256, 360), PAPER, line=LINE, radius=8)
        rows = (
            ("Requester", self.customer),
            ("Priority", "Normal"),
            ("Group", "Second line"),
            ("Due", "Friday"),
        )
        for index, (name, value) in enumerate(rows):
            canvas.text(968, 128 + index * 56, name, size=13, fill=SOFT)
            canvas.text(968, 148 + index * 56, value, right=1246)


@dataclass
class Sheet:
    """A table with some rows."""

    name: str
    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    at: tuple[int, int] = (1, 0)

    @property
    def title(self) -> str:
        """The title of the window."""
        return f"{self.name} - Excel"

    def draw(self) -> Canvas:
        """The screen."""
        canvas = Canvas(PAPER)
        canvas.panel((0, 0, SIZE[0], 34), (24, 110, 66))
        canvas.text(20, 9, self.title, size=14, fill=PAPER)
        canvas.panel((0, 34, SIZE[0], 112), (243, 245, 244))
        for index, name in enumerate(("File", "Home", "Insert", "Formulas", "Data", "View")):
            canvas.text(20 + index * 86, 42, name, size=14, bold=index == 1)
        for index in range(12):
            canvas.panel((20 + index * 46, 70, 52 + index * 46, 100), PAPER, line=LINE, radius=4)
        canvas.panel((0, 112, SIZE[0], 144), PAPER, line=LINE)
        canvas.text(14, 119, f"{_COLUMNS[self.at[1]][0]}{self.at[0] + 1}", size=14)
        canvas.text(90, 119, self.cells.get(self.at, ""), size=14)
        self._grid(canvas)
        canvas.panel((0, 690, SIZE[0], SIZE[1]), (243, 245, 244))
        canvas.text(20, 697, "Sheet1", size=13, fill=GREEN, bold=True)
        return canvas

    def _grid(self, canvas: Canvas) -> None:
        canvas.panel((0, 144, SIZE[0], 176), (236, 239, 238))
        for name, left, right in _COLUMNS:
            canvas.text((left + right) // 2 - 5, 151, name, size=14, fill=SOFT)
            canvas.rule((right, 144), (right, 690))
        for row in range(ROWS + 1):
            canvas.rule((0, 206 + row * 30), (SIZE[0], 206 + row * 30))
            if row < ROWS:
                canvas.text(20, 182 + row * 30, str(row + 1), size=13, fill=SOFT)
        heads = ("Customer", "Account", "Amount", "Place", "State")
        for column, head in enumerate(heads):
            left, top, right, _ = cell(0, column)
            canvas.text(left + 8, top + 6, head, size=14, bold=True, right=right)
        for (row, column), value in self.cells.items():
            left, top, right, _ = cell(row, column)
            canvas.text(left + 8, top + 6, value, size=14, right=right - 4)
        left, top, right, bottom = cell(*self.at)
        canvas.rule((left, bottom), (right, bottom), GREEN)
        canvas.rule((left, top), (right, top), GREEN)


@dataclass
class Editor:
    """A program text."""

    name: str
    lines: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The title of the window."""
        return f"{self.name} - service - Visual Studio Code"

    def draw(self) -> Canvas:
        """The screen."""
        canvas = Canvas(DARK)
        canvas.panel((0, 0, SIZE[0], 32), (52, 56, 66))
        canvas.text(480, 8, self.title, size=13, fill=(200, 205, 214))
        canvas.panel((0, 32, 48, 698), (44, 48, 57))
        canvas.panel((48, 32, 240, 698), (37, 40, 48))
        canvas.text(66, 46, "EXPLORER", size=12, fill=(160, 167, 180))
        for index, name in enumerate(
            ("service", "  billing.py", "  settings.py", "  report.py", "  tests", "README.md")
        ):
            canvas.text(66, 76 + index * 26, name, size=14, fill=(204, 209, 218))
        canvas.panel((240, 32, 420, 64), DARK)
        canvas.text(262, 40, self.name, size=14, fill=PAPER)
        for index, line in enumerate(self.lines[-24:]):
            canvas.text(254, 84 + index * 24, str(index + 1), size=14, fill=(92, 99, 112))
            colour = (124, 172, 110) if line.lstrip().startswith("#") else (212, 216, 224)
            canvas.mono(290, 84 + index * 24, line, fill=colour, right=1268)
        canvas.panel((0, 698, SIZE[0], SIZE[1]), BLUE)
        canvas.text(16, 701, "main", size=13, fill=PAPER)
        canvas.text(1120, 701, "Python  UTF-8", size=13, fill=PAPER)
        return canvas


@dataclass
class Mail:
    """An answer that is being written."""

    to: str
    subject: str
    lines: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The title of the window."""
        return f"RE: {self.subject} - Message - Outlook"

    def draw(self) -> Canvas:
        """The screen."""
        canvas = Canvas()
        canvas.panel((0, 0, SIZE[0], 40), (0, 90, 158))
        canvas.text(20, 12, self.title, size=14, fill=PAPER)
        canvas.panel((0, 40, 160, SIZE[1]), (232, 237, 243))
        for index, name in enumerate(("Inbox", "Drafts", "Sent", "Archive", "Deleted")):
            canvas.text(24, 66 + index * 38, name, bold=not index)
        canvas.panel((160, 40, 440, SIZE[1]), PAPER, line=LINE)
        for index, name in enumerate(("Weekly figures", "Room booking", "Lunch on Friday", "Holiday plan")):
            canvas.text(180, 62 + index * 84, "Team", size=14, bold=True)
            canvas.text(180, 84 + index * 84, name, size=14)
            canvas.text(180, 104 + index * 84, "Hello all, please find", size=13, fill=SOFT)
            canvas.rule((160, 132 + index * 84), (440, 132 + index * 84))
        canvas.panel((440, 40, SIZE[0], SIZE[1]), PAPER)
        for index, (name, value) in enumerate((("To", self.to), ("Subject", f"RE: {self.subject}"))):
            canvas.text(470, 70 + index * 50, name, fill=SOFT)
            canvas.text(560, 70 + index * 50, value, right=1240)
            canvas.rule((470, 100 + index * 50), (1240, 100 + index * 50))
        y = 180
        for line in self.lines[-14:]:
            y = canvas.wrapped(470, y, line, 1230, size=16, fill=INK) + 6
        canvas.panel(MAIL_SEND, BLUE, radius=6)
        canvas.text(MAIL_SEND[0] + 32, MAIL_SEND[1] + 9, "Send", fill=PAPER, bold=True)
        return canvas


@dataclass
class SignIn:
    """A sign-in page; the password is dots."""

    user: str = ""
    dots: int = 0
    title: str = "Sign in - Service Desk"

    def draw(self) -> Canvas:
        """The screen."""
        canvas = Canvas()
        _browser(canvas, "desk.example.com/sign-in", "Sign in")
        canvas.panel((440, 200, 840, 520), PAPER, line=LINE, radius=10)
        canvas.text(480, 228, "Service Desk", size=24, bold=True)
        for rect, name, value in (
            (USER, "User name", self.user),
            (PASSWORD, "Password", "\u2022" * self.dots),
        ):
            canvas.text(rect[0], rect[1] - 20, name, size=13, fill=SOFT)
            canvas.panel(rect, PAPER, line=LINE, radius=6)
            if value:
                canvas.text(rect[0] + 12, rect[1] + 11, value)
        canvas.panel(SIGN_IN, BLUE, radius=6)
        canvas.text(SIGN_IN[0] + 132, SIGN_IN[1] + 13, "Sign in", fill=PAPER, bold=True)
        return canvas


@dataclass
class Chat:
    """A private conversation, outside the allowlist."""

    lines: list[str] = field(default_factory=list)
    title: str = "Signal"

    def draw(self) -> Canvas:
        """The screen."""
        canvas = Canvas(PAPER)
        canvas.panel((0, 0, 400, SIZE[1]), GROUND)
        canvas.text(24, 20, "Chats", size=20, bold=True)
        for index, name in enumerate(("Family", "Climbing", "Neighbours")):
            canvas.disc(44, 90 + index * 70, 18, (AMBER, GREEN, BLUE)[index])
            canvas.text(76, 82 + index * 70, name)
        for index, line in enumerate(self.lines[-8:]):
            canvas.panel((620, 60 + index * 64, 1240, 108 + index * 64), (220, 235, 252), radius=14)
            canvas.text(640, 75 + index * 64, line, right=1230)
        canvas.panel(CHAT, GROUND, line=LINE, radius=16)
        return canvas

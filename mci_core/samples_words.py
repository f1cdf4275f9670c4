"""What sample sessions are made of: invented people, customers, programs and phrases.

Everything is invented or reserved for examples: example domains, telephone ranges that are never given out,
test card prefixes. `{}` in a phrase takes a planted value; a phrase without it plants nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

# The dictionary rule of the sample policy: names that no detector can know.
CUSTOMERS: tuple[str, ...] = (
    "Olivia Sample",
    "Jonas Muster",
    "Fatima Okafor-Lind",
    "Luca Esempio",
    "Priya Namboori",
    "Chen Exemplar",
    "Ingrid Provheim",
    "Noah Testerman",
    "Mariana Amostra",
    "Ewa Przyklad",
)


@dataclass(frozen=True, slots=True)
class App:
    """A program as the recorder names it; `url` for pages in a browser."""

    key: str
    name: str
    exe: str
    url: str | None = None
    allowed: bool = True


APPS: dict[str, App] = {
    app.key: app
    for app in (
        App("desk", "Google Chrome", "chrome.exe", "https://desk.example.com/tickets"),
        App("sheet", "Excel", "EXCEL.EXE"),
        App("editor", "Visual Studio Code", "Code.exe"),
        App("mail", "Outlook", "OUTLOOK.EXE"),
        App("bank", "Google Chrome", "chrome.exe", "https://bank.example.net/account", allowed=False),
        App("chat", "Signal", "Signal.exe", allowed=False),
    )
}
WORK = ("desk", "sheet", "editor", "mail")
OUTSIDE = ("chat", "bank")

TICKETS = (
    "Printer on floor 3 prints blank pages",
    "Cannot open the shared calendar",
    "Laptop battery drains within an hour",
    "New starter needs access to the wiki",
    "Invoice was sent twice",
    "Screen flickers after the update",
)
# (phrase, kind of the value)
REPLIES = (
    ("Thanks, I called {} and left a message.", "phone"),
    ("The customer wants the receipt sent to {} today.", "email"),
    ("Spoke with {} about the delivery.", "customer"),
    ("The refund goes to {} by Friday.", "iban"),
    ("Payment was taken from card {} twice.", "card"),
    ("The page is slow from {} only.", "ip"),
    ("Identity checked, SSN {} matches the file.", "ssn"),
    ("Temporary password: {} and please change it.", "password"),
    ("Restarted the spooler, it prints again.", ""),
    ("Waiting for the supplier to answer.", ""),
    ("Please check whether it happens in another browser.", ""),
)
MAILS = (
    ("Dear {},", "customer"),
    ("please send the signed form to {} this week.", "email"),
    ("You can reach the hotline at {} until six.", "phone"),
    ("The amount will be paid to {} in two days.", "iban"),
    ("Reset your access here: {}", "url_token"),
    ("The draft is attached, comments are welcome.", ""),
    ("Let us meet on Thursday to go through the figures.", ""),
)
CODE = (
    ("API_KEY = '{}'", "api_key"),
    ("DATABASE = '{}'", "url_credential"),
    ("session_token = '{}'", "jwt"),
    ("ALLOWED_HOSTS = ['{}']", "ip"),
    ("def total(rows):", ""),
    ("    return sum(row.amount for row in rows)", ""),
    ("# count only what was paid", ""),
)
CELLS = (
    ("{}", "customer"),
    ("{}", "iban"),
    ("{}", "email"),
    ("{}", "phone"),
    ("{}", "card"),
    ("Paid", ""),
    ("1,240.50", ""),
    ("Berlin", ""),
    ("Q3 total", ""),
)
CHATS = (
    ("my new number is {}", "phone"),
    ("write to {} instead", "email"),
    ("the doctor has time on Monday", ""),
)
SEARCHES = ("open invoices", "printer manual", "holiday calendar", "order status")
FILES = ("billing.py", "settings.py", "report.py")
BOOKS = ("Q3 totals.xlsx", "Customers 2026.xlsx", "Refunds.xlsx")

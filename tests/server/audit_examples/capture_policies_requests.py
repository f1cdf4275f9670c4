"""One example for each action on requests for the allowlist and on what captures less at once."""

from __future__ import annotations

import json
from datetime import date

from capture_policies.actions import drafts, narrowing, requests
from capture_policies.models import AllowlistRequest, Release
from capture_policies.request_things import to_add, to_remove
from tests.server.capture_policies.rolling import roll_out
from tests.server.capture_policies.support import EXCEL, JIRA, Desk, found_repository
from tests.server.cast import REASON, Cast


def _live(cast: Cast) -> Release:
    found_repository()
    desk = Desk(cast)
    desk.devices(1)
    release = desk.release(entries=[{**JIRA, "expires": "2099-12-31"}, EXCEL])
    roll_out(desk, release)
    return release


def _asked(cast: Cast) -> AllowlistRequest:
    thing = to_add(entry_kind="site", label="Wiki", where="https://wiki.example.com/x")
    return requests.file_request(thing=thing, words=REASON, actor=cast.actor("ml"))


def narrow_now(cast: Cast) -> None:
    less = {**json.loads(bytes(_live(cast).version.body)), "retention_days": 1}
    narrowing.narrow_now(document=less, title="Less", reason=REASON, actor=cast.actor("officer"))


def remove_entries_now(cast: Cast) -> None:
    _live(cast)
    thing = to_remove("jira")
    requests.ask_for_entry(thing=thing, words=REASON, actor=cast.actor("employee"))
    narrowing.remove_entries_now(entries=["jira"], reason=REASON, actor=cast.actor("officer"))


def drop_expired_entries(cast: Cast) -> None:
    _live(cast)
    narrowing.drop_expired_entries(actor=cast.system(), today=date(2100, 1, 1))


def file_request(cast: Cast) -> None:
    _asked(cast)


def ask_for_entry(cast: Cast) -> None:
    thing = to_add(entry_kind="app", label="Paint", where="")
    requests.ask_for_entry(thing=thing, words=REASON, actor=cast.actor("employee"))


def take_request(cast: Cast) -> None:
    requests.take_request(request=_asked(cast), actor=cast.actor("admin"))


def decline_request(cast: Cast) -> None:
    requests.decline_request(request=_asked(cast), reason=REASON, actor=cast.actor("officer"))


def withdraw_request(cast: Cast) -> None:
    requests.withdraw_request(request=_asked(cast), as_employee=False, actor=cast.actor("ml"))


def settle_requests(cast: Cast) -> None:
    draft = requests.take_request(request=_asked(cast), actor=cast.actor("admin"))
    drafts.discard_draft(draft=draft, actor=cast.actor("admin"))
    requests.settle_requests(actor=cast.system())


def forget_voices(cast: Cast) -> None:
    ask_for_entry(cast)
    requests.forget_voices(subject=cast.subject("employee"), actor=cast.system())


EXAMPLES = {
    f"capture_policies.{example.__name__}": example
    for example in (
        narrow_now,
        remove_entries_now,
        drop_expired_entries,
        file_request,
        ask_for_entry,
        take_request,
        decline_request,
        withdraw_request,
        settle_requests,
        forget_voices,
    )
}

"""Policy vocabulary: which signals, granularities, methods and purposes exist, and the shape of a policy.

The purposes are a closed list. Judging people is not in it and cannot be written into a policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NotRequired, TypedDict

SCHEMA = "mci-policy/1"
# Part of every rule-set digest: raise it whenever the default detector pack or the masking itself changes,
# so that sessions redacted by another engine are told apart.
ENGINE_VERSION = "mci-redaction/2"

SIGNALS: tuple[str, ...] = (
    "mouse_move",
    "click",
    "scroll",
    "shortcut",
    "keystroke",
    "text",
    "clipboard",
    "url",
    "window_title",
    "screenshot",
)
KEYSTROKES: tuple[str, ...] = ("none", "count", "shortcut", "class", "text")
PURPOSES: tuple[str, ...] = ("agent_training", "agent_evaluation", "data_quality", "redaction_quality")
METHODS: tuple[str, ...] = ("mask", "hash", "replace", "drop_event", "drop_frame", "block_session")

# Which of the two key signals still show anything at each granularity.
KEY_SIGNALS_SHOWN: dict[str, frozenset[str]] = {
    "none": frozenset(),
    "count": frozenset({"keystroke"}),
    "shortcut": frozenset({"shortcut"}),
    "class": frozenset({"keystroke", "shortcut"}),
    "text": frozenset({"keystroke", "shortcut"}),
}
# How the words of the vocabulary are said to people, in the console, in diffs and in notices.
SIGNAL_WORDS: dict[str, str] = {
    "mouse_move": "mouse movement",
    "click": "mouse clicks",
    "scroll": "scrolling",
    "shortcut": "keyboard shortcuts",
    "keystroke": "keystrokes",
    "text": "typed text",
    "clipboard": "pasted text",
    "url": "web addresses",
    "window_title": "window titles",
    "screenshot": "screenshots",
}
KEYSTROKE_WORDS: dict[str, str] = {
    "none": "no keys",
    "count": "only that a key was pressed",
    "shortcut": "only shortcuts and function keys",
    "class": "the kind of key (letter, digit, space, punctuation) and shortcuts",
    "text": "the keys themselves, redacted",
}
PURPOSE_WORDS: dict[str, str] = {
    "agent_training": "training of AI agents that operate computers",
    "agent_evaluation": "evaluation of AI agents that operate computers",
    "data_quality": "checking the quality of the captured data",
    "redaction_quality": "checking the quality of the redaction",
}
METHOD_WORDS: dict[str, str] = {
    "mask": "replace by a placeholder",
    "hash": "replace by a keyed hash",
    "replace": "replace by an invented value of the same kind",
    "drop_event": "drop the event",
    "drop_frame": "drop the screenshot",
    "block_session": "block the whole session",
}
MATCH_TYPES: tuple[str, ...] = ("detector", "regex", "dictionary", "hashed")
ENTRY_KINDS: tuple[str, ...] = ("app", "site")
PLATFORMS: tuple[str, ...] = ("windows", "macos", "linux")
PLATFORM_WORDS: dict[str, str] = {"windows": "Windows", "macos": "macOS", "linux": "Linux"}
# How a law, a place of work and the scope of an entry write a place: a country, or a state in one.
PLACE_PATTERN = r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$"
TAG_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,39}$"
# What a rule's selector can name: the places of an event where text can stand.
FIELDS: tuple[str, ...] = ("text", "key", "url", "window.title", "target.name", "frame")
# The same, exactly: every path of an event at which redaction masks a text.
PATHS: tuple[str, ...] = (
    "$.text",
    "$.key",
    "$.url",
    "$.window.title",
    "$.windows[*].title",
    "$.windows[*].url",
    "$.windows[*].app",
    "$.target.role",
    "$.target.name",
    "$.target.id",
    "$.app.name",
    "$.app.exe",
    "$.app.bundle",
    "$.name",
)
MAX_POLICY_BYTES = 2 * 1024 * 1024

Direction = Literal["wider", "narrower", "neutral"]


class SiteMatchDoc(TypedDict):
    origin: str
    path_prefix: str
    subdomains: bool


class AppMatchDoc(TypedDict, total=False):
    windows: list[str]
    macos: list[str]
    linux: list[str]
    names: list[str]


class ScopeDoc(TypedDict, total=False):
    groups: list[str]
    platforms: list[str]
    tags: list[str]
    places: list[str]


class EntryDoc(TypedDict):
    id: str
    kind: Literal["app", "site"]
    label: str
    match: SiteMatchDoc | AppMatchDoc
    signals: list[str]
    keystrokes: str
    frame_interval_s: int
    # Left out where they say nothing, so that a document has one form and one digest.
    scope: NotRequired[ScopeDoc]
    windows_excluded: NotRequired[list[str]]
    expires: NotRequired[str]
    owner: NotRequired[str]
    purpose: NotRequired[str]
    justification: NotRequired[str]
    review_by: NotRequired[str]


#: The keys of an entry that may be left out, in the order in which they are written.
ENTRY_OPTIONS: tuple[str, ...] = (
    "scope",
    "windows_excluded",
    "expires",
    "owner",
    "purpose",
    "justification",
    "review_by",
)


class RuleMatchDoc(TypedDict, total=False):
    type: str
    detector: str
    pattern: str
    words: list[str]
    salt: str
    hashes: list[str]
    lengths: list[int]


class SelectorDoc(TypedDict):
    entries: list[str]
    signals: list[str]
    fields: list[str]
    roles: NotRequired[list[str]]
    paths: NotRequired[list[str]]
    region: NotRequired[list[int]]


class ExamplesDoc(TypedDict):
    redact: list[str]
    keep: list[str]


class RuleDoc(TypedDict):
    id: str
    label: str
    method: str
    match: RuleMatchDoc
    selector: SelectorDoc
    examples: ExamplesDoc


class LimitsDoc(TypedDict):
    cpu_percent: int
    upload_bytes_per_day: int
    spool_bytes: int
    pause_minutes: list[int]


class SamplingDoc(TypedDict):
    rate: float


class PolicyDoc(TypedDict):
    schema: str
    name: str
    purpose: str
    entries: list[EntryDoc]
    rules: list[RuleDoc]
    limits: LimitsDoc
    retention_days: int
    sampling: SamplingDoc
    lease_seconds: int


@dataclass(frozen=True, slots=True)
class SiteMatch:
    """A web origin and the path under it; `subdomains` also takes every host below the named one."""

    origin: str
    path_prefix: str = "/"
    subdomains: bool = False


@dataclass(frozen=True, slots=True)
class AppMatch:
    """How a program is known on each platform; `names` only for recordings that carry no program file."""

    windows: tuple[str, ...] = ()
    macos: tuple[str, ...] = ()
    linux: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom and where an entry counts. Each part that names something has to fit; an empty one does.

    `groups` are ids of departments, `places` also cover what lies in them ("US" covers "US-NY").
    """

    groups: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the allowlist: a program or a site, and what may be captured in it.

    `windows_excluded` are titles with `*` for any text, `expires` is the last day (UTC). Owner, purpose,
    justification and the day of the next review are for people; the evaluator does not read them.
    """

    id: str
    kind: str
    label: str
    match: SiteMatch | AppMatch
    signals: frozenset[str]
    keystrokes: str = "none"
    frame_interval_s: int = 0
    scope: Scope = EVERYWHERE
    windows_excluded: tuple[str, ...] = ()
    expires: date | None = None
    owner: str = ""
    purpose: str = ""
    justification: str = ""
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """What a rule looks for: a named detector, an RE2 expression, whole words, or whole words known by their
    hashes only. `lengths`: of how many words its hashed entries are.
    """

    type: str
    detector: str | None = None
    pattern: str | None = None
    words: tuple[str, ...] = ()
    salt: str | None = None
    # A set, because its own hash is computed once: rules are looked up in caches for every text.
    hashes: frozenset[str] = frozenset()
    lengths: tuple[int, ...] = ()

    @property
    def hashed_list(self) -> str:
        """A hashed list in words."""
        number = len(self.hashes)
        return f"a hashed list of {number} {'entry' if number == 1 else 'entries'}"


@dataclass(frozen=True, slots=True)
class Selector:
    """Where a rule looks; an empty part means everywhere.

    `roles`: kinds of the field that is typed in, in small letters; a field of unknown kind counts as meant.
    `paths`: of `PATHS`. `region`: left, top, right and bottom in percent of the screen; such a rule looks in
    screenshots only.
    """

    entries: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    region: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts in which the rule must find something, and texts in which it must find nothing."""

    redact: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A redaction rule. Rules add to the default detector pack, they never take from it."""

    id: str
    label: str
    method: str
    match: RuleMatch
    selector: Selector = Selector()
    examples: Examples = Examples()


@dataclass(frozen=True, slots=True)
class Limits:
    """What capture may cost a device, and the lengths of pause that an employee may choose."""

    cpu_percent: int = 5
    upload_bytes_per_day: int = 200_000_000
    spool_bytes: int = 100_000_000
    pause_minutes: tuple[int, ...] = (15, 30, 60)


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy document. `digest` is that of the canonical bytes, by which leases name it."""

    name: str
    purpose: str
    entries: tuple[Entry, ...]
    rules: tuple[Rule, ...]
    limits: Limits
    retention_days: int
    sampling_rate: float
    lease_seconds: int
    digest: str
    ruleset_digest: str
    doc: dict[str, Any] = field(repr=False, compare=False, hash=False)

    def entry(self, entry_id: str) -> Entry | None:
        """The entry with this id, if there is one."""
        return next((entry for entry in self.entries if entry.id == entry_id), None)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a policy cannot be approved yet: a JSON path and a sentence."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two policies, in words, and what it does to capture."""

    path: str
    words: str
    direction: Direction

"""The vocabulary of every page: icons, times, states, digests, numbers, links that keep the query string, and
the components of ``templates/components``. Display only; nothing here reads the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.forms.widgets import ChoiceWidget
from django.http import HttpRequest
from django.template import Context
from django.template.loader import get_template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString

from audits import figures, formats

register = template.Library()
TONES = ("ok", "info", "warn", "danger", "neutral")


# ---------------------------------------------------------------- words and marks
@register.simple_tag
def icon(name: str, label: str = "", size: int = 16) -> SafeString:
    """A symbol of ``static/img/icons.svg``: decorative, unless it has a label."""
    accessible = (
        format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" {1} focusable="false"><use href="{2}#{3}"></use></svg>',
        size,
        accessible,
        static("img/icons.svg"),
        name,
    )


@register.simple_tag(name="time")
def time_tag(value: object, style: str = "relative", none: str = "never") -> SafeString:
    """A moment: UTC as served, in the reader's zone by ``times.js`` (relative, absolute, date, both)."""
    at = formats.moment(value)
    if at is None:
        return format_html('<span class="muted">{}</span>', none)
    if style == "date" and isinstance(value, date) and not isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.day(value))
    shown = formats.day(at) if style == "date" else formats.absolute(at)
    iso = at.isoformat(timespec="seconds")
    return format_html(
        '<time datetime="{}" data-time="{}" title="{}">{}</time>', iso, style, formats.absolute(at), shown
    )


@register.simple_tag
def badge(text: object, tone: str = "neutral", icon: str = "", title: str = "") -> SafeString:
    """A short marked word. The word itself says the state: colour only repeats it."""
    mark = _icon(icon, 12) if icon else SafeString("")
    tip = format_html(' title="{}"', title) if title else SafeString("")
    return format_html('<span class="tag tag-{}"{}>{}{}</span>', _tone(tone), tip, mark, text)


@register.simple_tag
def state(value: object, label: str = "", tone: str = "") -> SafeString:
    """A state as a badge with a dot; the tone follows from the word."""
    word = str(value)
    return format_html(
        '<span class="tag tag-{}"><span class="dot" aria-hidden="true"></span>{}</span>',
        _tone(tone or formats.tone_of(word)),
        label or getattr(value, "label", "") or formats.label_of(word),
    )


@register.simple_tag
def pseudonym(subject: object, link: str = "") -> SafeString:
    """What staff see of a person."""
    if subject is None:
        return SafeString('<span class="muted">erased</span>')
    name = subject if isinstance(subject, str) else getattr(subject, "pseudonym", "")
    if link:
        return format_html('<a class="pseudonym" href="{}">{}</a>', link, name)
    return format_html('<span class="pseudonym">{}</span>', name)


@register.simple_tag
def short(value: object, length: int = 8, what: str = "identifier") -> SafeString:
    """The beginning of an identifier, with a button that copies all of it."""
    text = str(value)
    if value is None or not text:
        return format_html('<span class="muted">{}</span>', formats.UNKNOWN)
    return format_html(
        '<span class="short"><code title="{0}">{1}</code><button type="button" class="copy" data-copy="{0}" '
        'aria-label="Copy {2} {1}">{3}</button></span>',
        text,
        text[:length],
        what,
        _icon("copy", 14),
    )


@register.simple_tag
def digest(value: object, length: int = 12) -> SafeString:
    """The beginning of a digest, with a button that copies all of it."""
    return short(value, length, "digest")


register.filter("count", formats.count)
register.filter("bytes", formats.size)
register.filter("duration", formats.span)
register.filter("percent", formats.percent)


@register.filter
def plural(number: int, words: str) -> str:
    """``{{ n|plural:"device" }}`` or ``{{ n|plural:"entry,entries" }}``."""
    singular, _, many = words.partition(",")
    return formats.plural(number, singular, many)


# ---------------------------------------------------------------- links
@register.simple_tag(takes_context=True)
def query(context: Context, **changes: object) -> str:
    """The present query string with changes; ``None`` removes. Any change but the page goes to page one."""
    request: HttpRequest = context["request"]
    params = request.GET.copy()
    if "page" not in changes:
        params.pop("page", None)
    for key, value in changes.items():
        if value is None or value == "":
            params.pop(key, None)
        else:
            params[key] = str(value)
    return f"?{params.urlencode()}"


@register.simple_tag(takes_context=True)
def block_text(context: Context, name: str) -> str:
    """The text of a block of the page, to use it a second time: the tab's title is the page's heading."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    node = blocks.get_block(name) if blocks else None
    return " ".join(strip_tags(node.nodelist.render(context)).split()) if node else ""


@register.simple_tag
def crumb(label: object, url_name: str = "", *args: object) -> SafeString:
    """One step of the breadcrumbs; without a URL name it is the present page."""
    if not url_name:
        return format_html('<li aria-current="page">{}</li>', label)
    return format_html('<li><a href="{}">{}</a></li>', _url(url_name, *args), label)


# ---------------------------------------------------------------- components without a body
@register.inclusion_tag("components/field.html")
def field(bound: BoundField, label: str = "", needed: bool = False) -> dict[str, Any]:
    """Label, control, help and error, tied together. ``needed``: not optional, as another choice decides."""
    widget = bound.field.widget
    is_group = bool(widget.use_fieldset) and isinstance(widget, ChoiceWidget)
    if is_group:
        widget.attrs["class"] = "form-check-input"  # on each choice; a form owns its widgets
    return {
        "bound": bound,
        "label": label or bound.label,
        "optional": not (needed or bound.field.required),
        "is_check": isinstance(widget, CheckboxInput),
        "is_group": is_group,
    }


@register.simple_tag
def control(bound: BoundField) -> SafeString:
    """The control of a field with the classes of the design."""
    widget = bound.field.widget
    css = "form-check-input" if isinstance(widget, CheckboxInput) else "form-control"
    if isinstance(widget, ChoiceWidget) and not widget.use_fieldset:
        css = "form-select"
    wrong = "is-invalid" if bound.errors else ""
    return bound.as_widget(
        attrs={"class": " ".join(filter(None, (css, str(widget.attrs.get("class", "")), wrong)))}
    )


@register.inclusion_tag("components/form_fields.html")
def form_fields(form: Any) -> dict[str, Any]:
    """Errors that belong to no field, then every field."""
    return {"form": form}


@register.inclusion_tag("components/empty.html")
def empty(title: str, text: str = "", icon: str = "inbox", url: str = "", label: str = "") -> dict[str, Any]:
    """Why there is nothing here and what to do about it."""
    return {"title": title, "text": text, "icon_name": icon, "url": url, "label": label}


@register.inclusion_tag("components/stat.html")
def stat(
    label: str, value: object, hint: str = "", url: str = "", tone: str = "", icon: str = ""
) -> dict[str, Any]:
    """One number with its name."""
    return {
        "label": label,
        "value": value,
        "hint": hint,
        "url": url,
        "tone": tone and _tone(tone),
        "icon_name": icon,
    }


@register.inclusion_tag("components/progress.html")
def progress(done: float, total: float, label: str = "", tone: str = "info") -> dict[str, Any]:
    """A bar with its numbers in words."""
    share = min(max(done / total, 0.0), 1.0) if total else 0.0
    return {"done": done, "total": total, "label": label, "tone": _tone(tone), "width": _width(share)}


@register.inclusion_tag("components/funnel.html")
def funnel(steps: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Numbers that shrink from step to step; the first is the whole."""
    rows = [dict(step) for step in steps]
    whole = rows[0]["value"] if rows else 0
    for row in rows:
        share = row["value"] / whole if whole else 0.0
        row.update(share=share, width=_width(min(share, 1.0)), tone=_tone(row.get("tone", "info")))
    return {"rows": rows}


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What happened, newest or oldest first as given."""
    return {"entries": [{**entry, "tone": _tone(entry.get("tone", "neutral"))} for entry in entries]}


@register.inclusion_tag("components/tabs.html", takes_context=True)
def tabs(context: Context, items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Links to the parts of one object; the current one is the present path unless an item says so."""
    request: HttpRequest = context["request"]
    rows = [dict(item) for item in items]
    if not any("current" in row for row in rows):
        for row in rows:
            row["current"] = row["url"] in (request.path, request.get_full_path())
    return {"items": rows}


@register.inclusion_tag("components/chart.html", takes_context=True)
def chart(context: Context, figure: Mapping[str, Any]) -> dict[str, Any]:
    """A chart drawn by ``charts.js`` from JSON, what it shows in a sentence, and its numbers as a table."""
    seen = context.render_context.get("mci_charts") or 0
    context.render_context["mci_charts"] = seen + 1
    return {**figures.shown(figure), "first": seen == 0}


@register.simple_tag
def diff_line(direction: str, words: str) -> SafeString:
    """One change of a policy in words, marked wider, narrower or neutral."""
    tone, mark = DIRECTIONS.get(direction, ("neutral", "point"))
    return format_html(
        '<li class="diff-{}"><span class="diff-mark">{}</span>{}<span class="diff-side">{}</span></li>',
        tone,
        _icon(mark, 14),
        format_html('<span class="diff-words">{}</span>', words),
        formats.label_of(direction),
    )


@register.inclusion_tag("components/note.html")
def note(text: str, tone: str = "info", title: str = "") -> dict[str, Any]:
    """A remark that stays in the page."""
    return {"content": text, "tone": _tone(tone), "title": title, "icon_name": NOTE_ICONS[_tone(tone)]}


@register.inclusion_tag("components/secret_once.html")
def secret_once(value: str, label: str = "Secret") -> dict[str, Any]:
    """A secret that is shown this one time, with a button that copies it."""
    return {"value": value, "label": label}


@register.simple_tag
def confirm_button(name: str, label: str, tone: str = "", icon: str = "", size: str = "") -> SafeString:
    """The button that opens the dialog of the same name."""
    css = " ".join(
        part for part in ("btn", f"btn-{tone}" if tone else "", f"btn-{size}" if size else "") if part
    )
    mark = _icon(icon) if icon else SafeString("")
    return format_html(
        '<button type="button" class="{}" data-dialog="confirm-{}">{}{}</button>', css, name, mark, label
    )


# ---------------------------------------------------------------- components with a body
@register.simple_block_tag(takes_context=True)
def confirm(
    context: Context,
    content: str,
    name: str,
    title: str,
    action: str = "",
    verb: str = "Confirm",
    tone: str = "primary",
    open: object = False,
) -> SafeString:
    """A dialog with a POST form that says what will happen before it happens."""
    return _component(
        "confirm",
        content=content,
        name=name,
        title=title,
        action=action,
        verb=verb,
        tone=tone,
        open=bool(open),
        csrf_token=context.get("csrf_token", ""),
    )


@register.simple_block_tag
def panel(content: str, title: str = "", hint: str = "", flush: bool = False, id: str = "") -> SafeString:
    """A bordered part of the page with its own heading."""
    return _component("panel", content=content, title=title, hint=hint, flush=flush, id=id)


@register.simple_block_tag
def notebox(content: str, tone: str = "info", title: str = "") -> SafeString:
    """A remark with markup in it."""
    return _component(
        "note", content=content, tone=_tone(tone), title=title, icon_name=NOTE_ICONS[_tone(tone)]
    )


@register.simple_block_tag
def fieldset(content: str, title: str, help: str = "") -> SafeString:
    """Fields that belong together, under one name."""
    return _component("fieldset", content=content, title=title, help=help)


@register.simple_block_tag
def facts(content: str) -> SafeString:
    """A definition list; holds ``fact`` and ``factbox``."""
    return format_html('<dl class="facts">{}</dl>', content)


@register.simple_tag
def fact(name: str, value: object, none: str = formats.UNKNOWN) -> SafeString:
    """One name and its value."""
    shown = format_html('<span class="muted">{}</span>', none) if value in (None, "") else value
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", name, shown)


@register.simple_block_tag
def factbox(content: str, name: str) -> SafeString:
    """One name and a value with markup."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", name, content)


DIRECTIONS = {"wider": ("warn", "plus"), "narrower": ("ok", "minus")}
NOTE_ICONS = {
    "ok": "circle-check",
    "info": "info-circle",
    "neutral": "info-circle",
    "warn": "alert-triangle",
    "danger": "alert-circle",
}


def _component(component: str, /, **context: object) -> SafeString:
    return SafeString(get_template(f"components/{component}.html").render(context))


def _icon(name: str, size: int = 16) -> SafeString:
    return icon(name, size=size)


def _tone(tone: object) -> str:
    if tone not in TONES:
        raise template.TemplateSyntaxError(f"unknown tone {tone!r}; one of {', '.join(TONES)}")
    return str(tone)


def _width(share: float) -> str:
    """A share as an SVG length: a style attribute would break the content security policy."""
    return f"{share * 100:.2f}%"


def _url(name: str, *args: object) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        if name.startswith("/"):
            return name
        raise

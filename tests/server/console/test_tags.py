"""The template tags of every page: escaped, without inline style or script, and plain in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

MOMENT = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


def show(source: str, path: str = "/list/?q=a&page=3", **context: Any) -> str:
    request = RequestFactory().get(path)
    return Template("{% load mci %}" + source).render(Context({"request": request, **context}))


def test_icon_is_decoration_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in show('{% icon "x" %}')
    assert 'role="img" aria-label="Close"' in show('{% icon "x" label="Close" %}')


def test_time_is_utc_until_the_browser_knows_better() -> None:
    html = show("{% time at %}", at=MOMENT)
    assert 'datetime="2026-11-21T12:30:00+00:00"' in html
    assert ">21 Nov 2026, 12:30 UTC</time>" in html
    assert ">21 Nov 2026</time>" in show('{% time at style="date" %}', at=MOMENT)


def test_day_without_a_zone_is_not_moved_into_one() -> None:
    assert show('{% time at style="date" %}', at=date(2026, 11, 21)) == (
        '<time datetime="2026-11-21">21 Nov 2026</time>'
    )


def test_no_time_says_never_or_what_it_means() -> None:
    assert "never" in show("{% time None %}")
    assert "not yet" in show('{% time None none="not yet" %}')


def test_state_takes_tone_and_label_from_the_word() -> None:
    assert "tag-danger" in show('{% state "failed" %}')
    assert "In review" in show('{% state "in_review" %}')
    assert "tag-warn" in show('{% state "failed" tone="warn" label="Odd" %}')


def test_unknown_tone_is_a_mistake_of_the_page() -> None:
    with pytest.raises(TemplateSyntaxError, match="purple"):
        show('{% badge "x" tone="purple" %}')


def test_badge_and_pseudonym_escape_what_they_show() -> None:
    assert "&lt;b&gt;" in show("{% badge word %}", word="<b>")
    assert "&lt;b&gt;" in show("{% pseudonym name link='/x' %}", name="<b>")
    assert "erased" in show("{% pseudonym None %}")


def test_short_shows_the_beginning_and_copies_all() -> None:
    html = show("{% digest value %}", value="a" * 64)
    assert f'data-copy="{"a" * 64}"' in html
    assert f">{'a' * 12}</code>" in html
    assert "copy" not in show("{% short None %}")


def test_query_keeps_the_others_and_goes_back_to_page_one() -> None:
    assert show("{% query sort='name' %}") == "?q=a&amp;sort=name"
    assert show("{% query page=4 %}") == "?q=a&amp;page=4"
    assert show("{% query q=None %}") == "?"


def test_numbers_read_well() -> None:
    html = show('{{ 12400|count }} {{ 3|plural:"entry,entries" }} {{ 1|plural:"device" }}')
    assert html == "12\u202f400 3\u00a0entries 1\u00a0device"


def test_progress_and_funnel_survive_an_empty_whole() -> None:
    assert 'width="0.00%"' in show("{% progress 0 0 %}")
    assert 'width="100.00%"' in show("{% progress 12 10 %}")
    assert "<li>" not in show("{% funnel steps %}", steps=[])
    assert "0\u00a0%" in show("{% funnel steps %}", steps=[{"label": "All", "value": 0}])


def test_components_carry_no_inline_style_or_handler() -> None:
    html = show(
        "{% progress 1 2 %}{% note 'a' %}{% note 'b' tone='danger' %}{% empty 'x' %}{% secret_once 's' %}"
        "{% diff_line 'wider' 'w' %}{% confirm_button 'a' 'b' tone='danger' icon='x' size='sm' %}"
        "{% panel 'P' %}x{% endpanel %}{% fieldset 'F' 'h' %}x{% endfieldset %}"
        "{% facts %}{% fact 'n' None %}{% factbox 'n' %}x{% endfactbox %}{% endfacts %}"
        "{% stat 'a' 1 %}{% stat 'a' 1 url='/x' tone='ok' icon='x' %}"
    )
    assert " style=" not in html
    assert " onclick" not in html
    assert "<script" not in html


def test_confirm_posts_with_the_token_and_opens_again_when_wrong() -> None:
    html = show(
        "{% confirm 'stop' title='Stop?' action='/x/' verb='Stop' tone='danger' open=1 %}"
        "<p>All.</p>{% endconfirm %}",
        csrf_token="t0ken",
    )
    assert '<dialog id="confirm-stop"' in html
    assert "data-open-now" in html
    assert 'value="t0ken"' in html


def test_chart_brings_its_scripts_once_and_its_numbers_as_a_table() -> None:
    figure = {
        "id": "a",
        "title": "T",
        "definition": "D",
        "data": [],
        "columns": ["Day", "n"],
        "rows": [["</script>", 1]],
    }
    html = show("{% chart figure %}{% chart figure %}", figure=figure)
    assert html.count("charts.js") == 1
    assert html.count("<table") == 2
    assert "&lt;/script&gt;" in html


def test_tabs_mark_where_we_are() -> None:
    items = [{"label": "One", "url": "/list/"}, {"label": "Two", "url": "/x/", "count": 3}]
    html = show("{% tabs items %}", items=items)
    assert html.count("aria-current") == 1
    assert 'href="/list/" aria-current="page"' in html


class Sample(forms.Form):
    name = forms.CharField(help_text="Its name.")
    kind = forms.ChoiceField(choices=[("a", "A")])
    parts = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, choices=[("a", "A")])
    agree = forms.BooleanField(required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        self.add_error(None, "Together these make no sense.")
        return self.cleaned_data


def test_fields_tie_label_help_and_error_to_the_control() -> None:
    html = show("{% form_fields form %}", form=Sample({"kind": "a"}))
    assert 'for="id_name"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_error"' in html
    assert "form-select" in html
    assert "<legend>Parts" in html
    assert 'type="hidden" name="secret"' in html
    assert "Together these make no sense." in html


def test_crumbs_link_by_name_or_path() -> None:
    assert 'href="/accounts/login/"' in show('{% crumb "Sign in" "account_login" %}')
    assert 'href="/x/"' in show('{% crumb "X" "/x/" %}')
    assert 'aria-current="page"' in show('{% crumb "Here" %}')


def test_title_of_the_tab_is_the_heading() -> None:
    page = Template(
        '{% extends "base_root.html" %}{% load mci %}'
        '{% block full_title %}{% block_text "body_class" %}{% endblock %}'
        "{% block body_class %}a  <b>c</b>{% endblock %}"
    )
    assert "<title>a c</title>" in page.render(Context({"request": RequestFactory().get("/")}))

"""Staff pages about law packs: what they say, when somebody looked at them, and what they mean at a place."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView
from django_filters import ChoiceFilter, FilterSet

from accounts import permissions
from accounts.access import StaffPage
from accounts.pages import ActionPost
from audits.listing import Column, Empty, ListPage
from jurisdictions import actions, forms, why
from jurisdictions.models import LawPack, PlaceMode
from jurisdictions.rulings import choices_at, with_choice
from jurisdictions.views.parts import LawPage
from jurisdictions.why import MODE_WORDS, pack_rules
from mci_core.errors import Invalid


class PackFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    look = ChoiceFilter(
        choices=[("due", "Due for a look"), ("in_force", "In force")],
        method="on_look",
        label="State",
        empty_label="Any state",
    )

    class Meta:
        model = LawPack
        fields = ()

    def on_look(self, rows: Any, _name: str, value: str) -> Any:
        today = timezone.now().date()
        return rows.due(today) if value == "due" else rows.in_force(today)


class PackList(LawPage, ListPage):
    template_name = "jurisdictions/pack_list.html"
    columns = (
        Column("Law", sort="title"),
        Column("Place", sort="place"),
        Column("In force from", sort="from"),
        Column("Until"),
        Column("Looked at"),
        Column("Look again by", sort="review"),
    )
    sorts = {"title": "title", "place": "place", "from": "effective_from", "review": "review_by"}
    default_sort = "place"
    filterset_class = PackFilter
    search_fields = ("title", "place", "key", "words")
    search_label = "Search laws"
    noun = "law pack"
    page_size = 50
    empty = Empty(
        "No law packs", "Run manage.py load_law_packs. Until then every place is unknown.", icon="scale"
    )

    def get_queryset(self) -> QuerySet[LawPack]:
        return LawPack.objects.visible_to(self.request.user)


class PackDetail(LawPage, TemplateView):
    template_name = "jurisdictions/pack_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pack = get_object_or_404(LawPack.objects.visible_to(self.request.user), pk=kwargs["pk"])
        chosen = PlaceMode.objects.filter(place=pack.place).select_related("set_by").order_by("-at")
        return super().get_context_data(
            pack=pack,
            rules=pack_rules(with_choice(pack, choices_at(None))),
            reviews=list(pack.reviews.all()[:20]),
            mode_form=forms.ModeForm(
                modes=[(mode, MODE_WORDS.get(mode, mode)) for mode in pack.modes], auto_id="mode_%s"
            ),
            choices=[(row, MODE_WORDS.get(row.mode, row.mode)) for row in chosen[:20]],
            review_form=forms.ReviewForm(),
            may_choose=permissions.has(self.request.user, "jurisdictions.set_place_mode"),
            **kwargs,
        )


class PackReview(StaffPage, ActionPost):
    permission = "jurisdictions.review_pack"
    success_message = "The look is on record."

    def act(self, **kwargs: Any) -> str:
        pack = get_object_or_404(LawPack.objects.visible_to(self.request.user), pk=kwargs["pk"])
        form = forms.ReviewForm(self.request.POST)
        if not form.is_valid():
            raise Invalid("Say what you looked at, and by when somebody looks again.")
        actions.review_pack(pack=pack, **form.cleaned_data, actor=self.actor)
        return reverse("jurisdictions:pack_detail", args=[pack.pk])


class PackMode(StaffPage, ActionPost):
    permission = "jurisdictions.set_place_mode"
    fresh = "jurisdictions.set_place_mode"
    success_message = "The choice counts from now on."

    def act(self, **kwargs: Any) -> str:
        pack = get_object_or_404(LawPack.objects.visible_to(self.request.user), pk=kwargs["pk"])
        mode = self.request.POST.get("mode", "")[:32]
        actions.set_place_mode(pack=pack, mode=mode, reason=self.reason, actor=self.actor)
        return reverse("jurisdictions:pack_detail", args=[pack.pk])


class Why(LawPage, TemplateView):
    """What the law says at a place on a day, with every pack that counts there and its source."""

    template_name = "jurisdictions/why.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = forms.WhyForm(self.request.GET or None)
        answer = why.answer(**form.cleaned_data) if form.is_bound and form.is_valid() else None
        return super().get_context_data(form=form, answer=answer, **kwargs)

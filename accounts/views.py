"""Staff pages about accounts and roles. They show names and never pseudonyms; session pages do the
opposite.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView
from django_filters import ChoiceFilter, FilterSet

from accounts import actions, forms, permissions
from accounts.access import StaffPage
from accounts.models import ApiToken, Department, Role, RoleGrant, Subject, User
from accounts.pages import ActionForm, ActionPost
from audits.listing import Column, Empty, ListPage

_HELD = Prefetch("role_grants", RoleGrant.objects.filter(revoked_at__isnull=True), to_attr="open_grants")


def _tabs(request: HttpRequest) -> list[dict[str, str]]:
    pages = (
        ("People", "accounts:people_list", "accounts.view_people"),
        ("Roles", "accounts:role_list", "accounts.view_roles"),
        ("Departments", "accounts:department_list", "accounts.view_departments"),
    )
    shown = [(label, name) for label, name, needed in pages if permissions.has(request.user, needed)]
    return [{"label": label, "url": reverse(name)} for label, name in shown]


class _Tabs(StaffPage):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        names = permissions.PERMISSIONS
        may = {name.partition(".")[2]: permissions.has(self.request.user, name) for name in names}
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the page beside it
            section_tabs=_tabs(self.request), may=may, **kwargs
        )
        return context


class PersonFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    role = ChoiceFilter(choices=Role.choices, method="holding", label="Role", empty_label="Any role")
    account = ChoiceFilter(
        choices=[("open", "Active"), ("closed", "Closed")],
        method="in_state",
        label="Account",
        empty_label="Any account",
    )

    class Meta:
        model = User
        fields = ()

    def in_state(self, rows: QuerySet[User], _name: str, state: str) -> QuerySet[User]:
        return rows.filter(is_active=state == "open")

    def holding(self, rows: QuerySet[User], _name: str, role: str) -> QuerySet[User]:
        return rows.filter(pk__in=RoleGrant.objects.active().filter(role=role).values("user"))


class PeopleList(_Tabs, ListPage):
    permission = "accounts.view_people"
    template_name = "accounts/people_list.html"
    columns = (
        Column("Name", sort="name"),
        Column("E-mail", sort="email"),
        Column("Roles"),
        Column("Account"),
    )
    sorts = {"name": "display_name", "email": "email"}
    default_sort = "name"
    filterset_class = PersonFilter
    search_fields = ("display_name", "email")
    search_label = "Search people"
    noun = "person,people"
    empty = Empty("Nobody yet", icon="users", url_name="accounts:person_new", label="Add")

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.visible_to(self.request.user).prefetch_related(_HELD)


class PersonDetail(_Tabs, TemplateView):
    permission = "accounts.view_people"
    template_name = "accounts/person_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = get_object_or_404(User.objects.visible_to(self.request.user), pk=kwargs["pk"])
        grants = person.role_grants.select_related("requested_by", "approved_by", "revoked_by")
        subject = Subject.objects.filter(user=person).select_related("department").first()
        return super().get_context_data(
            person=person,
            grants=grants.order_by("-requested_at"),
            department=subject.department if subject is not None else None,
            reason_form=forms.ReasonForm(),
            move_form=forms.MoveForm(initial={"department": subject.department_id if subject else None}),
            is_self=person.pk == self.request.user.pk,
            **kwargs,
        )


class PersonNew(StaffPage, ActionForm):
    permission = "accounts.create_user"
    fresh = "accounts.create_user"
    template_name = "accounts/person_new.html"
    form_class = forms.PersonForm
    success_message = "The account was made."

    def act(self, form: forms.PersonForm) -> str:
        user = actions.create_user(**form.cleaned_data, actor=self.actor)
        return reverse("accounts:person_detail", args=[user.pk])


class PersonDeactivate(StaffPage, ActionPost):
    permission = "accounts.deactivate_user"
    success_message = "The account is closed."

    def act(self, **kwargs: Any) -> str:
        user = get_object_or_404(User, pk=kwargs["pk"])
        actions.deactivate_user(user=user, reason=self.reason, actor=self.actor)
        return reverse("accounts:person_detail", args=[user.pk])


class PersonMove(StaffPage, ActionPost):
    permission = "accounts.move_to_department"
    success_message = "The person was moved."

    def act(self, **kwargs: Any) -> str:
        user = get_object_or_404(User, pk=kwargs["pk"])
        form = forms.MoveForm(self.request.POST)
        if form.is_valid():
            actions.move_to_department(
                user=user, department=form.cleaned_data["department"], actor=self.actor
            )
        return reverse("accounts:person_detail", args=[user.pk])


class PersonPlace(StaffPage, ActionForm):
    """Only writes: what was stated before is shown to the person, not here beside the name."""

    permission = "accounts.create_user"
    template_name = "accounts/person_place.html"
    form_class = forms.PlaceForm
    success_message = "The place of work is recorded."

    def get_initial(self) -> dict[str, Any]:
        return {"start": timezone.now().date()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(person=self._person(), **kwargs)

    def act(self, form: forms.PlaceForm) -> str:
        person = self._person()
        actions.set_work_location(
            subject=get_object_or_404(Subject, user=person),
            place=form.cleaned_data["place"].strip().upper(),
            start=form.start_moment(),
            end=form.end_moment(),
            source=form.cleaned_data["source"],
            actor=self.actor,
        )
        return reverse("accounts:person_detail", args=[person.pk])

    def _person(self) -> User:
        return get_object_or_404(User.objects.visible_to(self.request.user), pk=self.kwargs["pk"])


class GrantFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    role = ChoiceFilter(choices=Role.choices, label="Role", empty_label="Any role")
    state = ChoiceFilter(
        choices=[("pending", "Waiting"), ("active", "Active"), ("ended", "Ended")],
        method="in_state",
        label="State",
        empty_label="Any state",
    )

    class Meta:
        model = RoleGrant
        fields = ("role",)

    def in_state(self, rows: QuerySet[RoleGrant], _name: str, state: str) -> QuerySet[RoleGrant]:
        if state == "ended":
            return rows.filter(revoked_at__isnull=False)
        return rows.filter(revoked_at__isnull=True, approved_at__isnull=state == "pending")


class RoleList(_Tabs, ListPage):
    permission = "accounts.view_roles"
    template_name = "accounts/role_list.html"
    columns = (
        Column("Person", sort="person"),
        Column("Role", sort="role"),
        Column("State"),
        Column("Asked for", sort="asked"),
        Column("Approved by"),
        Column("Decision", quiet=True),
    )
    sorts = {"person": "user__display_name", "role": "role", "asked": "requested_at"}
    default_sort = "-asked"
    filterset_class = GrantFilter
    search_fields = ("user__display_name", "user__email")
    search_label = "Search people"
    noun = "role"
    empty = Empty("No roles yet", "Ask for the first one; another person approves it.", icon="users")

    def get_queryset(self) -> QuerySet[RoleGrant]:
        rows = RoleGrant.objects.visible_to(self.request.user)
        return rows.select_related("user", "requested_by", "approved_by")


class RoleRequest(StaffPage, ActionForm):
    permission = "accounts.request_role"
    fresh = "accounts.request_role"
    template_name = "accounts/role_request.html"
    form_class = forms.RoleRequestForm
    success_message = "The role was asked for. Another person has to approve it."

    def get_initial(self) -> dict[str, Any]:
        return {"user": self.request.GET.get("user")}

    def act(self, form: forms.RoleRequestForm) -> str:
        actions.request_role(**form.cleaned_data, actor=self.actor)
        return reverse("accounts:role_list")


class RoleApprove(StaffPage, ActionPost):
    permission = "accounts.approve_role"
    success_message = "The role is granted."

    def act(self, **kwargs: Any) -> str:
        actions.approve_role(grant=get_object_or_404(RoleGrant, pk=kwargs["pk"]), actor=self.actor)
        return reverse("accounts:role_list")


class RoleRevoke(StaffPage, ActionForm):
    permission = "accounts.revoke_role"
    template_name = "accounts/role_revoke.html"
    form_class = forms.ReasonForm
    success_message = "The role was taken away."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(grant=self._grant(), **kwargs)

    def act(self, form: forms.ReasonForm) -> str:
        actions.revoke_role(grant=self._grant(), reason=form.cleaned_data["reason"], actor=self.actor)
        return reverse("accounts:role_list")

    def _grant(self) -> RoleGrant:
        rows = RoleGrant.objects.visible_to(self.request.user).select_related("user")
        return get_object_or_404(rows, pk=self.kwargs["pk"])


class DepartmentList(_Tabs, ListPage):
    permission = "accounts.view_departments"
    template_name = "accounts/department_list.html"
    columns = (Column("Name", sort="name"),)
    sorts = {"name": "name"}
    default_sort = "name"
    search_fields = ("name",)
    search_label = "Search departments"
    noun = "department"
    empty = Empty("No departments yet", icon="users", url_name="accounts:department_new", label="Add")

    def get_queryset(self) -> QuerySet[Department]:
        return Department.objects.all()


class DepartmentNew(StaffPage, ActionForm):
    permission = "accounts.create_department"
    template_name = "accounts/department_new.html"
    form_class = forms.DepartmentForm
    success_message = "The department was added."

    def act(self, form: forms.DepartmentForm) -> str:
        actions.create_department(name=form.cleaned_data["name"], actor=self.actor)
        return reverse("accounts:department_list")


class TokenList(StaffPage, ListPage):
    permission = "accounts.view_tokens"
    template_name = "accounts/token_list.html"
    columns = (
        Column("Name", sort="name"),
        Column("Owner"),
        Column("Scopes"),
        Column("State"),
        Column("Expires", sort="expires"),
        Column("Last used"),
        Column("Revoke", quiet=True),
    )
    sorts = {"name": "name", "expires": "expires_at"}
    default_sort = "-expires"
    noun = "token"
    empty = Empty(
        "No API tokens yet",
        "A token lets a script use the API with some of your rights.",
        icon="key",
        url_name="accounts:token_new",
        label="New token",
    )

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.visible_to(self.request.user).select_related("user")


class TokenNew(StaffPage, ActionForm):
    """Answers the post with the secret itself: it is shown once and never stored."""

    permission = "accounts.create_api_token"
    fresh = "accounts.create_api_token"
    template_name = "accounts/token_new.html"
    form_class = forms.TokenForm

    secret = ""

    def act(self, form: forms.TokenForm) -> str:
        _token, self.secret = actions.create_api_token(**form.cleaned_data, actor=self.actor)
        return ""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if not self.secret:
            return response
        shown: HttpResponse = self.render_to_response(self.get_context_data(form=form, secret=self.secret))
        shown["Cache-Control"] = "no-store"
        return shown


class TokenRevoke(StaffPage, ActionPost):
    permission = "accounts.revoke_api_token"
    success_message = "The token is revoked."

    def act(self, **kwargs: Any) -> str:
        token = get_object_or_404(ApiToken.objects.visible_to(self.request.user), pk=kwargs["pk"])
        actions.revoke_api_token(token=token, actor=self.actor)
        return reverse("accounts:token_list")

"""Staff pages about accounts, and the profile that everybody has."""

from __future__ import annotations

from django.urls import path

from accounts import epoch_views, profile, views

app_name = "accounts"
urlpatterns = [
    path("people/", views.PeopleList.as_view(), name="people_list"),
    path("people/new/", views.PersonNew.as_view(), name="person_new"),
    path("people/<uuid:pk>/", views.PersonDetail.as_view(), name="person_detail"),
    path("people/<uuid:pk>/deactivate/", views.PersonDeactivate.as_view(), name="person_deactivate"),
    path("people/<uuid:pk>/department/", views.PersonMove.as_view(), name="person_move"),
    path("people/<uuid:pk>/place/", views.PersonPlace.as_view(), name="person_place"),
    path("roles/", views.RoleList.as_view(), name="role_list"),
    path("roles/new/", views.RoleRequest.as_view(), name="role_request"),
    path("roles/<uuid:pk>/approve/", views.RoleApprove.as_view(), name="role_approve"),
    path("roles/<uuid:pk>/revoke/", views.RoleRevoke.as_view(), name="role_revoke"),
    path("departments/", views.DepartmentList.as_view(), name="department_list"),
    path("departments/new/", views.DepartmentNew.as_view(), name="department_new"),
    path("tokens/", views.TokenList.as_view(), name="token_list"),
    path("tokens/new/", views.TokenNew.as_view(), name="token_new"),
    path("tokens/<uuid:pk>/revoke/", views.TokenRevoke.as_view(), name="token_revoke"),
    path("key-epochs/", epoch_views.KeyEpochList.as_view(), name="key_epoch_list"),
    path("profile/", profile.Profile.as_view(), name="profile"),
]

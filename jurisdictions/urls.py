"""Staff pages about law packs, agreements and notices."""

from __future__ import annotations

from django.urls import path

from jurisdictions import views

app_name = "jurisdictions"

urlpatterns = [
    path("law/", views.PackList.as_view(), name="pack_list"),
    path("law/<uuid:pk>/", views.PackDetail.as_view(), name="pack_detail"),
    path("law/<uuid:pk>/review/", views.PackReview.as_view(), name="pack_review"),
    path("law/<uuid:pk>/mode/", views.PackMode.as_view(), name="pack_mode"),
    path("law/why/", views.Why.as_view(), name="why"),
    path("law/places/", views.PlaceHistory.as_view(), name="place_history"),
    path("law/agreements/", views.AgreementList.as_view(), name="agreement_list"),
    path("law/agreements/new/", views.AgreementNew.as_view(), name="agreement_new"),
    path("law/agreements/<uuid:pk>/end/", views.AgreementEnd.as_view(), name="agreement_end"),
    path("law/notices/", views.NoticeList.as_view(), name="notice_list"),
    path("law/notices/new/", views.NoticeNew.as_view(), name="notice_new"),
    path("law/notices/place/<str:family>/", views.NoticePreview.as_view(), name="notice_preview"),
    path("law/notices/<uuid:pk>/", views.NoticeDetail.as_view(), name="notice_detail"),
    path("law/notices/<uuid:pk>/withdraw/", views.NoticeWithdraw.as_view(), name="notice_withdraw"),
]

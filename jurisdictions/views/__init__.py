"""Staff pages about law packs, agreements, notices and places of work."""

from __future__ import annotations

from jurisdictions.views.agreements import AgreementEnd, AgreementList, AgreementNew
from jurisdictions.views.laws import PackDetail, PackList, PackMode, PackReview, Why
from jurisdictions.views.notices import NoticeDetail, NoticeList, NoticeNew, NoticePreview, NoticeWithdraw
from jurisdictions.views.places import PlaceHistory

__all__ = [
    "AgreementEnd",
    "AgreementList",
    "AgreementNew",
    "NoticeDetail",
    "NoticeList",
    "NoticeNew",
    "NoticePreview",
    "NoticeWithdraw",
    "PackDetail",
    "PackList",
    "PackMode",
    "PackReview",
    "PlaceHistory",
    "Why",
]

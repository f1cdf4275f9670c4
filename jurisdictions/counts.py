"""How many people acknowledged a notice, told so that no single person can be singled out."""

from __future__ import annotations

from django.conf import settings

from accounts.models import Subject
from jurisdictions.models import Notice


def acknowledged_in_words(notice: Notice) -> str:
    """A sentence. Neither those who did nor those who did not may be a group below the least size."""
    least: int = settings.MIN_GROUP_SIZE
    total = Subject.objects.filter(erased_at__isnull=True, user__is_active=True).count()
    done = (
        notice.acknowledgements.filter(subject__erased_at__isnull=True, subject__user__is_active=True)
        .values("subject")
        .distinct()
        .count()
    )
    if total < least:
        return "Too few people to show a number."
    if done == total:
        return f"All {total} people."
    if total - done < least:
        return f"All but fewer than {least} of {total} people."
    if 0 < done < least:
        return f"Fewer than {least} of {total} people."
    return f"{done} of {total} people."

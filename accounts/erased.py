"""What goes with a person who is erased beside their keys: searches of the log that name their pseudonym."""

from __future__ import annotations

from accounts.derived import Scope
from accounts.models import Subject
from audits import search


def searches_for(scope: Scope) -> int:
    """Nothing while only sessions go: the person and the pseudonym stay."""
    subject = Subject.objects.filter(pk=scope.subject).first() if scope.everything else None
    return 0 if subject is None else search.forget(subject.pseudonym)

"""What anybody may fetch to check the log, and where witnesses hand in what they confirm.

The checkpoint and the steps between two of them are sizes and hashes; they need no sign-in, so that a witness
is nobody's account. Hashes of tiles are for everybody who is signed in, the entries themselves for those who
read the log. C2SP tlog-tiles and, asked from the other side, tlog-witness.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from rest_framework.throttling import SimpleRateThrottle

from accounts import permissions
from accounts.access import employee_page
from audits import checkpoints, log_keys, tree
from audits import proofs as entry_proofs
from audits.actions.witnesses import accept_cosignature
from audits.actor import Actor
from audits.models import AuditEntry, SignedCheckpoint, Witness
from mci_core import notes, proofs, tiles
from mci_core.errors import ActionError, Forbidden, NotFound, TooLarge, TooMany
from mci_core.proofs import Inclusion
from mci_core.tiles import ENTRIES, WIDTH, Tile

MAX_NOTE = 64 * 1024
TEXT = "text/plain; charset=utf-8"
View = Callable[..., HttpResponseBase]


class _Rate(SimpleRateThrottle):
    scope = "audit"

    def get_cache_key(self, request: Any, view: Any) -> str:
        who = request.user.pk if request.user.is_authenticated else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": who}


def limited(view: View) -> View:
    @functools.wraps(view)
    def run(request: HttpRequest, /, **kwargs: Any) -> HttpResponseBase:
        if not _Rate().allow_request(request, None):  # type: ignore[arg-type]  # any request has a sender
            raise TooMany("Too many requests; try again later.", extra={"retry_after": 60})
        return view(request, **kwargs)

    return run


def open_to_all(*methods: str) -> Callable[[View], View]:
    """For everybody, also without an account."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(request: HttpRequest, /, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                return HttpResponse(status=405, headers={"Allow": ", ".join(methods)})
            try:
                return view(request, **kwargs)
            except ActionError as refused:  # asked by programs that read text, not by people
                return HttpResponse(f"{refused.message}\n", status=refused.status, content_type=TEXT)

        run.mci_gate = "public"  # type: ignore[attr-defined]  # read by the access matrix
        return csrf_exempt(run)

    return decorate


@open_to_all("GET")
@limited
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint with what witnesses added to it."""
    note = checkpoints.note_of(_newest()).dumps()
    return HttpResponse(note, content_type=TEXT, headers={"Cache-Control": "public, max-age=1"})


@open_to_all("GET")
@limited
def keys(request: HttpRequest) -> HttpResponse:
    """The keys of the log, each with the size from which on it signs; then, for each change and each end of
    a key, the proof that its entry stands under a signed checkpoint. The entry is what makes the old key
    confirm the new one: a line under a note can be added by anybody.
    """
    signed = _newest()
    text = log_keys.listed(signed.origin, signed.size)
    for entry, covering in log_keys.turns(signed.origin, signed.size):
        text += f"\n{_proof(entry.entry, covering).dumps()}"
    return HttpResponse(text, content_type=TEXT, headers={"Cache-Control": "public, max-age=1"})


def _proof(entry: int, covering: SignedCheckpoint) -> Inclusion:
    leaf = AuditEntry.objects.values_list("leaf", flat=True).get(pk=entry)
    return replace(entry_proofs.inclusion(entry, covering), extra=leaf.encode())


@open_to_all("GET", "POST")
@limited
def witness(request: HttpRequest) -> HttpResponse:
    """GET: the step from the size that the witness has seen. POST: the note with its cosignature."""
    return _confirm(request) if request.method == "POST" else _step(request)


def _step(request: HttpRequest) -> HttpResponse:
    try:
        old = notes.number(request.GET.get("old", ""))
    except notes.BadNote:
        raise BadRequest("Say the size you have seen: old=0 for none.") from None
    signed = _newest()
    if old > signed.size:
        return HttpResponse(f"{signed.size}\n", status=409, content_type="text/x.tlog.size")
    hashes = tuple(tree.tree(signed.size).consistency(old))
    step = proofs.Step(old, hashes, signed.signed).dumps()
    return HttpResponse(step, content_type=TEXT, headers={"Cache-Control": "no-store"})


def _confirm(request: HttpRequest) -> HttpResponse:
    note = _note(request)
    signed = _issued(note)
    keys = [found.key for found in Witness.objects.active()]
    try:
        found = notes.confirmed(note, keys)
    except notes.BadNote as fault:
        raise Forbidden(f"No witness of this log has signed this: {fault}.", code="witness_unknown") from None
    actor = Actor.system("witness", request_id=getattr(request, "request_id", None))
    for confirmed in found:
        accept_cosignature(signed=signed, confirmed=confirmed, actor=actor)
    lines = checkpoints.note_of(signed).signatures
    return HttpResponse("".join(line.line() for line in lines), content_type=TEXT)


def _note(request: HttpRequest) -> notes.Note:
    try:
        data = request.read(MAX_NOTE + 1)
        if len(data) > MAX_NOTE:
            raise TooLarge("A note has at most 64 KiB.")
        return notes.Note.parse(data)
    except (notes.BadNote, UnreadablePostError):
        raise BadRequest("This is no signed note.") from None


def _issued(note: notes.Note) -> SignedCheckpoint:
    try:
        stated = notes.Checkpoint.parse(note.text)
    except notes.BadNote:
        raise BadRequest("This is no checkpoint.") from None
    signed = SignedCheckpoint.objects.filter(origin=stated.origin, size=stated.size).first()
    if signed is None or signed.signed.text != note.text:
        raise NotFound("This log has not issued this checkpoint.")
    return signed


class BadRequest(ActionError):
    """What was sent cannot be read."""

    status = 400
    code = "bad_note"


@limited
@employee_page
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """A tile or a bundle under the newest checkpoint. It never changes, so it may be kept for ever."""
    try:
        wanted = Tile.parse(f"tile/{path}")
    except ValueError:
        raise Http404 from None
    if wanted.level == ENTRIES and not permissions.has(request.user, "audits.view"):
        raise Http404
    there = tiles.width_at(_newest().size, wanted.level, wanted.index)
    if wanted.width > there:
        raise Http404
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    if wanted.width < WIDTH and there == WIDTH:
        # It has grown since; the full one holds the same hashes.
        headers = {"Cache-Control": "private, max-age=60"}
    return HttpResponse(tree.read(wanted), content_type="application/octet-stream", headers=headers)


def _newest() -> SignedCheckpoint:
    signed = checkpoints.newest()
    if signed is None:
        raise NotFound("Nothing is signed yet.")
    return signed

"""A server in ceremony mode, and the people who sign for it: holders of root keys and approvers."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Targets

from capture_policies import key_files, key_steps, roots
from capture_policies.actions import ceremony, keys, repository
from capture_policies.models_keys import RequestState, SigningRequest
from tests.server.capture_policies.support import SYSTEM, found_repository
from tests.server.cast import REASON


class Ceremony:
    """``Ceremony().begin()`` turns the repository of a test over to two of three approvers."""

    def __init__(self, *, life_days: int | None = None) -> None:
        self.approvers = [CryptoSigner.generate_ed25519() for _ in range(3)]
        self.life_days = life_days

    def begin(self) -> Ceremony:
        found_repository()
        self.ask()
        self.sign(0)
        self.sign(1)
        return self

    def ask(self) -> SigningRequest:
        """Up to where the approvers are asked: a root that two holders have signed and that is accepted."""
        change = roots.approvers([signer.public_key for signer in self.approvers])
        request = keys.request_root(change=change, about={"role": "targets"}, reason=REASON, actor=SYSTEM)
        assert request.root is not None
        root = Metadata[Root].from_bytes(bytes(request.root))
        folder = key_files.demo_offline_folder()
        signers = [key_files.load(folder, name) for name in key_files.ROOT_KEYS[:2]]
        assert repository.accept_root(root=roots.sign(root, signers), actor=SYSTEM) is False
        found = SigningRequest.objects.open().get()
        if self.life_days is not None:
            self._shorten(found, self.life_days)
        return SigningRequest.objects.open().get()

    def sign(self, number: int, *, by: CryptoSigner | None = None) -> bool:
        """One approver signs the open request; True when it was published by that."""
        request = SigningRequest.objects.open().get()
        signer = by or self.approvers[number]
        return ceremony.sign_targets(request=request, **signature(signer, request), actor=SYSTEM)

    def _shorten(self, request: SigningRequest, days: int) -> None:
        """The same request over targets that run out sooner, so that no test waits for months."""
        document = Metadata[Targets].from_bytes(bytes(request.targets or b""))
        document.signed.expires = timezone.now().replace(microsecond=0) + timedelta(days=days)
        key_steps.close(request, RequestState.WITHDRAWN)
        request.pk, request._state.adding = uuid.uuid4(), True
        request.targets = document.to_bytes()
        request.save()


def signature(signer: CryptoSigner, request: SigningRequest) -> dict[str, Any]:
    document = key_steps.signed_so_far(request)
    made = signer.sign(document.signed_bytes)
    return {"key_id": made.keyid, "signature": made.signature}

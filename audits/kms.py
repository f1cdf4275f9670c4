"""A key management service around the keys of the days: what it forgets, no copy of a file brings back.

The interface is three verbs. One service is built in: the transit engine of HashiCorp Vault (or OpenBao),
through ``hvac``, with one transit key for each epoch. Deleting that key makes every copy of the epoch's file
unreadable, also on a disk that keeps what was overwritten. Without a service the file alone counts.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings

from mci_core.errors import Unavailable

if TYPE_CHECKING:
    import hvac

LOCAL, VAULT = b"local\n", b"vault\n"
TIMEOUT = 10


class KmsUnavailable(Unavailable):
    """The service does not answer or refuses. Nothing personal can be opened until it does."""

    code = "kms_unavailable"


class Kms(Protocol):
    """Seals small secrets under one key for each epoch."""

    def seal(self, number: int, plain: bytes) -> bytes:
        """Make the key of this epoch when there is none, and seal with it."""

    def open_(self, number: int, sealed: bytes) -> bytes:
        """What was sealed; raises `KmsUnavailable`."""

    def forget(self, number: int) -> None:
        """Delete the key of this epoch for good; again changes nothing."""


class VaultTransit:
    """Vault's transit engine. The token needs create, update and delete on ``<mount>/*/<prefix>*``."""

    def __init__(self, client: hvac.Client, *, mount: str, prefix: str) -> None:
        self._transit = client.secrets.transit
        self._mount = mount
        self._prefix = prefix

    def seal(self, number: int, plain: bytes) -> bytes:
        name = self._name(number)
        self._ask("create_key", name, key_type="aes256-gcm96")
        found = self._ask("encrypt_data", name, plaintext=base64.b64encode(plain).decode())
        return str(found["data"]["ciphertext"]).encode()

    def open_(self, number: int, sealed: bytes) -> bytes:
        found = self._ask("decrypt_data", self._name(number), ciphertext=sealed.decode())
        return base64.b64decode(found["data"]["plaintext"])

    def forget(self, number: int) -> None:
        from hvac.exceptions import InvalidPath, InvalidRequest

        name = self._name(number)
        try:
            self._transit.read_key(name, mount_point=self._mount)  # type: ignore[no-untyped-call]
        except (InvalidPath, InvalidRequest):
            return
        except Exception as fault:
            raise _unavailable(fault) from fault
        self._ask("update_key_configuration", name, deletion_allowed=True)
        self._ask("delete_key", name)

    def _ask(self, verb: str, name: str, **values: Any) -> Any:
        try:
            return getattr(self._transit, verb)(name, mount_point=self._mount, **values)
        except Exception as fault:
            raise _unavailable(fault) from fault

    def _name(self, number: int) -> str:
        return f"{self._prefix}{number}"


def _unavailable(fault: Exception) -> KmsUnavailable:
    # The text of the fault may name the address and the token's accessor: the kind of it says enough.
    return KmsUnavailable(f"The key management service refuses ({type(fault).__name__}).")


def service() -> Kms | None:
    """The service that the settings name, or none."""
    return _vault() if settings.KMS == "vault" else None


@cache
def _vault() -> VaultTransit:
    import hvac

    client = hvac.Client(
        url=settings.VAULT_ADDR,
        token=settings.VAULT_TOKEN,
        namespace=settings.VAULT_NAMESPACE or None,
        timeout=TIMEOUT,
    )
    return VaultTransit(client, mount=settings.VAULT_MOUNT, prefix=settings.VAULT_KEY_PREFIX)


def seal(number: int, plain: bytes) -> bytes:
    """For the disk: says itself who has to open it."""
    found = service()
    return LOCAL + plain if found is None else VAULT + found.seal(number, plain)


def open_(number: int, stored: bytes) -> bytes:
    if stored.startswith(LOCAL):
        return stored.removeprefix(LOCAL)
    found = service()
    if found is None:
        raise KmsUnavailable("This key was sealed by Vault; set KMS and VAULT_ADDR.")
    return found.open_(number, stored.removeprefix(VAULT))


def forget(number: int) -> None:
    found = service()
    if found is not None:
        found.forget(number)

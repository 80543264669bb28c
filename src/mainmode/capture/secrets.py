"""What the user has to open a capture with."""

from collections.abc import Iterable, Mapping
from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.secret import Secret
from mainmode.capture.keys import IkeKey


@dataclass(frozen=True, slots=True)
class Secrets:
    """Cipher keys by the initiator's cookie, several where the ends disagreed; the pre-shared key, to judge proofs."""

    ike: Mapping[bytes, tuple[Secret, ...]] = field(default_factory=dict, repr=False)
    psk: Secret | None = None


NO_SECRETS = Secrets()


def secrets_of(keys: Iterable[IkeKey], psk: Secret | None = None) -> Secrets:
    """The keys, sorted by cookie."""
    found: dict[bytes, tuple[Secret, ...]] = {}
    for key in keys:
        held = found.get(key.cookie, ())
        if key.cipher_key not in held:
            found[key.cookie] = (*held, key.cipher_key)
    return Secrets(found, psk)

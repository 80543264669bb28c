"""Whether the kernel can carry the tunnels of a configuration: it is asked, not guessed."""

import secrets
from collections.abc import Iterable
from ipaddress import IPv4Address

from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.base.dataclass import dataclass
from mainmode.base.secret import Secret
from mainmode.device.config.model import Configuration
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.xfrm.algorithms import UnknownSuiteError, key_lengths, named
from mainmode.gateway.xfrm.kernel import Xfrm
from mainmode.gateway.xfrm.layout import KernelMode, Limits, SaId
from mainmode.gateway.xfrm.needs import Need, needs_of
from mainmode.gateway.xfrm.states import State
from mainmode.ike.settings import IkeSettings
from mainmode.ipsec.dataplane import EspSuite, SaKeys

_NOWHERE = IPv4Address("192.0.2.1")
"""An address of documentation (RFC 5737): no packet ever leads to the SA of the probe."""
_SHORT = Limits(hard_seconds=10)
_USUAL = EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.HMAC_SHA1)


@dataclass(frozen=True, slots=True)
class Choice:
    """`able`: the kernel has ESP with all that is configured. `needs`: what it would not do of the configuration."""

    able: bool
    why: str
    needs: tuple[Need, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the kernel is the data plane for this configuration."""
        return self.able and not self.needs


def choice_for(configuration: Configuration, settings: IkeSettings) -> Choice:
    """Ask the kernel and look at the configuration. `why` is one sentence in either case. Needs CAP_NET_ADMIN."""
    needs = tuple(needs_of(configuration, settings))
    suites = suites_of(settings)
    try:
        xfrm = Xfrm()
    except NetlinkError as refused:
        return Choice(False, str(refused), needs)
    try:
        refusal = probe(xfrm, suites or [_USUAL])
    finally:
        xfrm.close()
    if refusal is not None:
        return Choice(False, refusal, needs)
    if needs:
        return Choice(True, f"the kernel does not do all that is configured: {needs[0]}", needs)
    known = "; ".join(named(suite) for suite in suites) or named(_USUAL)
    return Choice(True, f"the kernel has ESP with what is configured ({known})")


def suites_of(settings: IkeSettings) -> list[EspSuite]:
    """The suites of all complete entries, each once."""
    sets = [one for entry in settings.entries if entry.complete for one in entry.transform_sets if one.sound]
    return list(dict.fromkeys(EspSuite(one.encryption, one.key_bits, one.authentication) for one in sets))


def probe(xfrm: Xfrm, suites: Iterable[EspSuite]) -> str | None:
    """Why the kernel does not take an SA of one of these suites; None where it takes each. Nothing stays behind."""
    for suite in suites:
        cipher, integrity = (Secret(secrets.token_bytes(length)) for length in key_lengths(suite))
        sa = SaId(_NOWHERE, 0x4D4D0000 | secrets.randbits(16))
        state = State(sa, _NOWHERE, 0, KernelMode.TUNNEL, suite, SaKeys(cipher, integrity), limits=_SHORT)
        try:
            xfrm.add_state(state)
            xfrm.remove_state(sa)
        except (NetlinkError, UnknownSuiteError) as refused:
            why = refused.why if isinstance(refused, NetlinkError) else str(refused)
            return f"the kernel does not take ESP with {named(suite)}: {why}"
    return None

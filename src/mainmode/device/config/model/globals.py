"""Settings that stand once."""

from mainmode.base.dataclass import dataclass
from mainmode.device.config.model.administration import Administration
from mainmode.device.config.model.ike import Identity
from mainmode.device.config.model.logs import LogSettings
from mainmode.device.config.model.values import Sourced


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a connection may be idle, in seconds; 0: for ever."""

    conn: Sourced[int]
    half_closed: Sourced[int]
    udp: Sourced[int]
    icmp: Sourced[int]


@dataclass(frozen=True, slots=True)
class Globals:
    """Settings that stand once.

    Lifetimes in seconds and kilobytes (None: unlimited). `nat_traversal` is the NAT keepalive in seconds, None where
    switched off. `names_shown`: addresses are written by the names that `name` gave them. `tcpmss` is the largest TCP
    segment in octets and `tcpmss_minimum` the smallest that is let through (0: as it comes). `replay_window` is in
    packets, None where disabled; `pmtu_aging` in seconds, None for never. `max_in_negotiation` is the share of IKE
    SAs in negotiation in per cent, None for no limit of ours. `ipsec_over_tcp` are ports, kept and not acted on.
    `management_access` is the interface whose address is reached through tunnels too, `service_policy` the policy map
    that holds for all interfaces.
    """

    hostname: Sourced[str]
    domain_name: Sourced[str] | None
    names_shown: Sourced[bool]
    identity: Sourced[Identity]
    nat_traversal: Sourced[int | None]
    disconnect_notify: Sourced[bool]
    reload_wait: Sourced[bool]
    am_disable: Sourced[bool]
    max_in_negotiation: Sourced[int | None]
    ipsec_over_tcp: Sourced[tuple[int, ...]] | None
    lifetime_seconds: Sourced[int]
    lifetime_kilobytes: Sourced[int | None]
    replay_window: Sourced[int | None]
    pmtu_aging: Sourced[int | None]
    permit_vpn: Sourced[bool]
    preserve_vpn_flows: Sourced[bool]
    reclassify_vpn: Sourced[bool]
    tcpmss: Sourced[int]
    tcpmss_minimum: Sourced[int]
    same_security_inter: Sourced[bool]
    same_security_intra: Sourced[bool]
    nat_control: Sourced[bool]
    management_access: Sourced[str] | None
    service_policy: Sourced[str] | None
    logging: LogSettings
    timeouts: Timeouts
    administration: Administration

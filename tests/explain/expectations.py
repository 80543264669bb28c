"""What each fault is, how it is played, and what a view of it cannot know, with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mainmode.base.instant import Span, seconds

UP = "up"
EMPTY = "nothing logged"


@dataclass(frozen=True)
class View:
    """What is given: the log of one side or of both, as debugs or as system log, with the configurations or without."""

    sides: str
    syslog: bool = False
    configured: bool = False

    @property
    def key(self) -> str:
        """`a`, `b`, `ab`, and `+` behind it with the configurations."""
        return self.sides + ("+" if self.configured else "")


VIEWS = tuple(
    View(sides, syslog, given) for given in (False, True) for syslog in (False, True) for sides in ("a", "b", "ab")
)


@dataclass(frozen=True)
class Known:
    """The most that can be known from a view that cannot know the cause: what stands on top there, and why.

    `listed`: the cause must be among its alternatives.
    """

    top: str = ""
    why: str = ""
    listed: bool = True


@dataclass(frozen=True)
class Case:
    """A fault, or a scenario of one. `also` are codes that name the same cause from another angle.

    `cannot` are the views that cannot know, by their keys.
    """

    name: str
    cause: str
    faults: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    cannot: Mapping[str, Known] = field(default_factory=dict)
    steps: tuple[str, ...] = ("at 1s: ping 192.168.1.2 192.168.2.2 count 5", "at 90s: show a: version")
    nat: bool = False
    newer: bool = False
    scenario: str = ""
    devices: tuple[str, str] = ("a", "b")
    until: Span | None = None

    def known(self, view: View) -> Known:
        """What is the most that a view can know; an empty one where it can know the cause."""
        return self.cannot.get(view.key, Known())


SILENCE = "who hears nothing cannot know why"
NO_REASON = "the notify of the peer has no reason in it"
UNLOGGED = "the device logs nothing of it"
PACKETS = "the logs tell of negotiations, not of packets"
VAGUE = "the line is the same for all of them"
SEALED = "a message that is damaged looks like one that is sealed with another key"
OVER = "the fault lies behind what the log shows"

_DEAF = Known("NO_ANSWER", SILENCE)
_NOTHING = Known(EMPTY, UNLOGGED, listed=False)
_HEALTHY = Known(UP, PACKETS, listed=False)


def _views(known: Known, *keys: str) -> dict[str, Known]:
    return dict.fromkeys(keys, known)


def _each(name: str, cause: str, *values: str, devices: str = "ab", **more: object) -> list[Case]:
    """A fault on each device, with each value."""
    found = []
    for device in devices:
        for value in values or ("",):
            text = f"{name},{device}{f'={value}' if value else ''}"
            found.append(Case(text, cause, (text,), **more))  # type: ignore[arg-type]
    return found


def _fault(text: str, cause: str, cannot: Mapping[str, Known] | None = None, **more: object) -> Case:
    return Case(text, cause, tuple(text.split()), cannot=cannot or {}, **more)  # type: ignore[arg-type]


_NO_POLICY = Known("NO_MATCHING_ENTRY", VAGUE)
_LONG = ("at 1s: ping 192.168.1.2 192.168.2.2 count 3", "at 3m: show a: version")

CASES: tuple[Case, ...] = (
    Case("no fault", UP),
    Case("no fault, NAT", UP, nat=True),
    *_each("wrong-key", "PSK_MISMATCH"),
    *_each("no-key", "NO_TUNNEL_GROUP"),
    *_each("no-tunnel-group", "NO_TUNNEL_GROUP"),
    *_each("group-name", "NO_TUNNEL_GROUP"),
    *_each("policy", "PHASE1_MISMATCH", "encryption", "hash", "group"),
    _fault(
        "policy,a=authentication",
        "PHASE1_MISMATCH",
        _views(_NO_POLICY, "a", "ab") | _views(_NOTHING, "b", "b+"),
    ),
    _fault("policy,b=authentication", "PHASE1_MISMATCH"),
    *_each("policy", UP, "lifetime"),
    *_each("transform", "TRANSFORM_MISMATCH"),
    _fault("pfs,a", UP),
    _fault("pfs,b", "PFS_MISMATCH", _views(Known("TRANSFORM_MISMATCH", NO_REASON), "a", "a+")),
    *_each("acl", "PROXY_MISMATCH"),
    _fault(
        "peer,a",
        "PEER_ADDRESS_WRONG",
        _views(_NOTHING, "a", "b", "ab", "b+") | _views(Known("NO_TUNNEL_GROUP", ""), "a+"),
    ),
    _fault("peer,b", "PEER_ADDRESS_WRONG", _views(Known("PROXY_MISMATCH", NO_REASON), "a", "a+")),
    _fault("ike-off,a", "IKE_NOT_ENABLED", _views(_NO_POLICY, "a", "ab") | _views(_NOTHING, "b", "b+")),
    _fault("ike-off,b", "IKE_NOT_ENABLED", _views(_DEAF, "a", "ab", "a+") | _views(_NOTHING, "b")),
    _fault("unbound,a", "CRYPTO_MAP_NOT_BOUND", _views(_NOTHING, "a", "b", "ab", "b+")),
    _fault("unbound,b", "CRYPTO_MAP_NOT_BOUND", _views(_DEAF, "a", "a+")),
    *(
        _fault(f"incomplete,a={what}", "NO_MATCHING_ENTRY", _views(_NOTHING, "a", "b", "ab", "b+"))
        for what in ("transform-set", "peer", "acl")
    ),
    *(
        _fault(f"incomplete,b={what}", "NO_MATCHING_ENTRY", _views(Known("PROXY_MISMATCH", NO_REASON), "a", "a+"))
        for what in ("transform-set", "peer", "acl")
    ),
    _fault(
        "earlier-entry,a",
        "EARLIER_ENTRY",
        _views(Known("NO_ANSWER", SILENCE), "a", "ab") | _views(_NOTHING, "b", "b+"),
        also=("PEER_ADDRESS_WRONG",),
    ),
    _fault(
        "earlier-entry,b",
        "EARLIER_ENTRY",
        _views(Known(UP, OVER, listed=False), "a", "a+") | _views(_DEAF, "b", "ab"),
        also=("PEER_ADDRESS_WRONG",),
    ),
    _fault("dynamic-first,a", UP),
    _fault(
        "dynamic-first,b",
        "DYNAMIC_FIRST",
        _views(Known("TRANSFORM_MISMATCH", NO_REASON), "a", "a+"),
    ),
    _fault("no-exemption,a", "NO_NAT_EXEMPTION", _views(_NOTHING, "a", "b", "ab", "b+")),
    _fault("no-exemption,b", "NO_NAT_EXEMPTION", _views(_HEALTHY, "a", "b", "ab", "a+")),
    *_each("nat-t-off", "ESP_BLOCKED", nat=True, cannot=_views(_HEALTHY, "a", "b", "ab", "a+", "b+", "ab+")),
    *_each("identity", UP),
    *_each("lifetime", UP),
    *_each("kilobytes", UP),
    _fault(
        "connection-type,a=answer-only", "CONNECTION_TYPE", _views(_NO_POLICY, "a", "ab") | _views(_NOTHING, "b", "b+")
    ),
    _fault("connection-type,a=originate-only", UP),
    _fault("connection-type,b=answer-only", UP),
    _fault("connection-type,b=originate-only", "CONNECTION_TYPE", _views(_DEAF, "a", "a+")),
    _fault("idle-timeout,b=1", "IDLE", _views(Known("PEER_DELETED", NO_REASON), "a", "a+"), steps=_LONG),
    _fault(
        "session-timeout,b=1",
        "SESSION_TIME",
        _views(Known("PEER_DELETED", NO_REASON), "a", "a+"),
        steps=("at 1s: ping 192.168.1.2 192.168.2.2 count 60",),
    ),
    _fault("no-keepalive,b", UP),
    _fault("limit,b=1 flood,b=100", "LIMIT", _views(_DEAF, "a", "a+"), newer=True),
    _fault("flood,b=100", UP, newer=True),
    *(_fault(f"drop={name}", UP) for name in ("MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2", "QM3")),
    _fault(
        "drop=MM1:all",
        "UDP_BLOCKED",
        _views(_DEAF, "a", "ab", "a+", "ab+") | _views(_NOTHING, "b", "b+"),
        also=("PACKETS_LOST",),
    ),
    _fault("drop=MM2:all", "ANSWERS_LOST", _views(_DEAF, "a", "a+"), also=("PACKETS_LOST",)),
    _fault("drop=MM3:all", "PACKETS_LOST", _views(Known("NO_TUNNEL_GROUP", SILENCE), "a", "a+")),
    _fault(
        "drop=MM4:all", "PACKETS_LOST", _views(Known("NO_TUNNEL_GROUP", SILENCE), "a", "a+"), also=("ANSWERS_LOST",)
    ),
    _fault("drop=MM5:all", "PACKETS_LOST", _views(Known("PSK_MISMATCH", SILENCE), "a", "a+")),
    _fault(
        "drop=MM6:all",
        "PACKETS_LOST",
        _views(Known("PSK_MISMATCH", SILENCE), "a", "a+"),
        also=("ANSWERS_LOST",),
    ),
    _fault(
        "drop=QM1:all",
        "PACKETS_LOST",
        _views(Known("NO_ANSWER", SILENCE), "a", "a+") | _views(Known("LOST_PEER", SILENCE), "b", "b+"),
    ),
    _fault("drop=QM2:all", "PACKETS_LOST", _views(Known("NO_ANSWER", SILENCE), "a", "a+"), also=("ANSWERS_LOST",)),
    _fault(
        "drop=QM3:all",
        "PACKETS_LOST",
        _views(Known("up or ESP_BLOCKED or PEER_DELETED", OVER, False), "a", "a+"),
        also=("ANSWERS_LOST",),
    ),
    *(_fault(f"duplicate={name}", UP) for name in ("MM1", "MM4", "QM1")),
    _fault("duplicate=ESP", "REPLAY", _views(Known(UP, OVER, False), "a", "a+")),
    *(_fault(f"delay={name}", UP) for name in ("MM2", "QM1")),
    *(_fault(f"corrupt={name}", UP) for name in ("MM2", "QM1")),
    _fault(
        "corrupt=MM5",
        "BAD_MESSAGE",
        _views(Known("PSK_MISMATCH", SEALED), "a", "a+")
        | _views(Known("PSK_MISMATCH or LOST_PEER", SEALED, False), "ab", "ab+")
        | _views(Known("LOST_PEER", SILENCE, False), "b", "b+"),
    ),
    _fault("corrupt=ESP", "INTEGRITY", _views(Known(UP, OVER, False), "a", "a+")),
    _fault("replay=MM1", UP),
    _fault("replay=ESP", "REPLAY", _views(Known(UP, OVER, False), "a", "a+"), steps=_LONG),
    _fault("aggressive", "AGGRESSIVE_REFUSED", _views(_DEAF, "a", "a+")),
    _fault(
        "ignore-deletes,b",
        "STALE_SA",
        _views(Known("LOST_PEER", SILENCE), "b", "b+", "ab", "ab+"),
        steps=(*_LONG[:1], "at 10s: type a: clear crypto isakmp sa", "at 20s: show a: version"),
    ),
    _fault("block-udp-500", "UDP_BLOCKED", _views(_DEAF, "a", "ab", "a+", "ab+") | _views(_NOTHING, "b", "b+")),
    _fault("block-udp-500,b", "ANSWERS_LOST", _views(_DEAF, "a", "a+")),
    _fault("block-udp-4500", "UDP_4500_BLOCKED", _views(Known("PACKETS_LOST", SILENCE), "b", "b+"), nat=True),
    _fault("block-udp-4500,b", "UDP_4500_BLOCKED", nat=True, also=("ANSWERS_LOST", "PACKETS_LOST")),
    _fault("block-esp", "ESP_BLOCKED", _views(_HEALTHY, "a", "b", "ab", "a+", "b+", "ab+")),
    _fault("one-way,a", "UDP_BLOCKED", _views(_DEAF, "a", "ab", "a+", "ab+") | _views(_NOTHING, "b", "b+")),
    _fault("one-way,b", "ANSWERS_LOST", _views(_DEAF, "a", "a+")),
    _fault("outage=60s", "LOST_PEER", steps=_LONG),
    _fault("outage=60s-64s", UP, steps=_LONG),
    _fault("mtu-black-hole=1400", UP),
    _fault("nat-timeout=10s", UP, nat=True),
    _fault("nat-reboot,a=30s", UP, nat=True),
    _fault(
        "in-clear,b=20s",
        "IN_CLEAR",
        _views(Known(UP, OVER, False), "b", "b+"),
        steps=(*_LONG[:1], "at 30s: ping 192.168.1.2 192.168.2.2"),
    ),
    _fault(
        "restart,b=20s no-keepalive,a",
        "STALE_SA",
        _views(Known(UP, OVER, False), "a", "a+"),
        steps=(*_LONG[:1], "at 60s: ping 192.168.1.2 192.168.2.2 count 3"),
    ),
    _fault("restart,b=20s", "LOST_PEER", _views(Known(UP, OVER, False), "b", "b+"), also=("STALE_SA",), steps=_LONG),
    _fault(
        "forget-sas,b=20s no-keepalive,a",
        "STALE_SA",
        _views(Known(UP, OVER, False), "a", "a+"),
        steps=(*_LONG[:1], "at 30s: ping 192.168.1.2 192.168.2.2 count 3"),
    ),
    *_each("clock-skew", UP),
)


def _scenario(
    name: str,
    cause: str,
    devices: str,
    until: int,
    cannot: Mapping[str, Known] | None = None,
    also: tuple[str, ...] = (),
) -> Case:
    first, second = devices.split()
    return Case(name, cause, (), also, cannot or {}, scenario=name, devices=(first, second), until=seconds(until))


FAILING: tuple[Case, ...] = (
    _scenario("fail_access_list", "DENIED", "north south", 19, _views(_HEALTHY, "a", "b", "ab", "a+", "b+", "ab+")),
    _scenario("fail_acl_not_mirrored", "PROXY_MISMATCH", "office branch", 29),
    _scenario("fail_aggressive_mode", "AGGRESSIVE_REFUSED", "old new", 79, _views(_DEAF, "a", "a+")),
    _scenario("fail_both_answer_only", "CONNECTION_TYPE", "wait1 wait2", 19, _views(_NO_POLICY, "a", "b", "ab")),
    _scenario("fail_deleted_by_peer", "PEER_DELETED", "bank broker", 35, also=("ADMIN",)),
    _scenario(
        "fail_dynamic_first",
        "DYNAMIC_FIRST",
        "edge centre",
        39,
        _views(Known("TRANSFORM_MISMATCH", NO_REASON), "a", "a+"),
    ),
    _scenario(
        "fail_earlier_entry",
        "EARLIER_ENTRY",
        "hub spoke",
        69,
        _views(_DEAF, "a", "ab") | _views(_NOTHING, "b", "b+"),
        also=("PEER_ADDRESS_WRONG",),
    ),
    _scenario(
        "fail_entry_incomplete",
        "NO_MATCHING_ENTRY",
        "mint vault",
        39,
        _views(Known("PROXY_MISMATCH", NO_REASON), "a", "a+"),
    ),
    _scenario("fail_identity", UP, "pier jetty", 9),
    _scenario(
        "fail_ike_not_enabled",
        "IKE_NOT_ENABLED",
        "tower cellar",
        69,
        _views(_DEAF, "a", "a+")
        | _views(Known("NO_ANSWER or NO_MATCHING_ENTRY", SILENCE), "ab")
        | _views(_NO_POLICY, "b"),
    ),
    _scenario(
        "fail_ikev2_only",
        "IKE_VERSION",
        "v1 v2",
        69,
        _views(_DEAF, "a", "ab", "a+") | _views(_NOTHING, "b"),
        ("IKE_NOT_ENABLED",),
    ),
    _scenario("fail_in_clear", "IN_CLEAR", "inn brewery", 34, _views(Known(UP, OVER, False), "a", "a+")),
    _scenario("fail_lifetimes", UP, "long short", 30),
    _scenario("fail_map_not_bound", "CRYPTO_MAP_NOT_BOUND", "mast keel", 69, _views(_DEAF, "a", "a+")),
    _scenario("fail_nat_t_off", "ESP_BLOCKED", "kiosk chain", 29, _views(_HEALTHY, "a", "b", "ab", "a+", "b+", "ab+")),
    _scenario("fail_negotiation_limit", "LIMIT", "shopper store", 69, _views(_DEAF, "a", "a+")),
    _scenario("fail_no_answer", "NO_ANSWER", "works yard", 79, _views(_NOTHING, "b", "b+")),
    _scenario(
        "fail_no_nat_exemption", "NO_NAT_EXEMPTION", "school council", 29, _views(_NOTHING, "a", "b", "ab", "b+")
    ),
    _scenario("fail_no_route", "NO_ROUTE", "ridge glen", 19, _views(_HEALTHY, "a", "b", "ab", "a+", "b+", "ab+")),
    _scenario("fail_one_way", "ANSWERS_LOST", "atlas rhea", 89, _views(_DEAF, "a", "a+")),
    _scenario("fail_originate_only", "CONNECTION_TYPE", "caller callee", 69, _views(_DEAF, "a", "a+")),
    _scenario(
        "fail_peer_address",
        "PEER_ADDRESS_WRONG",
        "ferry dock",
        69,
        _views(_DEAF, "a", "ab", "a+") | _views(_NOTHING, "b", "b+"),
    ),
    _scenario("fail_pfs", "PFS_MISMATCH", "clinic lab", 39, _views(Known("TRANSFORM_MISMATCH", NO_REASON), "a", "a+")),
    _scenario("fail_phase1_authentication", "PHASE1_MISMATCH", "depot port", 66),
    _scenario("fail_phase1_encryption", "PHASE1_MISMATCH", "mill shop", 69),
    _scenario("fail_phase1_group", "PHASE1_MISMATCH", "lodge quay", 69),
    _scenario("fail_phase1_hash", "PHASE1_MISMATCH", "north south", 69),
    _scenario("fail_psk_mismatch", "PSK_MISMATCH", "gallery archive", 69),
    _scenario("fail_psk_missing", "NO_TUNNEL_GROUP", "press paper", 69),
    _scenario("fail_replay", "REPLAY", "echo pool", 34, _views(Known(UP, OVER, False), "a", "a+")),
    _scenario("fail_stale_sa", "STALE_SA", "sees sleeps", 40, _views(Known(UP, OVER, False), "a", "a+")),
    _scenario("fail_transform_set", "TRANSFORM_MISMATCH", "dairy farm", 39),
    _scenario("fail_tunnel_group_name", "NO_TUNNEL_GROUP", "chapel abbey", 69),
    _scenario(
        "fail_udp_4500_blocked",
        "UDP_4500_BLOCKED",
        "cabin resort",
        90,
        _views(Known("PACKETS_LOST", SILENCE), "b", "b+"),
    ),
    _scenario(
        "fail_udp_500_blocked",
        "UDP_BLOCKED",
        "annexe house",
        69,
        _views(_DEAF, "a", "ab", "a+", "ab+") | _views(_NOTHING, "b", "b+"),
    ),
    _scenario("fail_vpn_filter", "DENIED", "guest host", 19, _views(_HEALTHY, "a", "b", "ab", "a+", "b+", "ab+")),
)

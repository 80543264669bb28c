"""IKEv1: policies, where it is enabled, identity, NAT traversal, tunnel-groups."""

from types import SimpleNamespace

from mainmode.device.config.actions import Assign, Create, Enter
from mainmode.device.config.commands.families import CERTIFICATES, IKEV2
from mainmode.device.config.commands.system import GLOBALS, flag
from mainmode.device.config.declaration import Command, Support, command
from mainmode.device.config.draft import Mode, Table
from mainmode.device.config.model import Identity, Keepalive
from mainmode.device.config.vocabulary import GROUPS

ENABLED = Table(
    "interface",
    ("interface",),
    lambda configuration: [SimpleNamespace(interface=on.value) for on in configuration.enabled],
)
POLICIES = Table("policy", ("priority",), lambda configuration: configuration.policies)
TUNNEL_GROUPS = Table(
    "tunnel-group",
    ("name",),
    lambda configuration: configuration.tunnel_groups.values(),
    frozenset({"DefaultL2LGroup", "DefaultRAGroup", "DefaultWEBVPNGroup"}),
)

SETTINGS: tuple[Command, ...] = (
    command(
        "crypto isakmp identity ~ {identity:identity}",
        Assign(GLOBALS, ("identity",), default=Identity()),
        "auto: the address for pre-shared keys.",
        also=("isakmp identity ~ {identity:identity}",),
    ),
    command(
        "crypto isakmp nat-traversal ~ [{nat_traversal:10-3600}]",
        Assign(GLOBALS, ("nat_traversal",), default=20, off=None, bare=20),
        "The number is the NAT keepalive in seconds.",
        also=("isakmp nat-traversal ~ [{nat_traversal:10-3600}]",),
    ),
    flag(
        "crypto isakmp disconnect-notify",
        "disconnect_notify",
        "Peers are told when a session ends.",
        also=("isakmp disconnect-notify",),
    ),
    flag(
        "crypto isakmp reload-wait",
        "reload_wait",
        "A reload waits until all sessions have ended.",
        also=("isakmp reload-wait",),
    ),
)

ENABLE: tuple[Command, ...] = (
    command("crypto isakmp/ikev1 enable {interface:name}", Create(ENABLED), also=("isakmp enable {interface:name}",)),
)

LIMITS: tuple[Command, ...] = (
    flag(
        "crypto isakmp/ikev1 am-disable",
        "am_disable",
        "Aggressive mode is not spoken in either case.",
        also=("isakmp am-disable",),
    ),
    command(
        "crypto ikev1 limit max-in-negotiation-sa ~ {max_in_negotiation:1-100}",
        Assign(GLOBALS, ("max_in_negotiation",), default=None, off=None),
        "Per cent of what the platform holds.",
    ),
    command(
        "crypto isakmp/ikev1 ipsec-over-tcp ~ [port {ipsec_over_tcp:1-65535...10}]",
        Assign(GLOBALS, ("ipsec_over_tcp",), bare=(10000,), outspoken=True),
        "IPsec over TCP is not built",
        support=Support.NOT_BUILT,
        also=("isakmp ipsec-over-tcp ~ [port {ipsec_over_tcp:1-65535...10}]",),
    ),
)


def _policy(text: str, action: Assign, note: str = "", support: Support = Support.FULL) -> tuple[Command, Command]:
    """A setting of a policy: below the policy, and in one line as before 8.0."""
    before = "isakmp policy {priority:1-65535} "
    return (
        command(text, action, note, mode=Mode.POLICY, support=support),
        command("crypto " + before + text, action, written=False, support=support, also=(before + text,)),
    )


_SETTINGS = (
    _policy(
        "authentication ~ {authentication:pre-share|rsa-sig|crack}",
        Assign(POLICIES, ("authentication",), default="pre-share", always=True),
        "pre-share; certificates are not built.",
        Support.CONDITIONAL,
    ),
    _policy(
        "encryption ~ {encryption:des|3des|aes|aes-192|aes-256}",
        Assign(POLICIES, ("encryption",), default="3des", always=True),
    ),
    _policy(
        "hash ~ {hash:md5|sha|sha256|sha384|sha512}",
        Assign(POLICIES, ("hash",), default="sha", always=True),
        "The SHA-2 hashes are an extension of mainmode.",
    ),
    _policy(
        f"group ~ {{group:{'|'.join(GROUPS)}}}",
        Assign(POLICIES, ("group",), default=2, always=True),
        "14 came with 9.x; 15, 16, 19, 20 and 21 are an extension of mainmode.",
    ),
    _policy(
        "lifetime ~ {lifetime:120-2147483647|none}",
        Assign(POLICIES, ("lifetime",), default=86400, always=True),
    ),
)

POLICY: tuple[Command, ...] = (
    command("crypto isakmp/ikev1 policy {priority:1-65535}", Enter(POLICIES, Mode.POLICY), "Low is preferred."),
    *(below for below, _ in _SETTINGS),
    *(in_one_line for _, in_one_line in _SETTINGS),
)

PEERS: tuple[Command, ...] = (
    command(
        "tunnel-group {name:name} ~ type {type:ipsec-l2l|remote-access|ipsec-ra|webvpn}",
        Assign(TUNNEL_GROUPS, ("type",), removes=True),
        "A LAN-to-LAN group bears its peer's address. Only ipsec-l2l is acted on.",
    ),
    command(
        "tunnel-group {name:name} general-attributes",
        Enter(TUNNEL_GROUPS, Mode.TUNNEL_GENERAL, create=False, written_alone=False, removes=False),
    ),
    command(
        "default-group-policy ~ {group_policy:name}",
        Assign(TUNNEL_GROUPS, ("group_policy",), default="DfltGrpPolicy"),
        mode=Mode.TUNNEL_GENERAL,
    ),
    command(
        "tunnel-group {name:name} ipsec-attributes",
        Enter(TUNNEL_GROUPS, Mode.TUNNEL_IPSEC, create=False, written_alone=False, removes=False),
    ),
    command(
        "-/ikev1 pre-shared-key ~ [0] {key:key}",
        Assign(TUNNEL_GROUPS, ("key",)),
        "Always shown as *****, which is also read, as is the * of 8.2 and before: a key that the file does not tell.",
        mode=Mode.TUNNEL_IPSEC,
        also=("-/ikev1 pre-shared-key 8 {key:encrypted-key}",),
    ),
    command(
        "peer-id-validate ~ {peer_id_validate:req|cert|nocheck}",
        Assign(TUNNEL_GROUPS, ("peer_id_validate",), default="req"),
        mode=Mode.TUNNEL_IPSEC,
    ),
    command(
        "chain",
        Assign(TUNNEL_GROUPS, ("chain",), constant=True, default=False, off=False, outspoken=True),
        CERTIFICATES,
        mode=Mode.TUNNEL_IPSEC,
        support=Support.NOT_BUILT,
    ),
    command(
        "-/ikev1 trust-point ~ {trust_point:name}",
        Assign(TUNNEL_GROUPS, ("trust_point",), outspoken=True),
        CERTIFICATES,
        mode=Mode.TUNNEL_IPSEC,
        support=Support.NOT_BUILT,
    ),
    command(
        "isakmp keepalive ~ threshold {threshold:10-3600} [retry {retry:2-10}]",
        Assign(TUNNEL_GROUPS, ("keepalive",), build=Keepalive, default=Keepalive()),
        mode=Mode.TUNNEL_IPSEC,
    ),
    command(
        "isakmp keepalive ~ threshold infinite",
        Assign(TUNNEL_GROUPS, ("keepalive",), constant=Keepalive(threshold=None)),
        "The peer's keepalives are answered, and none are sent.",
        mode=Mode.TUNNEL_IPSEC,
    ),
    command(
        "isakmp keepalive disable",
        Assign(TUNNEL_GROUPS, ("keepalive",), constant=None),
        mode=Mode.TUNNEL_IPSEC,
    ),
    *(
        command(
            f"ikev2 {end}-authentication ~ pre-shared-key [0] {{ikev2_{end}_key:key}}",
            Assign(TUNNEL_GROUPS, (f"ikev2_{end}_key",), outspoken=True, later=True),
            IKEV2,
            mode=Mode.TUNNEL_IPSEC,
            support=Support.NOT_BUILT,
            also=(f"ikev2 {end}-authentication pre-shared-key 8 {{ikev2_{end}_key:encrypted-key}}",),
        )
        for end in ("remote", "local")
    ),
)

"""Random command lines from the declared texts. Writes them on its own, so that it can disagree with the writer."""

import re
from ipaddress import IPv4Address

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.declaration import Command
from mainmode.device.config.draft import Mode
from mainmode.device.config.model import Release

HEADERS = {
    Mode.GLOBAL: [],
    Mode.INTERFACE: ["interface GigabitEthernet0/5"],
    Mode.OBJECT: ["object network OBJ"],
    Mode.GROUP: ["object-group network GRP"],
    Mode.SERVICE: ["object service SVC"],
    Mode.SERVICE_GROUP: ["object-group service SG"],
    Mode.TCP_GROUP: ["object-group service TG tcp"],
    Mode.UDP_GROUP: ["object-group service UG udp"],
    Mode.TCP_UDP_GROUP: ["object-group service TUG tcp-udp"],
    Mode.PROTOCOL_GROUP: ["object-group protocol PG"],
    Mode.ICMP_GROUP: ["object-group icmp-type IG"],
    Mode.TIME_RANGE: ["time-range TR"],
    Mode.GROUP_POLICY: ["group-policy GP internal", "group-policy GP attributes"],
    Mode.USERNAME: ["username ann nopassword", "username ann attributes"],
    Mode.POLICY_MAP: ["policy-map PM"],
    Mode.POLICY_CLASS: ["policy-map PM", " class C"],
    Mode.POLICY: ["crypto isakmp policy 77"],
    Mode.TUNNEL_GENERAL: ["tunnel-group 192.0.2.7 type ipsec-l2l", "tunnel-group 192.0.2.7 general-attributes"],
    Mode.TUNNEL_IPSEC: ["tunnel-group 192.0.2.7 type ipsec-l2l", "tunnel-group 192.0.2.7 ipsec-attributes"],
}

_PIECE = re.compile(r"([\[<])|([\]>])|(~)|\{(\w+):([^{}]+?)(?:\.\.\.(\d+))?\}|([^\s\[\]<>{}~]+)")

names = st.sampled_from(["VPN", "MAP", "outside", "inside", "Ab-1_x", "any", "T1", "10.9.9.9"])
NAMED = ("10.9.8.7", "10.9.8.0", "192.0.2.255")
"""Addresses that come often, so that some of them have names."""
addresses = st.one_of(st.integers(1, 2**32 - 2).map(lambda value: str(IPv4Address(value))), st.sampled_from(NAMED))
masks = st.integers(0, 32).map(lambda bits: str(IPv4Address((0xFFFFFFFF << (32 - bits)) & 0xFFFFFFFF)))


@st.composite
def subnets(draw: st.DrawFn) -> str:
    mask = IPv4Address(draw(masks))
    return f"{IPv4Address(int(IPv4Address(draw(addresses))) & int(mask))} {mask}"


def _ports(words: list[str]) -> SearchStrategy[str]:
    port = st.sampled_from([*words, "0", "4711", "65535"])
    return st.one_of(
        st.tuples(st.sampled_from(["eq", "lt", "gt", "neq"]), port).map(" ".join),
        st.tuples(st.just("range"), port, port).map(" ".join),
    )


_any = _ports(["www", "isakmp", "ssh", "syslog", "514", "443", "500"])
_tcp = _ports(["www", "https", "22", "80", "rsh", "514", "cmd"])
_udp = _ports(["isakmp", "non500-isakmp", "syslog", "514"])
_hosts = addresses.map("host {}".format)
_groups = names.map("object-group {}".format)
_v6 = st.just("2001:db8::/32")
_v6_host = st.just("host 2001:db8::1")
_port_objects = st.one_of(
    st.sampled_from(["eq www", "eq domain", "eq 514"]), st.sampled_from(["range 1 www", "range 20 5000"])
)
_services = st.one_of(
    st.tuples(st.just("tcp source"), _tcp, st.just("destination"), _tcp).map(" ".join),
    st.tuples(st.sampled_from(["tcp", "udp"]), st.just("destination"), st.just("eq domain")).map(" ".join),
    st.tuples(st.just("tcp-udp"), _any).map(" ".join),
    st.sampled_from(["udp eq isakmp", "icmp", "icmp echo", "icmp 3 4", "icmp6 echo", "esp", "ip", "137", "tcp"]),
)
_clocks = st.sampled_from(["8:00", "00:00", "23:59", "07:05"])
_words = st.text("abc xyz-", min_size=1, max_size=12).map(str.strip).filter(bool)
_range = st.tuples(addresses, addresses).map(lambda pair: sorted(pair, key=IPv4Address))

KINDS: dict[str, SearchStrategy[str]] = {
    "address": addresses,
    "address-itself": addresses,
    "address-name": st.sampled_from(["WEB", "N-1", "a_b"]),
    "mask": masks,
    "any-mask": masks,
    "name": names,
    "nat-name": st.one_of(names, st.sampled_from(["interface", "interface ipv6"])),
    "rest": _words,
    "hostname": st.sampled_from(["asa1", "a", "fw-1.example"]),
    "key": st.sampled_from(["s3cret!", "0", "8", "*****", "ä€", "a" * 128, "no"]),
    "encrypted-key": st.just("JDYkqyIFWeBvzpljSfWmRZrmRSRE8s"),
    "password": st.sampled_from(["s3cret!", "*****", ".32Q0uZ55HFO9s6g", "$sha512$5000$c2FsdA==$aGFzaA=="]),
    "ipv6-prefix": _v6,
    "exec-authority": st.sampled_from(["LOCAL", "local", "authentication-server"]),
    "pfs-group": st.sampled_from(["group1", "group2", "group5", "group14", "group21"]),
    "nat-pair": st.sampled_from(["(inside,outside)", "(any,dmz)"]),
    "nat-interface": st.sampled_from(["(inside)", "(outside)"]),
    "global-pool": st.one_of(addresses, _range.map("-".join), st.just("interface")),
    "any-port": st.sampled_from(["www", "smtp", "443", "4711"]),
    "nat-mapped": st.one_of(addresses, names, st.just("interface")),
    "sctp": st.sampled_from(["sctp", "132"]),
    "tcp": st.sampled_from(["tcp", "6"]),
    "udp": st.sampled_from(["udp", "17"]),
    "icmp": st.sampled_from(["icmp", "1"]),
    "icmp6": st.sampled_from(["icmp6", "58"]),
    "object-content": st.one_of(
        _hosts,
        _v6_host,
        st.sampled_from(["subnet fd00::/8", "range fd00:: fd00::ffff"]),
        subnets().map("subnet {}".format),
        _range.map(lambda pair: f"range {pair[0]} {pair[1]}"),
        st.sampled_from(["fqdn www.example.com", "fqdn v4 example.org"]),
    ),
    "group-member": st.one_of(_hosts, subnets(), _v6, _v6_host, names.map("object {}".format)),
    "group-name": names,
    "acl-address": st.one_of(
        _hosts,
        subnets(),
        _v6,
        _v6_host,
        _groups,
        names.map("object {}".format),
        names.map("interface {}".format),
        st.sampled_from(["any", "any4", "any6"]),
    ),
    "other-protocol": st.one_of(
        st.sampled_from(["ip", "esp", "ah", "gre", "ipsec", "47", "200", "255"]), names.map("object {}".format)
    ),
    "standard-address": st.one_of(_hosts, subnets(), st.sampled_from(["any", "any4"])),
    "group": _groups,
    "protocol": st.sampled_from(["ip", "tcp", "udp", "icmp", "47", "esp"]),
    "tcp-match-or-known-group": _tcp,
    "udp-match-or-known-group": _udp,
    "any-match-or-known-group": _any,
    "any-match-or-group": st.one_of(_any, _groups),
    "tcp-ports": _port_objects,
    "udp-ports": _port_objects,
    "tcp-udp-ports": _port_objects,
    "service": _services,
    "service-member": st.one_of(_services, names.map("object {}".format)),
    "icmp-type": st.sampled_from(["echo", "unreachable", "250"]),
    "nat-service": st.sampled_from(["tcp www 8080", "udp 500 isakmp"]),
    "trustpoint": st.sampled_from(["TP", "TP chain"]),
    "tunnel-protocol": st.sampled_from(["ikev1", "IPSec", "svc", "l2tp-ipsec", "ssl-clientless"]),
    "moment": st.sampled_from(["08:00 1 January 2026", "23:59 31 dec 2035"]),
    "clock": _clocks,
    "duration": st.sampled_from(["1:00:00", "0:0:30", "24:00:00", "0"]),
    "day": st.sampled_from(["daily", "weekdays", "Monday", "SUNDAY"]),
    "log-level": st.sampled_from(["debugging", "0", "7", "error", "notifications"]),
    "level-or-list": st.sampled_from(["informational", "3", "LIST1", "alerts"]),
    "message-span": st.sampled_from(["713000", "713000-713999"]),
    "log-transport": st.sampled_from(["tcp/1470", "17/514", "udp/1025"]),
    "log-target": st.sampled_from(["buffered debugging", "trap 3", "mail alerts"]),
    "emblem": st.just("emblem"),
    "device-id": st.sampled_from(["hostname", "ipaddress inside", "string a b", "context-name"]),
    "tcp-match-or-group": st.one_of(_tcp, _groups),
    "udp-match-or-group": st.one_of(_udp, _groups),
    "icmp-match-or-group": st.one_of(st.sampled_from(["echo", "3 4", "unreachable 1", "250"]), _groups),
    "icmp6-match-or-group": st.one_of(st.sampled_from(["echo", "3 4", "unreachable 1", "250"]), _groups),
    "icmp-match": st.sampled_from(["echo", "echo-reply", "8", "3 4", "unreachable 1", "250"]),
    "logging": st.sampled_from(["log", "log 5", "log debugging interval 30", "log interval 1", "log disable"]),
    "phase1-mode": st.sampled_from(["main", "aggressive", "aggressive group5"]),
    "identity": st.sampled_from(["auto", "address", "hostname", "key-id me@here"]),
}


def _kind(spec: str) -> SearchStrategy[str]:
    if spec in KINDS:
        return KINDS[spec]
    span = re.fullmatch(r"(\d+)-(\d+)(?:\|(\w+))?", spec)
    if span is None:
        return st.sampled_from([word for word in spec.split("|") if word])
    numbers = st.integers(int(span[1]), int(span[2])).map(str)
    return st.one_of(numbers, st.just(span[3])) if span[3] else numbers


@st.composite
def lines(draw: st.DrawFn, text: str, release: Release) -> str:
    """A line of a declared text: optional parts drawn, words spelled for the release."""
    stack: list[list[str]] = [[]]
    for opening, closing, _mark, name, spec, most, word in (piece.groups() for piece in _PIECE.finditer(text)):
        if opening:
            stack.append([])
        elif closing:
            inner = stack.pop()
            stack[-1].extend(inner if closing == ">" or draw(st.booleans()) else [])
        elif name:
            count = draw(st.integers(1, int(most or 1)))
            stack[-1].extend(draw(_kind(spec)) for _ in range(count))
        elif word:
            old, _, new = word.partition("/")
            chosen = old if release is Release.OLD else new or old
            stack[-1].extend([] if chosen == "-" else [chosen])
    return " ".join(stack[0])


@st.composite
def files(draw: st.DrawFn, release: Release) -> str:
    """A whole listing: commands of all modes below their headers, some of them taken back."""
    rows: list[str] = []
    if draw(st.booleans()):
        rows += ["names", *(f"name {address} N{place}" for place, address in enumerate(NAMED))]
    for command in draw(st.lists(st.sampled_from(COMMANDS), max_size=25)):
        line = draw(command_lines(command, release))
        negated = command.only_negated or draw(st.integers(0, 9)) == 0
        indent = " " * bool(HEADERS[command.mode])
        rows += [*HEADERS[command.mode], indent + "no " * negated + line]
    return "\n".join(rows)


def command_lines(command: Command, release: Release) -> SearchStrategy[str]:
    """Lines of a command in any of its spellings."""
    return st.one_of([lines(syntax.text, release) for syntax in (command.syntax, *command.also)])

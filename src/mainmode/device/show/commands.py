"""The table of `show` commands."""

from collections.abc import Callable

from mainmode.device.config.running import running_config
from mainmode.device.line.declaration import (
    ACCESS_LIST,
    CRYPTO_MAP,
    INTERFACE,
    NAME,
    OBJECT,
    REST,
    Asked,
    Command,
    Surety,
    command,
)
from mainmode.device.show.access_lists import MOST_ELEMENTS, access_lists, access_lists_brief
from mainmode.device.show.crypto_maps import crypto_maps
from mainmode.device.show.drops import drops, vpn_contexts
from mainmode.device.show.interfaces import brief, interfaces, ip_addresses, names_of_interfaces, unknown_interface
from mainmode.device.show.ipsec_sa import Grouping, Wanted, ipsec_sa, ipsec_sa_summary
from mainmode.device.show.isakmp_sa import ikev1_sa_table, isakmp_sa
from mainmode.device.show.logs import logging
from mainmode.device.show.objects import objects
from mainmode.device.show.resources import ABSENT, absent, failover, inventory, resource_usage
from mainmode.device.show.routes import route_table
from mainmode.device.show.sessiondb import lan_to_lan, no_sessions, summary
from mainmode.device.show.standing import Standing
from mainmode.device.show.statistics import ike_protocol, ike_stats, ipsec_protocol, ipsec_stats
from mainmode.device.show.translations import connections, nat, xlate
from mainmode.device.show.version import clock, names, version


def _ipsec_sa(standing: Standing, asked: Asked) -> str:
    grouping = Grouping.INTERFACE
    if "peer" in asked or "entry" in asked:
        grouping = Grouping.PEER
    elif "map" in asked:
        grouping = Grouping.MAP
    wanted = Wanted(grouping, asked.address, asked.get(CRYPTO_MAP), "detail" in asked, "identity" in asked)
    return ipsec_sa(standing, wanted)


def _running_config(standing: Standing, asked: Asked) -> str:
    return running_config(standing.configuration, asked.get(REST), defaults="all" in asked)


def _sessions(standing: Standing, asked: Asked) -> str:
    wanted = str(asked.address) if asked.address is not None else asked.get(NAME)
    return lan_to_lan(standing, wanted, detail="detail" in asked)


def _routes(standing: Standing, asked: Asked) -> str:
    nameif = asked.get(INTERFACE)
    if nameif is not None and standing.configuration.interface(nameif) is None:
        return unknown_interface(nameif)
    return route_table(standing, nameif)


Handler = Callable[[Standing, Asked], str]

COMMANDS: tuple[Command[Handler], ...] = (
    command(
        "{crypto {isakmp|ikev1}|isakmp} sa",
        lambda standing, _: isakmp_sa(standing),
        "The IKE SAs: with whom, who began, and in which state.",
        Surety.PARTLY,
        "The text for no SA in 8.2 is recalled.",
    ),
    command(
        "[crypto] isakmp sa detail",
        lambda standing, _: isakmp_sa(standing, detail=True),
        "The same with what each was negotiated with and how long it lives.",
        Surety.INFERRED,
    ),
    command(
        "crypto ikev1 sa detail",
        lambda standing, _: ikev1_sa_table(standing),
        "The same as a table.",
        Surety.ATTESTED,
        "How AES is spelled is ours.",
    ),
    command(
        f"[crypto] ipsec sa [{{peer A.B.C.D|map {CRYPTO_MAP}|entry}}] [detail]",
        _ipsec_sa,
        "The IPsec SAs, tunnel by tunnel: proxies, packets, endpoints, lifetimes.",
        Surety.ATTESTED,
        "The headings of `map` and `entry` and the rows of `detail` are recalled.",
    ),
    command(
        "[crypto] ipsec sa identity [detail]",
        _ipsec_sa,
        "The tunnels without their SAs.",
        Surety.INFERRED,
    ),
    command(
        "[crypto] ipsec sa summary",
        lambda standing, _: ipsec_sa_summary(standing),
        "How many IPsec SAs there are and were at most.",
        Surety.INFERRED,
    ),
    command(
        "{crypto {isakmp|ikev1}|isakmp} stats",
        lambda standing, _: ike_stats(standing),
        "What IKE counted.",
        Surety.INFERRED,
    ),
    command(
        "crypto protocol statistics ikev1",
        lambda standing, _: ike_protocol(standing),
        "What IKE asked of its cryptography.",
        Surety.INFERRED,
    ),
    command(
        "crypto protocol statistics ipsec",
        lambda standing, _: ipsec_protocol(standing),
        "What the data plane asked of its cryptography.",
        Surety.INFERRED,
    ),
    command(
        "[crypto] ipsec stats",
        lambda standing, _: ipsec_stats(standing),
        "What the data plane counted.",
        Surety.INFERRED,
    ),
    command(
        f"crypto map [{CRYPTO_MAP}]",
        lambda standing, asked: crypto_maps(standing, asked.get(CRYPTO_MAP)),
        "The entries of the bound crypto maps in words.",
        Surety.INFERRED,
    ),
    command(
        "vpn-sessiondb [summary]",
        lambda standing, _: summary(standing),
        "Sessions and tunnels: now, in all, at most at once.",
        Surety.PARTLY,
        "Rows on the device's capacity are left out.",
    ),
    command(
        f"vpn-sessiondb [detail] l2l [filter {{name {NAME}|ipaddress A.B.C.D}}]",
        _sessions,
        "The LAN-to-LAN sessions; with `detail` tunnel by tunnel.",
        Surety.ATTESTED,
        "The heading without `detail` and the text for no session are recalled.",
    ),
    command(
        "vpn-sessiondb {anyconnect|ra-ikev1-ipsec|ra-ikev2-ipsec|webvpn}",
        lambda *_: no_sessions(),
        "Sessions of remote access: there are none.",
        Surety.INFERRED,
    ),
    command(
        "ip [address]",
        lambda standing, _: ip_addresses(standing.configuration),
        "The addresses of the interfaces.",
        Surety.PARTLY,
        "The widths of the columns are from memory.",
    ),
    command(
        "interface ip brief",
        lambda standing, _: brief(standing.configuration),
        "Each interface with its address and whether it is up.",
        Surety.ATTESTED,
    ),
    command(
        f"interface [{INTERFACE}] [detail]",
        lambda standing, asked: interfaces(standing, asked.get(INTERFACE), detail="detail" in asked),
        "Each interface with what passed through it; with `detail` its number and state.",
        Surety.ATTESTED,
        "Rows on hardware are left out: there is none.",
    ),
    command(
        "nameif",
        lambda standing, _: names_of_interfaces(standing.configuration),
        "The named interfaces with their security levels.",
        Surety.INFERRED,
    ),
    command(
        f"route [{INTERFACE}]",
        _routes,
        "The routing table, reverse routes included.",
        Surety.ATTESTED,
        "The header of 8.x and the order of the lines are recalled.",
    ),
    command(
        f"access-list [{ACCESS_LIST}]",
        lambda standing, asked: access_lists(standing, asked.get(ACCESS_LIST)),
        "The access lists with their hits, objects expanded.",
        Surety.ATTESTED,
        f"The hashes are ours. A list that would take an output beyond {MOST_ELEMENTS} elements is not expanded.",
    ),
    command(
        f"access-list [{ACCESS_LIST}] brief",
        lambda standing, asked: access_lists_brief(standing, asked.get(ACCESS_LIST)),
        "The entries that matched: hash, hits and the second of the last hit, in hexadecimal.",
        Surety.PARTLY,
        "The columns are those that a public parser reads; the hashes are ours, of objects there are none.",
    ),
    command(
        "nat [detail]",
        lambda standing, asked: nat(standing, detail="detail" in asked),
        "The translation rules in their order, with their hits.",
        Surety.ATTESTED,
        "The rows of `detail` are recalled.",
    ),
    command(
        "xlate",
        lambda standing, _: xlate(standing),
        "The translations that stand.",
        Surety.PARTLY,
        "Without idle times: a rule has none.",
    ),
    command(
        "conn",
        lambda standing, _: connections(standing),
        "The connections that may pass.",
        Surety.INFERRED,
    ),
    command(
        f"running-config [all] [{REST}]",
        _running_config,
        "The configuration as it runs, or the lines that begin with these words; with `all` defaults are written too.",
        Surety.ATTESTED,
        "Which defaults `all` writes is attested for crypto maps and tunnel-groups.",
    ),
    command(
        f"object-group [{{id {OBJECT}|network|service|protocol|icmp-type}}]",
        lambda standing, asked: objects(standing, "object-group", asked.keywords[1:], asked.get(OBJECT)),
        "The object-groups.",
        Surety.ATTESTED,
    ),
    command(
        f"object [{{id {OBJECT}|network|service}}]",
        lambda standing, asked: objects(standing, "object", asked.keywords[1:], asked.get(OBJECT)),
        "The objects.",
        Surety.INFERRED,
    ),
    command(
        "{name|names}",
        lambda standing, _: names(standing),
        "The names that `name` gave to addresses.",
        Surety.ATTESTED,
    ),
    command(
        "version",
        lambda standing, _: version(standing),
        "What this is, and since when it runs.",
        Surety.PARTLY,
        "The device's layout; what it says of hardware and licences is left out.",
    ),
    command(
        "clock [detail]",
        lambda standing, asked: clock(standing, detail="detail" in asked),
        "The time, in UTC; with `detail` where it comes from.",
        Surety.ATTESTED,
    ),
    command(
        "firewall",
        lambda standing, _: "Firewall mode: Router\n",
        "Whether packets are routed or bridged: they are routed.",
        Surety.ATTESTED,
    ),
    command(
        "mode",
        lambda standing, _: "Security context mode: single\n",
        "Whether there are security contexts: there is one.",
        Surety.ATTESTED,
    ),
    command(
        "resource usage",
        lambda standing, _: resource_usage(standing),
        "What is in use of what is bounded: connections, sessions, negotiations.",
        Surety.PARTLY,
        "The columns are those that a public parser reads; the rows are those of what mainmode bounds.",
    ),
    command(
        "failover",
        lambda *_: failover(),
        "That there is no second unit.",
        Surety.INFERRED,
    ),
    command(
        "inventory",
        lambda standing, _: inventory(standing),
        "What this is, in the place of hardware.",
        Surety.PARTLY,
        "The rows are those that a public parser reads; there is no serial number.",
    ),
    *(
        command(syntax, absent(text), f"Says that it is not there: {text}.", Surety.INFERRED)
        for syntax, text in ABSENT.items()
    ),
    command(
        "logging [setting]",
        lambda standing, asked: logging(standing, setting="setting" in asked),
        "How the system log is set, and its buffer.",
        Surety.ATTESTED,
    ),
    command(
        "asp drop",
        lambda standing, _: drops(standing.journal.drops),
        "What was dropped, by the device's names for the reasons.",
        Surety.ATTESTED,
    ),
    command(
        "asp table vpn-context detail",
        lambda standing, _: vpn_contexts(standing),
        "The IPsec SAs as the data path knows them.",
        Surety.ATTESTED,
        "The device prints addresses of its memory: ours are other numbers.",
    ),
)
"""Every command, in the order of the reference page."""


def _at_the_prompt(one: Command[Handler]) -> Command[Handler]:
    def handler(standing: Standing, asked: Asked) -> str:
        return one.handler(standing, Asked(asked.keywords[1:], asked.places))

    return command(f"show {one.syntax}", handler, one.help, one.surety, one.note, words=one.words)


PROMPTED: tuple[Command[Handler], ...] = tuple(_at_the_prompt(one) for one in COMMANDS)
"""The same as they are typed, `show` in front."""

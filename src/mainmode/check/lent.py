"""Addresses that a provider gives: a device whose outside interface has none in its file is lent one for the run.

An interface with a crypto map and `ip address dhcp` (or `pppoe`) has an address when the device runs. The one is taken
that the other device's entry for the same networks names as its peer; else one of the networks for measurements
(RFC 2544), which is nobody's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address

from mainmode.base.address import ProxyPair
from mainmode.base.provenance import Statement
from mainmode.device.config.model import Configuration, CryptoMapEntry, Interface, InterfaceAddress, Route, Sourced
from mainmode.lab.facing import entries
from mainmode.lab.scene import permits
from mainmode.lab.traffic import proxies_of
from mainmode.ladder.transcript import Side

_MASK = IPv4Address("255.255.255.0")
_ANY = IPv4Address(0)
_NOBODYS = {Side.A: IPv4Address("198.18.1.2"), Side.B: IPv4Address("198.19.1.2")}
_GIVEN = (["dhcp"], ["pppoe"])


def with_lent(pair: Mapping[Side, Configuration]) -> tuple[Mapping[Side, Configuration], tuple[str, ...]]:
    """The pair, with addresses where a provider gives them, and the notes that tell of it."""
    lent, notes = dict(pair), []
    for side in Side:
        found = next(_without(pair[side]), None)
        if found is None:
            continue
        interface, command = found
        address = _expected(pair, side) or _NOBODYS[side]
        lent[side] = _lend(pair[side], interface, command, address)
        name = pair[side].settings.hostname.value
        notes.append(f"{name} has its address from its provider ({command}): the run gives it {address}")
    return lent, tuple(notes)


def _without(configuration: Configuration) -> Iterator[tuple[Interface, Statement]]:
    """The interfaces with a crypto map whose address a provider gives, each with the command that says so."""
    for problem in configuration.problems:
        words = problem.text.split()
        above = [one for one in configuration.interfaces if _line(one) < problem.line]
        if words[:2] != ["ip", "address"] or words[2:3] not in _GIVEN or not above:
            continue
        interface = max(above, key=_line)
        nameif = interface.nameif.value if interface.nameif is not None else ""
        if interface.address is None and not interface.shutdown.value and configuration.map_on(nameif) is not None:
            yield interface, Statement(problem.file, problem.line, problem.text)


def _line(interface: Interface) -> int:
    return interface.source.line if isinstance(interface.source, Statement) else 0


def _lend(whole: Configuration, interface: Interface, command: Statement, address: IPv4Address) -> Configuration:
    """The configuration with an address on one interface, and with `setroute` the default route that comes along."""
    held = replace(interface, address=Sourced(InterfaceAddress(address, _MASK), command))
    interfaces = tuple(held if one is interface else one for one in whole.interfaces)
    routes = whole.routes
    if "setroute" in command.text.split() and interface.nameif is not None:
        network = int(address) & int(_MASK)
        gateway = IPv4Address(network + (2 if int(address) == network + 1 else 1))
        routes += (Route(interface.nameif.value, _ANY, _ANY, gateway, command),)
    return replace(whole, interfaces=interfaces, routes=routes)


def _expected(pair: Mapping[Side, Configuration], side: Side) -> IPv4Address | None:
    """The peer of the other device's entry for the networks that this device's entries protect."""
    own = {proxies.mirrored() for entry in entries(pair[side]) for proxies in _proxies(pair[side], entry)}
    for entry in entries(pair[side.other]):
        if entry.peers is not None and own.intersection(_proxies(pair[side.other], entry)):
            return entry.peers.value[0]
    return None


def _proxies(configuration: Configuration, entry: CryptoMapEntry) -> Iterator[ProxyPair]:
    return (proxies for ace in permits(configuration, entry) for proxies in proxies_of(configuration, ace))

"""`show ip`, `show interface ip brief`, `show nameif` and `show interface`.

The columns of `show interface ip brief` and the rows of `show interface` are those of public outputs (ntc-templates
fixtures); an interface of ours is no hardware, so what a device says of its chips, queues and errors is not there.
The widths of `show ip` and `show nameif` are from memory.
"""

from collections.abc import Iterator

from mainmode.device.config.model import Configuration, Interface
from mainmode.device.journal import Traffic
from mainmode.device.show.layout import Column, Layout, fill, table, text
from mainmode.device.show.standing import Standing

_IP = (
    Column("Interface", 25),
    Column("Name", 23),
    Column("IP address", 16),
    Column("Subnet mask", 16),
    Column("Method ", 0),
)
_SECTIONS = ("System IP Addresses:", "Current IP Addresses:")
_BRIEF = (
    Column("Interface", 27),
    Column("IP-Address", 16),
    Column("OK? ", 0),
    Column("Method", 7),
    Column("Status", 22),
    Column("Protocol", 4),
)
_NAMEIF = (Column("Interface", 25), Column("Name", 25), Column("Security", 0))

_HEAD: Layout = (
    'Interface {name} "{nameif}", is {status}, line protocol is {protocol}',
    "  Hardware is mainmode virtual, BW unlimited, DLY 0 usec",
)
_UNNAMED: Layout = ("\tAvailable but not configured via nameif",)
_DESCRIPTION: Layout = ("\tDescription: {description}",)
_MTU: Layout = ("\tMAC address N/A, MTU {mtu}",)
_ADDRESS: Layout = ("\tIP address {address}, subnet mask {mask}",)
_UNASSIGNED: Layout = ("\tIP address unassigned",)
_TRAFFIC: Layout = (
    '  Traffic Statistics for "{nameif}":',
    "\t{traffic.packets_in} packets input, {traffic.octets_in} bytes",
    "\t{traffic.packets_out} packets output, {traffic.octets_out} bytes",
    "\t{traffic.dropped} packets dropped",
)
_CONTROL: Layout = (
    "  Control Point Interface States:",
    "\tInterface number is {number}",
    "\tInterface config status is {state}",
    "\tInterface state is {state}",
)


def ip_addresses(configuration: Configuration) -> str:
    """`show ip`: every addressed interface, in the configured order, once as configured and once as it is now."""
    rows = [
        (interface.name, _nameif(interface), str(address.value.address), str(address.value.mask), "manual")
        for interface in configuration.interfaces
        if (address := interface.address) is not None
    ]
    return text(line for section in _SECTIONS for line in (section, *table(_IP, rows)))


def brief(configuration: Configuration) -> str:
    """`show interface ip brief`: each interface, what it is called, and whether it is up."""
    return text(table(_BRIEF, map(_brief_row, configuration.interfaces)))


def names_of_interfaces(configuration: Configuration) -> str:
    """`show nameif`: each named interface with its security level."""
    rows = [
        (one.name, one.nameif.value, f"{one.security_level.value if one.security_level is not None else 0:>3}")
        for one in configuration.interfaces
        if one.nameif is not None
    ]
    return text(table(_NAMEIF, rows))


def interfaces(standing: Standing, wanted: str | None = None, *, detail: bool = False) -> str:
    """`show interface [detail]`: every interface, or the one with this nameif or hardware name."""
    chosen = [one for one in standing.configuration.interfaces if wanted is None or _is_called(one, wanted)]
    if wanted is not None and not chosen:
        return unknown_interface(wanted)
    numbers = {one.name: number for number, one in enumerate(standing.configuration.interfaces, 1)}
    lines: list[str] = []
    for one in chosen:
        lines += _block(one, standing)
        if detail:
            state = "not active" if one.shutdown.value else "active"
            lines += fill(_CONTROL, {"number": numbers[one.name], "state": state})
    return text(lines)


def unknown_interface(name: str) -> str:
    """What the device says of an interface that it has not (inferred)."""
    return f"ERROR: interface {name} does not exist\n"


def _is_called(interface: Interface, wanted: str) -> bool:
    return _nameif(interface) == wanted or interface.name.lower() == wanted.lower()


def _block(interface: Interface, standing: Standing) -> Iterator[str]:
    status, protocol = _state(interface)
    nameif = _nameif(interface)
    yield from fill(_HEAD, {"name": interface.name, "nameif": nameif, "status": status, "protocol": protocol})
    if not nameif:
        yield from _UNNAMED
    if interface.description is not None:
        yield from fill(_DESCRIPTION, {"description": interface.description.value})
    yield from fill(_MTU, {"mtu": standing.mtu(nameif) if nameif else "not set"})
    if interface.address is not None:
        address = interface.address.value
        yield from fill(_ADDRESS, {"address": address.address, "mask": address.mask})
    else:
        yield from _UNASSIGNED
    if nameif:
        traffic = standing.journal.traffic.get(nameif, Traffic())
        yield from fill(_TRAFFIC, {"nameif": nameif, "traffic": traffic})


def _brief_row(interface: Interface) -> tuple[str, ...]:
    status, protocol = _state(interface)
    address = str(interface.address.value.address) if interface.address is not None else "unassigned"
    method = "CONFIG" if interface.address is not None else "unset"
    return interface.name, address, "YES ", method, status, protocol


def _state(interface: Interface) -> tuple[str, str]:
    return ("administratively down", "down") if interface.shutdown.value else ("up", "up")


def _nameif(interface: Interface) -> str:
    return interface.nameif.value if interface.nameif is not None else ""

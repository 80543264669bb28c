"""`show ip`: the addresses of the interfaces.

The columns are the device's; their widths are from memory.
"""

from mainmode.device.config.model import Configuration, Interface
from mainmode.device.show.layout import Column, table

_COLUMNS = (
    Column("Interface", 25),
    Column("Name", 23),
    Column("IP address", 16),
    Column("Subnet mask", 16),
    Column("Method ", 0),
)
_SECTIONS = ("System IP Addresses:", "Current IP Addresses:")


def ip_addresses(configuration: Configuration) -> str:
    """Every addressed interface, in the configured order, once as configured and once as it is now."""
    rows = [
        (interface.name, _nameif(interface), str(address.value.address), str(address.value.mask), "manual")
        for interface in configuration.interfaces
        if (address := interface.address) is not None
    ]
    lines = [line for section in _SECTIONS for line in (section, *table(_COLUMNS, rows))]
    return "\n".join(lines) + "\n"


def _nameif(interface: Interface) -> str:
    return interface.nameif.value if interface.nameif is not None else ""

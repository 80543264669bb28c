"""`show version`, `show clock` and `show names`.

`show version` has the device's layout (ntc-templates fixtures) and says what is true: the software is mainmode, its
hardware is none, and what a device tells of memory, licences and serial numbers is not there.
"""

from mainmode import __version__
from mainmode.base.instant import between
from mainmode.device.show.layout import Layout, calendar, fill, text, uptime
from mainmode.device.show.standing import Standing

_HEAD: Layout = (
    "mainmode Software Version {version}",
    "",
    'Config file at boot was "{file}"',
    "",
    "{hostname} up {uptime}",
    "",
    "Hardware:   mainmode virtual",
    "",
)
_INTERFACE: Layout = ("{number:>2}: Ext: {name:<20}: address is N/A",)
_TAIL: Layout = (
    "",
    "Maximum Physical Interfaces       : {interfaces}",
    "",
    "Image type          : mainmode, in the language of a Cisco ASA {release}",
    "",
    "Configuration has not been modified since last system restart.",
)


def version(standing: Standing) -> str:
    """The whole output."""
    configuration = standing.configuration
    values = {
        "version": __version__,
        "file": configuration.file,
        "hostname": configuration.settings.hostname.value,
        "uptime": uptime(between(standing.started_at, standing.now)),
        "interfaces": len(configuration.interfaces),
        "release": configuration.release.value,
    }
    rows = fill(_HEAD, values)
    for number, interface in enumerate(configuration.interfaces):
        rows += fill(_INTERFACE, {"number": number, "name": interface.name})
    return text([*rows, *fill(_TAIL, values)])


def clock(standing: Standing, *, detail: bool = False) -> str:
    """`show clock [detail]`. The time is the host's or the lab's, which a device calls its hardware calendar."""
    source = ["Time source is hardware calendar"] if detail else []
    return text([calendar(standing.now, milliseconds=True), *source])


def names(standing: Standing) -> str:
    """`show names`: the lines of `name`."""
    return text(f"name {address.value} {name}" for name, address in standing.configuration.names.items())

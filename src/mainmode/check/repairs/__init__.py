"""Every repair, declared; among those for one cause, in the order in which they are tried."""

from collections.abc import Iterator, Mapping
from itertools import chain

from mainmode.check.repairs.declaration import Repair
from mainmode.check.repairs.entry_order import ENTRY_ORDER
from mainmode.check.repairs.exemption_ways import EXEMPTION_WAYS
from mainmode.check.repairs.exemptions import EXEMPTIONS
from mainmode.check.repairs.filters import FILTERS
from mainmode.check.repairs.forward_secrecy import FORWARD_SECRECY
from mainmode.check.repairs.interface_lines import INTERFACE_LINES
from mainmode.check.repairs.interfaces import INTERFACES
from mainmode.check.repairs.keys import KEYS
from mainmode.check.repairs.map_entries import MAP_ENTRIES
from mainmode.check.repairs.mirrors import MIRRORS
from mainmode.check.repairs.peers import PEERS
from mainmode.check.repairs.proposals import PROPOSALS
from mainmode.check.repairs.routes import ROUTES
from mainmode.check.repairs.transform_sets import TRANSFORM_SETS

REPAIRS: Mapping[str, Repair] = {
    one.code: one
    for one in chain(
        KEYS,
        PEERS,
        PROPOSALS,
        ENTRY_ORDER,
        FORWARD_SECRECY,
        TRANSFORM_SETS,
        MIRRORS,
        MAP_ENTRIES,
        EXEMPTIONS,
        EXEMPTION_WAYS,
        ROUTES,
        FILTERS,
        INTERFACES,
        INTERFACE_LINES,
    )
}
"""By code."""


def repairs_for(cause: str) -> Iterator[Repair]:
    """The repairs that are declared for a code of `lab.causes`."""
    return (repair for repair in REPAIRS.values() if cause in repair.causes)

"""The counters of a box as an administrator sets them back: `clear … counters` and its like."""

from mainmode.device.config.model import Configuration
from mainmode.device.journal import Journal
from mainmode.device.plane import Plane


class Counters:
    """Everything of a box that counts, by the commands that set it to nothing. What stands goes on counting."""

    def __init__(self, plane: Plane, journal: Journal, configuration: Configuration) -> None:
        self._plane = plane
        self._journal = journal
        self._configuration = configuration

    def clear_ipsec(self) -> None:
        """`clear crypto ipsec sa counters`: those of the data plane, and what is shown of each SA."""
        self._plane.statistics.clear()
        for state in self._plane.sad.states():
            state.clear_counters()

    def clear_ike(self) -> None:
        """`clear crypto isakmp stats`: what IKE counted."""
        self._plane.engine.statistics.clear()

    def clear_access_lists(self, name: str | None = None) -> None:
        """`clear access-list NAME counters`: the hits of one access list, or of all."""
        hits = self._plane.tables.access.hits
        if name is None:
            hits.clear()
        elif name in self._configuration.access_lists:
            hits.forget(entry.source for entry in self._configuration.access_lists[name].entries)

    def clear_nat(self) -> None:
        """`clear nat counters`: the hits of translation rules."""
        self._plane.tables.translator.clear_hits()

    def clear_drops(self) -> None:
        """`clear asp drop`: what was dropped."""
        self._journal.drops.clear()

    def clear_traffic(self, nameif: str | None = None) -> None:
        """`clear interface`: what passed through one interface, or all."""
        for name, traffic in self._journal.traffic.items():
            if nameif in (None, name):
                traffic.clear()

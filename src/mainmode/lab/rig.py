"""What steps and faults can do to a running world besides sending packets: restarts, clocks, remarks."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address

from mainmode.base.instant import Instant, Span, later
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.lab.cloud import Cloud, Departure
from mainmode.lab.evidence import Evidence
from mainmode.lab.world import World


class WorldRig:
    """The hands on a world. `new_box` makes a device's box anew from its configuration; it counts the starts."""

    def __init__(
        self,
        world: World,
        evidence: Evidence,
        new_box: Callable[[str], Box],
        configuration_of: Callable[[str], Configuration],
    ) -> None:
        self.world = world
        self.configuration_of = configuration_of
        self._evidence = evidence
        self._new_box = new_box
        self._restarts: Counter[str] = Counter()

    @property
    def cloud(self) -> Cloud:
        """The net."""
        return self.world.cloud

    @property
    def device_names(self) -> tuple[str, ...]:
        """All devices, in their order."""
        return tuple(self.world.stations)

    @property
    def now(self) -> Instant:
        """The virtual time."""
        return self.world.agenda.now

    def after(self, span: Span, action: Callable[[], None]) -> None:
        """Let something happen so long from now."""
        self.world.agenda.put(later(self.now, span), action)

    def tell(self, name: str, text: str) -> None:
        """A remark of the lab, about a device or, where `name` is empty, the net."""
        self.world.remark(name, text)

    def restart(self, name: str, down: Span) -> None:
        """A device loses its state, and is back after a time; one that is down already, after this one."""
        self._restarts[name] += 1
        self._evidence.forget(name)
        self.world.exchange(name, None)
        if down:
            self.tell(name, "the device is down")
            self.after(down, partial(self._come_back, name, self._restarts[name]))
        else:
            self.world.exchange(name, self._new_box(name))

    def _come_back(self, name: str, restart: int) -> None:
        if restart != self._restarts[name]:
            return
        self.world.exchange(name, self._new_box(name))
        self.tell(name, "the device is up again")

    def set_clock(self, name: str, ahead: Span) -> None:
        """A device's clock is so far ahead, from now on; the device starts anew with it."""
        self.world.stations[name].skew = ahead
        self.restart(name, Span(0))

    def put_on_wire(self, name: str, packet: bytes, next_hop: IPv4Address, label: str = "clear") -> None:
        """A packet leaves a device by its interface on the net, as if it had sent it."""
        interface = next(iter(self.world.stations[name].outside.values()))
        destination = IPv4Address(packet[16:20])
        self.world.put_on_wire(Departure(name, interface, packet, self.now, destination, next_hop, label))

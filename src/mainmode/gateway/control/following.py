"""What a client follows: debugs and packets, as they happen."""

from base64 import b64encode
from collections.abc import Iterable

from mainmode.base.instant import Instant
from mainmode.capture.keys import ESP_TABLE, IKE_TABLE, EspKey, IkeKey, esp_keys, esp_line, ike_line
from mainmode.catalogue.conditions import Wish
from mainmode.catalogue.envelope import Form
from mainmode.device.debug_lines import DebugLines
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.gateway.control.connection import Client
from mainmode.gateway.control.protocol import AT, INBOUND, INTERFACE, KEY, KEY_FILE, LINE, PACKET, written
from mainmode.gateway.gateway import Gateway
from mainmode.ike.effects import InstallSa, MoveSa, Phase1Keyed

_MOST_LINES, _MOST_PACKETS = 1 << 20, 1 << 23
"""Octets of messages that wait for a client before it misses any."""


class Follower(Watcher):
    """Watches the gateway for one client."""

    def __init__(self, gateway: Gateway, connection: Client) -> None:
        self._gateway = gateway
        self._connection = connection
        gateway.watch(self)

    def stop(self) -> None:
        """Look away."""
        self._gateway.unwatch(self)


class DebugFollower(Follower):
    """Lines of the device as they are said, each with its time."""

    def __init__(self, gateway: Gateway, connection: Client, wish: Wish, form: Form) -> None:
        super().__init__(gateway, connection)
        self._lines = DebugLines(wish, form, lambda text: connection.offer(written({LINE: text}), _MOST_LINES))

    @property
    def wants_lines(self) -> bool:
        """All that its wish is about."""
        return True

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """A line is passed on if it is wanted."""
        self._lines.happened(effect, now)


class CaptureFollower(Follower):
    """Packets as they come and go; with `keys` also what opens them, for SAs that stand already too."""

    wants_packets = True

    def __init__(self, gateway: Gateway, connection: Client, *, keys: bool) -> None:
        super().__init__(gateway, connection)
        self._keys = keys
        if keys:
            for state in gateway.box.sad.states():
                self._tell_esp(esp_keys(state.pair))

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """An SA has keys now, or its peer another address."""
        if not self._keys:
            return
        if isinstance(effect, InstallSa):
            self._tell_esp(esp_keys(effect.pair))
        elif isinstance(effect, MoveSa):
            state = self._gateway.box.sad.inbound(effect.inbound_spi)
            self._tell_esp(esp_keys(state.pair) if state is not None else ())
        elif isinstance(effect, Phase1Keyed):
            self._tell(IKE_TABLE, ike_line(IkeKey(effect.exchange.cookie, effect.cipher_key)))

    def sent(self, interface: str, packet: bytes, now: Instant) -> None:
        """A packet left."""
        self._offer(interface, packet, now, inbound=False)

    def received(self, interface: str, packet: bytes, now: Instant) -> None:
        """A packet came."""
        self._offer(interface, packet, now, inbound=True)

    def _offer(self, interface: str, packet: bytes, now: Instant, *, inbound: bool) -> None:
        octets = b64encode(packet).decode()
        message = {PACKET: octets, AT: self._gateway.stamp(now), INTERFACE: interface, INBOUND: inbound}
        self._connection.offer(written(message), _MOST_PACKETS)

    def _tell_esp(self, keys: Iterable[EspKey]) -> None:
        for key in keys:
            self._tell(ESP_TABLE, esp_line(key))

    def _tell(self, file: str, line: str) -> None:
        """Keys are not missed where packets are: there are few."""
        self._connection.say({KEY_FILE: file, KEY: line})

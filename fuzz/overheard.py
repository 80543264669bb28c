"""What the lab's packaged scenarios bring on the wire, and the same messages in clear: seeds of datagram targets."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

from mainmode.base.codes import IpProtocol
from mainmode.cli.scenario import load, packaged
from mainmode.ike.effects import Send, Step
from mainmode.lab.cloud import Passage
from mainmode.lab.observer import Observer
from mainmode.lab.scenario.play import play
from mainmode.wire.ip import read_ipv4
from mainmode.wire.message import Message

_SCENARIOS = (
    "reference", "nat_on_one_side", "ike_fragmentation", "dpd_dead_peer", "fail_psk_mismatch", "fail_aggressive_mode",
    "strongswan_alg_sha512", "strongswan_alg_modp_subgroup", "esp_fragmentation", "several_sas", "log_off",
    "fail_transform_set", "fail_identity", "dynamic_hub", "peer_restart", "strongswan_host2host_transport",
    "strongswan_esp_alg_null", "strongswan_protoport_dual",
)  # fmt: skip
_MOST_PACKETS, _MOST_SENDS = 14, 40
_PORTS = (500, 4500)


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of the wire: IP protocol, destination port of UDP (else 0), its payload (of UDP where it is UDP)."""

    protocol: int
    port: int
    payload: bytes
    whole: bytes


class _Overhearing(Observer):
    def __init__(self) -> None:
        self.sends: list[Send] = []

    def sent(self, name: str, send: Send, passage: Passage) -> None:
        """Keep it."""
        if len(self.sends) < _MOST_SENDS:
            self.sends.append(send)


@cache
def conversations() -> tuple[tuple[tuple[Packet, ...], tuple[Send, ...]], ...]:
    """For each direction of each scenario its first packets; and what its devices sent, with the messages in clear."""
    found = []
    for name in _SCENARIOS:
        ear = _Overhearing()
        ladder = SimpleNamespace(observers=(ear,), watch=_nothing, requested=_nothing, replied=_nothing)
        performance = play(load(packaged()[name]), ladder=ladder)  # type: ignore[arg-type]
        senders: dict[str, list[Packet]] = {}
        for passage in performance.stage.tap.passages:
            packets = senders.setdefault(passage.name, [])
            if len(packets) < _MOST_PACKETS:
                packets.append(_packet(passage.packet))
        for packets in senders.values():
            found.append((tuple(packets), tuple(ear.sends)))
    return tuple(found)


def messages(*steps: Step) -> Iterator[Message]:
    """The messages of these steps in clear, each kind of chain once."""
    seen = set()
    for _, sends in conversations():
        for send in sends:
            if send.step in steps and send.message is not None:
                key = send.step, send.message.names(), send.message.length
                if key not in seen:
                    seen.add(key)
                    yield send.message


def _nothing(*arguments: object) -> None:
    """A ladder that nobody draws."""


def _packet(octets: bytes) -> Packet:
    packet = read_ipv4(octets)
    port = int.from_bytes(packet.payload[2:4])
    if packet.protocol == IpProtocol.UDP and not packet.fragment_offset and port in _PORTS:
        return Packet(packet.protocol, port, packet.payload[8:], octets)
    return Packet(packet.protocol, 0, packet.payload, octets)

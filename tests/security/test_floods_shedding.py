"""What a box sheds under a flood: counted as the ordinary path counts it, told of a few times, honest packets never."""

import os
import random
import sys
from ipaddress import IPv4Address
from pathlib import Path as File

sys.path.append(str(File(__file__).parents[1] / "gateway"))

import pytest
from gateway_boxes import HOST_A, HOST_B, A, B, Rig, echo, gateway_of

from mainmode.base.address import Endpoint, Path
from mainmode.base.errors import Drop
from mainmode.base.instant import later, seconds
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect
from mainmode.device.express import Opened
from mainmode.device.watching import Watcher
from mainmode.gateway.terminal import TunnelLines
from mainmode.ike.effects import Dropped, Say, Send
from mainmode.wire.ip import Ipv4, read_ipv4

RAW = Path(Endpoint(A, 0), Endpoint(B, 0))
STRANGER = IPv4Address("198.18.0.1")


class Heard(Watcher):
    """Every effect."""

    def __init__(self, rig: Rig) -> None:
        self.effects: list[BoxEffect] = []
        rig.gateway.watch(self)

    def happened(self, effect: BoxEffect, now: int) -> None:
        self.effects.append(effect)

    def of(self, kind: type) -> int:
        return sum(isinstance(effect, kind) for effect in self.effects)


def tunnel() -> tuple[Rig, Rig]:
    """Two gateways with their tunnel up, which both answered."""
    a, b = gateway_of("a"), gateway_of("b")
    a.join(b)
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    a.carry()
    b.gateway.packet_arrived("inside", echo(HOST_B, HOST_A).encode())
    b.carry()
    return a, b


def counted(box: Box) -> tuple[object, ...]:
    """All that is counted of packets."""
    [state] = box.sad.states()
    return box.journal.drops, box.journal.traffic, box.statistics, state.tally


def rubbish(spi: int, kind: str) -> bytes:
    """ESP with this SPI that is not opened, for a reason that the kind says."""
    if kind == "short":
        return spi.to_bytes(4) + os.urandom(9)
    return spi.to_bytes(4) + (0x10_0000 + random.randrange(1 << 20)).to_bytes(4) + os.urandom(16 + 64 + 12)


@pytest.mark.parametrize("kind", ["unknown", "forged", "short"])
def test_shed_esp_counts_as_the_ordinary_path_counts_it(kind: str) -> None:
    (one, _), (other, _) = tunnel(), tunnel()
    [state] = one.gateway.box.sad.states()
    heard = Heard(other)
    for _ in range(500):
        spi = state.pair.inbound_spi if kind != "unknown" else 0x5151_0000 + random.randrange(1 << 16)
        esp = rubbish(spi, kind)
        for rig in (one, other):
            if rig is one or rig.gateway.box.express.open("outside", [esp], 0, RAW.remote, rig.gateway.now()) is None:
                rig.gateway.esp_arrived(esp, RAW)
    assert counted(one.gateway.box) == counted(other.gateway.box)
    assert heard.of(Dropped) == 50, "as many as are told of one by one"
    assert heard.of(Send) <= 16


def test_while_it_sheds_the_tunnels_own_packets_are_opened() -> None:
    a, b = tunnel()
    [state] = a.gateway.box.sad.states()
    opened = 0
    for number in range(200):
        for kind in ("forged", "unknown"):
            esp = rubbish(state.pair.inbound_spi if kind == "forged" else 0x5151_5151, kind)
            if a.gateway.box.express.open("outside", [esp], 0, RAW.remote, a.gateway.now()) is None:
                a.gateway.esp_arrived(esp, RAW)
        sealed = b.gateway.box.express.seal([echo(HOST_B, HOST_A, 2 + number).encode()], 0, b.gateway.now())
        assert sealed is not None
        out = a.gateway.box.express.open("outside", sealed.packets, 0, RAW.remote, a.gateway.now())
        opened += isinstance(out, Opened) and read_ipv4(out.packets[0]).destination == HOST_A
    assert opened == 200
    assert state.tally.bad_icv == 200


def test_datagrams_are_shed_before_anything_is_made_of_them_and_the_peer_negotiates_beside_them() -> None:
    a, b = gateway_of("a"), gateway_of("b")
    a.join(b)
    heard = Heard(a)
    for number in range(5000):
        path = Path(Endpoint(A, 500 if number % 2 else 4500), Endpoint(STRANGER + number, 500))
        a.gateway.datagram_arrived(bytes(4) + os.urandom(60), path)
        a.gateway.datagram_arrived(b"\xff", path)
    assert a.gateway.box.journal.drops.total() == 10_000
    assert a.gateway.box.journal.drops[Drop.RATE_LIMITED] == 9_800
    assert a.gateway.box.journal.traffic["outside"].packets_in == 10_000
    assert a.gateway.box.journal.traffic["outside"].dropped == 10_000
    assert heard.of(Dropped) == 200
    assert heard.of(Send) == 0
    b.gateway.packet_arrived("inside", echo(HOST_B, HOST_A).encode())
    b.carry()
    assert len(a.gateway.box.sad.states()) == 1
    assert len(b.gateway.box.sad.states()) == 1


def test_what_is_for_another_address_of_the_host_or_an_interface_without_ike_is_shed_too() -> None:
    a = gateway_of("a")
    heard = Heard(a)
    inside = next(view.address for view in a.gateway.box.interfaces.values() if view.name == "inside")
    for local in (inside, STRANGER):
        for _ in range(1000):
            a.gateway.datagram_arrived(os.urandom(60), Path(Endpoint(local, 500), Endpoint(STRANGER + 1, 500)))
    for _ in range(1000):
        a.gateway.esp_arrived(os.urandom(60), Path(Endpoint(STRANGER, 0), Endpoint(STRANGER + 1, 0)))
    drops = a.gateway.box.journal.drops
    assert (drops[Drop.IKE_NOT_ENABLED], drops[Drop.NOT_FOR_US]) == (1000, 2000)
    assert heard.of(Dropped) == 100
    a.advance(1)
    a.gateway.datagram_arrived(os.urandom(60), Path(Endpoint(STRANGER, 500), Endpoint(STRANGER + 1, 500)))
    assert heard.of(Dropped) == 101, "a second later a few are told of again"


def test_fragments_that_wait_for_others_are_forgotten_without_another_one_coming() -> None:
    a = gateway_of("a")
    part = Ipv4(STRANGER, A, 17, bytes(800), more_fragments=True)
    for number in range(100):
        a.gateway.packet_arrived("outside", part._replace(identification=number).encode())
    waiting = a.gateway.box._plane.reassembler("outside")
    assert waiting.waiting == 100
    assert a.alarm.at == later(a.gateway.now(), seconds(5))
    a.advance(5)
    a.gateway.wake()
    assert waiting.waiting == 0
    assert a.gateway.box.deadline() is None


def test_the_terminal_tells_of_a_flood_once_a_minute_and_not_of_each_that_gives_way() -> None:
    a, b = gateway_of("a"), gateway_of("b")
    b.gateway.packet_arrived("inside", echo(HOST_B, HOST_A).encode())
    [(first, _)] = b.sent
    told: list[str] = []
    a.gateway.watch(TunnelLines(told.append))
    for second in range(55):
        for number in range(100):
            path = Path(Endpoint(A, 500), Endpoint(STRANGER + 100 * second + number, 500))
            a.gateway.datagram_arrived(os.urandom(8) + first[8:], path)
        a.advance(1)
        a.gateway.wake()
    texts = [line.split(" ", 3)[3] for line in told]
    assert len(texts) == 2
    assert texts[0].startswith("a flood: ")
    assert "a limit on negotiations was reached: it gave way to a newer one" in texts[1]


def test_a_flood_of_first_messages_is_told_of_in_one_line_and_leaves_nothing_behind() -> None:
    a, b = gateway_of("a"), gateway_of("b")
    b.gateway.packet_arrived("inside", echo(HOST_B, HOST_A).encode())
    [(first, _)] = b.sent
    heard = Heard(a)
    for number in range(4000):
        path = Path(Endpoint(A, 500), Endpoint(STRANGER + number, 500))
        a.gateway.datagram_arrived(os.urandom(8) + first[8:], path)
        if number % 400 == 399:
            a.advance(1)
            a.gateway.wake()
    texts = [effect.line.text for effect in heard.effects if isinstance(effect, Say)]
    assert sum("drop rate" in text for text in texts) == 1
    assert a.gateway.box.journal.drops[Drop.RATE_LIMITED] > 3000
    for _ in range(12):
        a.advance(10)
        a.gateway.wake()
    assert a.gateway.box.ike_sas == ()
    assert a.gateway.box.timers() == 0
    assert a.gateway.box.deadline() is None

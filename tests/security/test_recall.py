"""A gateway that was killed and started again: its peer seals for what it was, until it hears of the new one."""

from ipaddress import IPv4Address, IPv4Network

import gateway_boxes
import pytest
from dying_host import DyingHost, life
from fake_kernel import Side, side
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, PATH, A, B, Rig, SystemLike, echo, gateway_of

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.gateway.recall import Recall
from mainmode.gateway.xfrm.events import Acquired, Lost
from mainmode.gateway.xfrm.layout import Carried, Direction, KernelMode, Limits, SaId, Selector
from mainmode.gateway.xfrm.policies import Policy, Template
from mainmode.gateway.xfrm.policy_set import OWN
from mainmode.gateway.xfrm.states import Replay, StateReport
from mainmode.ike.effects import AcquireFailed

ESP = bytes.fromhex("deadbeef00000001") + bytes(64)
FLOW = Selector(IPv4Network(HOST_A), IPv4Network(HOST_B), IpProtocol.ICMP, 8, 0)


TWO = CONFIGURATION + "access-list VPN extended permit ip 192.168.1.0 255.255.255.0 192.168.7.0 255.255.255.0\n"
ITS_TWO = CONFIGURATION + "access-list VPN extended permit ip 192.168.7.0 255.255.255.0 192.168.2.0 255.255.255.0\n"


class Failures(Watcher):
    """Keeps what nobody could begin."""

    def __init__(self, failed: list[AcquireFailed]) -> None:
        self._failed = failed

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        if isinstance(effect, AcquireFailed):
            self._failed.append(effect)


def recalling(patch: pytest.MonkeyPatch, text: str = CONFIGURATION, name: str = "again") -> Rig:
    """Side a after its start."""
    with patch.context() as here:
        here.setattr(gateway_boxes, "SystemLike", lambda _: SystemLike(name))
        rig = gateway_of("a", text)
    rig.gateway.watchers.append(Recall(rig.gateway))
    return rig


def spis(rig: Rig) -> set[tuple[int, int]]:
    return {(one.pair.inbound_spi, one.pair.outbound_spi) for one in rig.gateway.box.sad.states()}


def esp_from(rig: Rig, source: IPv4Address) -> None:
    rig.gateway.esp_arrived(ESP, Path(Endpoint(A, 0), Endpoint(source, 0)))


def test_a_peer_that_seals_for_what_was_has_a_new_tunnel_with_its_next_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    before, peer = gateway_of("a"), gateway_of("b")
    before.join(peer)
    before.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    before.carry()
    old = spis(peer)
    assert len(old) == 1
    again = recalling(monkeypatch)
    again.join(peer)
    peer.advance(1)
    peer.gateway.packet_arrived("inside", echo(HOST_B, HOST_A).encode())
    again.carry()
    [new] = spis(peer)
    assert new not in old
    assert spis(again) == {(new[1], new[0])}


def test_of_all_esp_in_a_peers_name_one_packet_in_a_minute_begins_something(monkeypatch: pytest.MonkeyPatch) -> None:
    again = recalling(monkeypatch)
    for _ in range(50):
        esp_from(again, B)
    assert len(again.sent) == 1
    again.gateway.act(lambda box, now: box.clear(None, now))
    esp_from(again, B)
    assert len(again.sent) == 1
    again.advance(61)
    esp_from(again, B)
    assert len(again.sent) == 2


@pytest.mark.parametrize(
    ("source", "more"),
    [
        (IPv4Address("10.0.0.99"), ""),
        (B, "crypto map MAP 10 set connection-type answer-only\n"),
    ],
)
def test_esp_of_a_stranger_or_for_an_entry_that_only_answers_begins_nothing(
    monkeypatch: pytest.MonkeyPatch, source: IPv4Address, more: str
) -> None:
    again = recalling(monkeypatch, CONFIGURATION + more)
    failed: list[AcquireFailed] = []
    again.gateway.watchers.append(Failures(failed))
    esp_from(again, source)
    assert not again.sent
    assert failed == []


def test_where_something_stands_with_the_peer_it_is_told_there_and_nothing_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    again, peer = recalling(monkeypatch, TWO), gateway_of("b", ITS_TWO)
    again.join(peer)
    again.gateway.packet_arrived("inside", echo(HOST_A, IPv4Address("192.168.7.7")).encode())
    again.carry()
    pairs = spis(again)
    assert len(pairs) == 1
    esp_from(again, B)
    again.settle()
    assert spis(again) == pairs


# --- with ESP in the kernel, which drops what it cannot open without a word ------------------------------------------


def test_the_peers_of_sas_that_a_killed_gateway_left_in_the_kernel_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    host, peer = DyingHost(), gateway_of("b")
    killed = life(host, "kernel", peer, monkeypatch)
    killed.start()
    assert killed.plane.bereft == frozenset()  # type: ignore[union-attr]
    killed.traffic()
    again = life(host, "kernel", peer, monkeypatch)
    again.start()
    assert again.plane.bereft == {B}  # type: ignore[union-attr]
    Recall(again.rig.gateway).begin(B)
    again.rig.settle()
    assert len(again.spis()) == 1
    assert again.spis() == {(outbound, inbound) for inbound, outbound in spis(peer)}


@pytest.fixture
def kernel_side(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Side:
    return side("a", monkeypatch, tmp_path)  # type: ignore[arg-type]


def larval(reqid: int) -> StateReport:
    """What the kernel keeps for 30 seconds of a packet that asked for an SA; it does not ask again meanwhile."""
    return StateReport(
        SaId(B, 0), A, reqid, KernelMode.TUNNEL, Limits(), Carried(), Replay(), wanted=FLOW
    )  # fmt: skip


def test_a_packet_that_asked_before_the_kill_is_not_forgotten_for_half_a_minute(kernel_side: Side) -> None:
    kernel_side.kernel.reports[SaId(B, 0)] = larval(OWN + 1)
    kernel_side.rig.gateway.mend()
    assert len(kernel_side.rig.sent) == 1
    assert SaId(B, 0) in kernel_side.kernel.reports


def test_a_packet_whose_question_was_lost_is_found_by_looking_and_one_of_another_program_is_not(
    kernel_side: Side,
) -> None:
    kernel_side.kernel.reports[SaId(B, 0)] = larval(7)
    kernel_side.tell(Lost())
    assert not kernel_side.rig.sent
    kernel_side.kernel.reports[SaId(B, 0)] = larval(OWN + 1)
    kernel_side.tell(Lost())
    assert len(kernel_side.rig.sent) == 1


def test_a_question_by_a_policy_that_a_killed_gateway_left_is_answered_too(kernel_side: Side) -> None:
    stale = Policy(FLOW, Direction.OUT, OWN, Template(A, B, OWN + 77, KernelMode.TUNNEL))
    kernel_side.tell(Acquired(FLOW, A, B, stale))
    assert len(kernel_side.rig.sent) == 1
    assert kernel_side.rig.sent[0][1] == PATH

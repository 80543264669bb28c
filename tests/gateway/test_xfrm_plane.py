"""The kernel's data plane over a kernel of this process: what goes in, when, and what comes of events."""

import errno
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path as File

import pytest
from fake_kernel import Kernel, Side, side
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, A, B

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.device.config.reader import read
from mainmode.gateway.data_plane import PlaneError
from mainmode.gateway.ingress import LOST, NOWHERE
from mainmode.gateway.xfrm.events import Acquired, Expired, Lost, Mapped
from mainmode.gateway.xfrm.layout import ANYWHERE, Carried, Direction, KernelMode, Selector
from mainmode.gateway.xfrm.policies import Policy, Template
from mainmode.gateway.xfrm.policy_set import OWN
from mainmode.gateway.xfrm.states import Replay, State

FLOW = Selector(IPv4Network(HOST_A), IPv4Network(HOST_B), IpProtocol.ICMP, 8, 0)
NET_A, NET_B = IPv4Network("192.168.1.0/24"), IPv4Network("192.168.2.0/24")
SHORT = CONFIGURATION + "crypto ipsec security-association lifetime kilobytes 2560\n"
DYNAMIC = CONFIGURATION.replace("crypto map MAP 10 set peer 10.0.0.2\n", "").replace(
    "crypto map MAP 10 match address VPN\n", ""
).replace("crypto map MAP 10 set ikev1 transform-set TRANSFORM\n", "").replace(
    "crypto map MAP interface",
    "crypto dynamic-map DYN 5 set ikev1 transform-set TRANSFORM\ncrypto map MAP 10 ipsec-isakmp dynamic DYN\n"
    "crypto map MAP interface",
)  # fmt: skip


@pytest.fixture
def sides(monkeypatch: pytest.MonkeyPatch, tmp_path: File) -> tuple[Side, Side]:
    """Both ends of a tunnel that is not up yet."""
    return joined(side("a", monkeypatch, tmp_path, SHORT), side("b", monkeypatch, tmp_path, SHORT))


def joined(a: Side, b: Side) -> tuple[Side, Side]:
    a.rig.join(b.rig)
    return a, b


def up(a: Side) -> None:
    """The tunnel comes up, since a packet asked the kernel of side a for it."""
    [policy] = [one for one in a.kernel.policies.values() if one.direction is Direction.OUT]
    a.tell(Acquired(FLOW, A, B, policy))
    a.rig.settle()


def renewed(a: Side) -> None:
    """The tunnel is up, and a pair that side a began to renew it stands too."""
    up(a)
    (old,), _ = states(a)
    a.kernel.carry(old.sa, 10, 2_300_000)
    a.tell(Expired(a.kernel.reports[old.sa], hard=False))
    a.rig.settle()


def states(one: Side) -> tuple[list[State], list[State]]:
    """The inbound and the outbound SAs of a side, oldest first."""
    own = one.rig.gateway.box.interfaces["outside"].address
    known = one.kernel.states.values()
    return [s for s in known if s.sa.destination == own], [s for s in known if s.sa.destination != own]


def test_the_policies_of_a_crypto_map_lead_to_its_peer_in_all_directions(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    found = {policy.direction: policy for policy in a.kernel.policies.values()}
    out = Selector(NET_A, NET_B, link=3)
    assert found[Direction.OUT] == Policy(out, Direction.OUT, OWN, Template(A, B, OWN + 1, KernelMode.TUNNEL))
    back = Template(ANYWHERE, A, OWN + 1, KernelMode.TUNNEL)
    for direction in (Direction.IN, Direction.FORWARD):
        assert found[direction] == Policy(Selector(NET_B, NET_A), direction, OWN, back)


def test_the_host_finds_the_remote_network_by_the_way_to_the_peer(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    [route] = a.kernel.ways()
    assert (route.destination, route.link, route.gateway) == (NET_B, 3, B)
    special, remote = (rule for rule in a.kernel.rules if rule.table != NOWHERE)
    assert special.source == remote.source == NET_A
    assert special.priority < remote.priority
    assert (special.shortest, remote.table) == (1, route.table)


def test_what_comes_outside_with_a_source_that_is_inside_goes_into_no_tunnel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: File
) -> None:
    web = SHORT.replace("access-list VPN extended permit ip", "access-list VPN extended permit tcp").replace(
        "192.168.2.0 255.255.255.0\n", "192.168.2.0 255.255.255.0 eq 443\n"
    )
    a = side("a", monkeypatch, tmp_path, web)
    [wrong] = [rule for rule in a.kernel.rules if rule.table == NOWHERE]
    assert (wrong.source, wrong.destination, wrong.ingress) == (NET_A, NET_B, "eth3")
    assert (wrong.protocol, wrong.source_ports, wrong.destination_ports) == (6, None, (443, 443))
    assert wrong.priority < min(rule.priority for rule in a.kernel.rules if rule is not wrong)
    assert LOST in a.kernel.routes


BACKUP = SHORT.replace(
    "crypto map MAP interface",
    "crypto map SPARE 10 match address VPN\ncrypto map SPARE 10 set peer 10.0.1.2\n"
    "crypto map SPARE 10 set ikev1 transform-set TRANSFORM\ncrypto map SPARE interface spare\ncrypto map MAP interface",
).replace(
    "access-list VPN",
    "interface GigabitEthernet0/2\n nameif spare\n ip address 10.0.1.1 255.255.255.0\naccess-list VPN",
)


def test_a_spare_interface_with_the_same_networks_has_its_own_way_out_and_the_same_way_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: File
) -> None:
    a = side("a", monkeypatch, tmp_path, BACKUP)
    out = [one for one in a.kernel.policies.values() if one.direction is Direction.OUT]
    assert {one.selector.link for one in out} == {0, 3}
    assert {one.template and one.template.destination for one in out} == {B, IPv4Address("10.0.1.2")}
    assert len({one.template and one.template.reqid for one in a.kernel.policies.values()}) == 1
    assert len(a.kernel.policies) == 4


def test_a_packet_that_asks_the_kernel_brings_the_tunnel_up_on_both_sides(sides: tuple[Side, Side]) -> None:
    a, b = sides
    up(a)
    (a_in,), (a_out,) = states(a)
    (b_in,), (b_out,) = states(b)
    assert (a_in.sa, a_out.sa) == (b_out.sa, b_in.sa)
    assert (a_in.keys, a_out.keys) == (b_out.keys, b_in.keys)
    assert a_in.reqid == a_out.reqid == OWN + 1
    assert (a_in.source, a_out.source) == (B, A)
    assert (a_in.window, a_out.window) == (64, 0)
    assert a_in.limits.hard_octets == 2560 * 1024
    assert a_in.limits.soft_octets == int(2560 * 1024 * 0.85)


def test_another_packet_of_a_tunnel_that_stands_begins_nothing(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    up(a)
    assert len(a.kernel.states) == 2


def test_an_acquire_of_another_program_s_policy_is_none_of_ours(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    a.tell(Acquired(FLOW, A, B, Policy(FLOW, Direction.OUT, 1, Template(A, B, 7, KernelMode.TUNNEL))))
    assert not a.rig.sent


def test_a_soft_lifetime_renews_and_the_new_outbound_sa_waits_for_the_peer(sides: tuple[Side, Side]) -> None:
    a, b = sides
    up(a)
    (old,), (old_out,) = states(a)
    a.kernel.carry(old.sa, 10, 2_300_000)
    a.tell(Expired(a.kernel.reports[old.sa], hard=False))
    a.rig.settle()
    inbound, outbound = states(a)
    assert (len(inbound), outbound) == (2, [old_out])
    assert len(states(b)[1]) == 2
    a.kernel.carry(inbound[1].sa, 1, 100)
    a.rig.advance(1)
    a.plane.refresh(a.rig.gateway.now())
    assert len(states(a)[1]) == 2
    assert a.rig.gateway.box.sad.states()[-1].usable


def test_the_kernel_tells_of_the_first_packets_on_a_pair_that_waits_for_them(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    renewed(a)
    old, new = states(a)[0]
    assert (old.limits.soft_packets, new.limits.soft_packets) == (0xE000_0000, 1)
    a.kernel.carry(new.sa, 1, 1000)
    a.tell(Expired(a.kernel.reports[new.sa], hard=False))
    assert len(states(a)[1]) == 2
    assert states(a)[0][1].limits.soft_packets == 0xE000_0000
    a.rig.settle()
    assert len(states(a)[0]) == 2, "nothing is renewed by it"


def test_a_tunnel_whose_old_pair_is_at_its_end_sends_on_the_new_one_at_once(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    renewed(a)
    (_, new), (old_out,) = states(a)
    report = a.kernel.reports.pop(old_out.sa)
    del a.kernel.states[old_out.sa]
    a.tell(Expired(report, hard=True))
    a.rig.settle()
    inbound, outbound = states(a)
    assert [one.sa for one in inbound] == [new.sa]
    assert len(outbound) == 1


def test_a_renewal_is_used_after_a_while_and_the_old_pair_goes(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    (old,), _ = states(a)
    a.kernel.carry(old.sa, 10, 2_300_000)
    a.tell(Expired(a.kernel.reports[old.sa], hard=False))
    a.rig.settle()
    for _ in range(40):
        a.rig.advance(1)
        a.rig.gateway.wake()
        a.rig.settle()
    inbound, outbound = states(a)
    assert (len(inbound), len(outbound)) == (1, 1)
    assert old not in inbound


def test_traffic_moves_between_pairs_and_back_and_no_number_is_used_twice(sides: tuple[Side, Side]) -> None:
    a, b = sides
    renewed(a)
    first, second = states(b)[1]
    b.kernel.carry(second.sa, 7, 700)
    b.kernel.reports[second.sa] = replace(b.kernel.reports[second.sa], replay=Replay(7))
    older, newer = (state.pair.inbound_spi for state in b.rig.gateway.box.sad.states())
    b.plane.use(older)
    assert states(b)[1] == [first]
    b.plane.use(newer)
    again = states(b)[1][-1]
    assert again.sa == second.sa
    assert again.carried == Carried(700, 7)
    assert again.replay is not None
    assert again.replay.sent > 7 + 500


def test_a_hard_lifetime_ends_the_pair_on_both_sides(sides: tuple[Side, Side]) -> None:
    a, b = sides
    up(a)
    (old,), _ = states(a)
    report = a.kernel.reports.pop(old.sa)
    del a.kernel.states[old.sa]
    a.tell(Expired(report, hard=True))
    a.rig.settle()
    assert not a.kernel.states
    assert not b.kernel.states
    assert not a.rig.gateway.box.sad.states()


def test_what_the_kernel_carried_is_told_to_the_box_with_its_time(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    (inbound,), (outbound,) = states(a)
    now = a.rig.gateway.now()
    a.kernel.carry(inbound.sa, 3, 300, last_used=None)
    a.kernel.carry(outbound.sa, 4, 400)
    a.kernel.reports[inbound.sa] = replace(a.kernel.reports[inbound.sa], replays=2, bad_icvs=1)
    a.plane.refresh(now)
    [state] = a.rig.gateway.box.sad.states()
    tally = state.tally
    assert (tally.encapsulated, tally.octets_out, tally.decapsulated, tally.octets_in) == (4, 400, 3, 300)
    assert (tally.replays, tally.bad_icv) == (2, 1)
    assert (state.heard, state.sent) == (now, now)


def test_the_kernel_is_not_asked_twice_in_the_same_moment(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    a.rig.advance(1)
    before = a.kernel.calls.count("states")
    for _ in range(5):
        a.plane.refresh(a.rig.gateway.now())
    assert a.kernel.calls.count("states") == before + 1


def test_another_port_is_told_to_the_sas_without_making_them_anew(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    spi = a.rig.gateway.box.sad.states()[0].pair.inbound_spi
    installed, _ = a.plane._pairs[spi]
    installed.pair = replace(installed.pair, udp_encapsulated=True)
    a.kernel.calls.clear()
    a.plane.move(spi, Path(Endpoint(A, 4500), Endpoint(B, 61000)))
    assert a.kernel.calls == ["update_state", "update_state"]
    (inbound,), (outbound,) = states(a)
    assert (inbound.encapsulation, outbound.encapsulation) == ((61000, 4500), (4500, 61000))


def test_at_another_address_the_sas_are_made_anew_and_carry_on(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    spi = a.rig.gateway.box.sad.states()[0].pair.inbound_spi
    (inbound,), (outbound,) = states(a)
    a.kernel.carry(outbound.sa, 4, 400)
    there = IPv4Address("10.0.0.77")
    a.plane.move(spi, Path(Endpoint(A, 4500), Endpoint(there, 61000)))
    (now_in,), (now_out,) = states(a)
    assert (now_in.sa, now_in.source) == (inbound.sa, there)
    assert (now_out.sa.destination, now_out.sa.spi) == (there, outbound.sa.spi)
    assert now_out.carried is not None
    assert now_out.carried.packets == 4
    [policy] = [one for one in a.kernel.policies.values() if one.direction is Direction.OUT]
    assert policy.template == Template(A, there, OWN + 1, KernelMode.TUNNEL)


def test_a_mapping_is_told_to_the_box_once(sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch) -> None:
    a, _ = sides
    up(a)
    (inbound,), _ = states(a)
    told: list[Endpoint] = []
    monkeypatch.setattr(a.rig.gateway.box, "moved", lambda spi, remote, now: told.append(remote) or [])
    event = Mapped(inbound.sa, Endpoint(B, 61000))
    a.tell(event, event)
    assert told == [Endpoint(B, 61000)]


def test_an_sa_that_the_kernel_refuses_takes_its_tunnel_down_and_leaves_nothing(sides: tuple[Side, Side]) -> None:
    a, b = sides
    adding = 0

    def refuses(call: str) -> int | None:
        nonlocal adding
        adding += call == "add_state"
        return errno.ENOMEM if call == "add_state" and adding == 2 else None

    a.kernel.refuses = refuses
    up(a)
    a.rig.settle()
    assert not a.kernel.states
    assert not a.rig.gateway.box.sad.states()
    assert not b.kernel.states
    assert any("cannot install the SA 0x" in line and "ENOMEM" in line for line in a.rig.told)


def test_an_sa_of_another_program_with_our_spi_is_not_taken_out(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    [state] = a.rig.gateway.box.sad.states()
    pair = state.pair
    a.plane.remove(pair.inbound_spi)
    foreign = State(next(iter(states(sides[1])[1])).sa, B, 7, KernelMode.TUNNEL, pair.suite, pair.inbound_keys)
    a.kernel.states[foreign.sa] = foreign
    with pytest.raises(PlaneError, match="EEXIST"):
        a.plane.install(pair, None)
    assert a.kernel.states == {foreign.sa: foreign}


def test_a_policy_of_another_program_for_the_same_traffic_is_told_and_the_others_go_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: File
) -> None:
    kernel = Kernel()
    selector = Selector(NET_A, NET_B, link=3)
    foreign = Policy(selector, Direction.OUT, 5, Template(A, B, 7, KernelMode.TUNNEL))
    kernel.policies[selector, Direction.OUT] = foreign
    with pytest.raises(PlaneError, match="another program on this host protects the same traffic"):
        side("a", monkeypatch, tmp_path, kernel=kernel)
    assert kernel.policies[selector, Direction.OUT] == foreign
    assert len(kernel.policies) == 3


def test_events_that_were_lost_are_made_good_by_looking(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    (inbound,), _ = states(a)
    a.kernel.carry(inbound.sa, 10, 2_300_000)
    a.tell(Lost())
    a.rig.settle()
    assert len(states(a)[0]) == 2
    for one in states(a)[0]:
        del a.kernel.states[one.sa], a.kernel.reports[one.sa]
    a.rig.advance(2)
    a.tell(Lost())
    a.rig.settle()
    assert not a.rig.gateway.box.sad.states()


def test_sas_that_somebody_flushed_are_negotiated_anew_when_a_packet_asks(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    before = {one.sa for one in a.tunnel_states()}
    a.kernel.states.clear()
    a.kernel.reports.clear()
    a.rig.advance(2)
    up(a)
    now = {one.sa for one in a.tunnel_states()}
    assert len(now) == 2
    assert not now & before
    assert not a.rig.gateway.troubles


def test_an_interface_that_came_back_as_another_has_its_policies_again(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    before = dict(a.kernel.states)
    a.network.link = 8
    a.plane.mend()
    assert [one.selector.link for one in a.kernel.policies.values() if one.direction is Direction.OUT] == [8]
    assert [route.link for route in a.kernel.ways()] == [8]
    assert [rule.ingress for rule in a.kernel.rules if rule.table == NOWHERE] == ["eth8"]
    assert a.kernel.states == before


def test_another_configuration_changes_only_what_changed(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    more = SHORT.replace(
        "access-list VPN extended",
        "access-list VPN extended permit ip host 172.16.0.1 192.168.2.0 255.255.255.0\naccess-list VPN extended",
    )
    before = dict(a.kernel.states)
    a.rig.gateway.act(lambda box, now: box.reconfigure(read(more, "a.cfg"), now))
    a.plane.protect(a.rig.gateway.box)
    assert a.kernel.states == before
    assert len(a.kernel.policies) == 6
    reqids = {one.template.reqid for one in a.kernel.policies.values() if one.template is not None}
    assert len(reqids) == 2
    a.rig.gateway.act(lambda box, now: box.reconfigure(read(SHORT, "a.cfg"), now))
    a.plane.protect(a.rig.gateway.box)
    assert len(a.kernel.policies) == 3


def test_a_peer_of_a_dynamic_map_has_policies_as_long_as_its_sas(
    monkeypatch: pytest.MonkeyPatch, tmp_path: File
) -> None:
    group = "tunnel-group 10.0.0.2 type"
    a = side("a", monkeypatch, tmp_path, DYNAMIC)
    b = side("b", monkeypatch, tmp_path, CONFIGURATION)
    assert group in DYNAMIC
    joined(a, b)
    assert not a.kernel.policies
    [policy] = [one for one in b.kernel.policies.values() if one.direction is Direction.OUT]
    flow = Selector(IPv4Network(HOST_B), IPv4Network(HOST_A), 17, 1, 2)
    b.tell(Acquired(flow, B, A, policy))
    b.rig.settle()
    assert len(a.kernel.states) == 2
    assert {one.selector.destination for one in a.kernel.policies.values() if one.direction is Direction.OUT} == {NET_B}
    assert len(a.kernel.ways()) == 1
    assert [rule.ingress for rule in a.kernel.rules if rule.table == NOWHERE] == ["eth3"]
    b.rig.gateway.act(lambda box, now: box.clear(None, now))
    b.rig.settle()
    assert not a.kernel.states
    assert not a.kernel.policies
    assert not a.kernel.ways()
    assert not a.kernel.rules


def test_a_pair_goes_in_once_even_where_it_is_told_twice(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    [state] = a.rig.gateway.box.sad.states()
    a.plane.install(state.pair, None)
    assert len(a.kernel.states) == 2


def test_what_a_crash_left_behind_goes_at_the_next_start(monkeypatch: pytest.MonkeyPatch, tmp_path: File) -> None:
    first = joined(side("a", monkeypatch, tmp_path), side("b", monkeypatch, tmp_path))[0]
    up(first)
    foreign = replace(states(first)[0][0], sa=first.tunnel_states()[0].sa._replace(spi=7), reqid=7)
    first.kernel.states[foreign.sa] = foreign
    first.kernel.reports[foreign.sa] = replace(first.kernel.reports[states(first)[0][0].sa], sa=foreign.sa, reqid=7)
    first.kernel.calls.clear()
    again = side("a", monkeypatch, tmp_path, kernel=first.kernel)
    assert again.tunnel_states() == [foreign]
    assert len(again.kernel.policies) == 3
    assert len(again.kernel.rules) == 3
    assert "remove_policy" not in again.kernel.calls, "nothing leaves in clear meanwhile"
    other = SHORT.replace("192.168.2.0 255.255.255.0", "192.168.3.0 255.255.255.0")
    third = side("a", monkeypatch, tmp_path, other, kernel=first.kernel)
    out = [one.selector.destination for one in third.kernel.policies.values() if one.direction is Direction.OUT]
    assert out == [IPv4Network("192.168.3.0/24")]
    assert [route.destination for route in third.kernel.ways()] == out


def test_the_end_takes_out_all_that_was_made_and_only_that(sides: tuple[Side, Side], tmp_path: File) -> None:
    a, _ = sides
    up(a)
    assert (tmp_path / "larval-a").read_text() == "0"
    assert (tmp_path / "forward-a").read_text() == "1"
    a.plane.close()
    kernel = a.kernel
    assert [kernel.states, kernel.policies, kernel.rules, kernel.routes] == [{}, {}, [], []]
    assert (tmp_path / "larval-a").read_text() == "1"
    assert (tmp_path / "forward-a").read_text() == "0"
    assert a.loop.reader is None


def test_the_host_stops_forwarding_before_the_policies_go(sides: tuple[Side, Side], tmp_path: File) -> None:
    a, _ = sides
    up(a)
    seen = []

    def looked(call: str) -> None:
        if call == "remove_policy":
            seen.append((tmp_path / "forward-a").read_text())

    a.kernel.refuses = looked
    a.plane.close()
    assert set(seen) == {"0"}


def test_a_ping_of_the_box_into_a_tunnel_leaves_in_clear_for_the_kernel_to_seal(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    up(a)
    a.rig.gateway.act(lambda box, now: box.ping(HOST_B, now, "inside"))
    [packet] = a.raw.sent
    assert packet[9] == IpProtocol.ICMP
    assert IPv4Address(packet[16:20]) == HOST_B

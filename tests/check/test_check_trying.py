"""The matrix by trying: the packaged pair, and single changes of it, each with the cells that they bring about."""

from importlib.resources import files

import pytest

from mainmode.check import worlds
from mainmode.check.matrix import Came, Matrix
from mainmode.check.subject import Subject, subject
from mainmode.check.trying import cell_of, matrix_of, rows_of
from mainmode.device.config.reader import read
from mainmode.ladder.transcript import Side

_EXAMPLES = files("mainmode.lab") / "examples"
_TEXTS = {side: (_EXAMPLES / f"asa{number}.cfg").read_text("utf-8") for side, number in ((Side.A, 1), (Side.B, 2))}
A, B = Side


def changed(*changes: tuple[Side, str, str]) -> Subject:
    """The packaged pair, with texts replaced; each must be there."""
    texts = dict(_TEXTS)
    for side, old, new in changes:
        assert old in texts[side]
        texts[side] = texts[side].replace(old, new)
    return subject({side: read(texts[side], f"{side.value}.cfg") for side in Side}, texts)


def came(matrix: Matrix) -> list[tuple[int, Side, Came]]:
    return [(cell.row, cell.starter, cell.came) for cell in matrix.cells]


def both(*outcomes: tuple[Came, Came]) -> list[tuple[int, Side, Came]]:
    """Cells of rows 1, 2 …, begun by A and by B."""
    return [(row, side, one) for row, pair in enumerate(outcomes, 1) for side, one in zip(Side, pair, strict=True)]


def test_a_healthy_pair_is_up_in_both_directions_with_what_was_agreed() -> None:
    matrix = matrix_of(changed())
    assert came(matrix) == both((Came.UP, Came.UP), (Came.UP, Came.UP))
    assert matrix.up
    assert matrix.untried == 0
    for cell in matrix.cells:
        assert (cell.stage, cell.cause) == ("", "")
        assert cell.agreed is not None
        assert {standing.map_name for standing in cell.agreed.sides.values()} == {"MAP"}
        assert {ruling.stage for ruling in cell.rulings} >= {"ROUTE-LOOKUP", "CRYPTO-MAP", "IKE phase 1", "IKE phase 2"}


@pytest.mark.parametrize(
    ("change", "begun_by_a", "begun_by_b"),
    [
        ((B, "pre-shared-key cisco", "pre-shared-key other"), (Came.REJECTED, "PSK_MISMATCH"), None),
        ((B, "crypto isakmp enable outside\n", ""), (Came.NO_ANSWER, "IKE_NOT_ENABLED"), None),
        ((A, "crypto map MAP interface outside\n", ""), (Came.NEVER_LEAVES, "CRYPTO_MAP_NOT_BOUND"), None),
        ((B, "esp-aes esp-sha", "esp-3des esp-sha"), (Came.REJECTED, "TRANSFORM_MISMATCH"), None),
        ((A, "security-level 100", "security-level 0"), (Came.NEVER_LEAVES, "DENIED"), (Came.NO_REPLY, "DENIED")),
    ],
)
def test_a_fault_is_told_by_direction_with_its_stage_and_cause(
    change: tuple[Side, str, str], begun_by_a: tuple[Came, str], begun_by_b: tuple[Came, str] | None
) -> None:
    matrix = matrix_of(changed(change))
    cell = matrix.of(1, A)
    assert (cell.came, cell.cause) == begun_by_a
    assert cell.stage
    assert cell.blames
    other = matrix.of(1, B)
    if begun_by_b is None:
        assert other.came.down
    else:
        assert (other.came, other.cause) == begun_by_b


def test_who_only_answers_is_not_down_and_two_who_only_answer_are() -> None:
    line = "crypto map MAP 10 set peer 10.0.0.2\n"
    answers = (A, line, f"{line}crypto map MAP 10 set connection-type answer-only\n")
    assert came(matrix_of(changed(answers)))[:2] == [(1, A, Came.NOT_BEGUN), (1, B, Came.UP)]
    line = "crypto map MAP 10 set peer 10.0.0.1\n"
    too = (B, line, f"{line}crypto map MAP 10 set connection-type answer-only\n")
    assert all(cell.came is Came.NEVER_LEAVES for cell in matrix_of(changed(answers, too)).cells)


def test_a_line_without_mirror_is_a_row_of_one_side() -> None:
    line = "access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0\n"
    one = changed((A, line, f"{line}{line.replace('icmp', 'udp')}"))
    matrix = matrix_of(one)
    assert [set(row.lines) for row in matrix.rows] == [{A, B}, {A, B}, {A}]
    assert (matrix.of(3, A).came, matrix.of(3, A).cause) == (Came.REJECTED, "PROXY_MISMATCH")
    assert (matrix.of(3, B).came, matrix.of(3, B).stage) == (Came.IN_CLEAR, "packet path")


def test_the_doors_for_single_cells_give_what_the_matrix_has() -> None:
    one = changed((B, "pre-shared-key cisco", "pre-shared-key other"))
    rows, untried = rows_of(one)
    matrix = matrix_of(one)
    assert (rows, untried) == (matrix.rows, 0)
    assert cell_of(one, rows[1], B) == matrix.of(2, B)


def test_lines_for_any_protocol_are_tried() -> None:
    lines = {
        side: f"access-list VPN extended permit icmp 192.168.{near}.0 255.255.255.0 192.168.{far}.0 255.255.255.0"
        for side, near, far in ((A, 1, 2), (B, 2, 1))
    }
    matrix = matrix_of(changed(*((side, line, line.replace("icmp", "gre")) for side, line in lines.items())))
    assert came(matrix) == both((Came.UP, Came.UP), (Came.UP, Came.UP))


_FILTERED = "nat (inside,outside) source static INSIDE-RANGE"


def _listed(*lines: str) -> tuple[Side, str, str]:
    """An access list on the inside interface of A."""
    listed = "".join(f"access-list INSIDE extended {line}\n" for line in lines)
    return A, _FILTERED, f"{listed}access-group INSIDE in interface inside\n{_FILTERED}"


def test_where_a_list_permits_one_port_that_is_what_is_sent() -> None:
    matrix = matrix_of(changed(_listed("permit tcp any any eq 443")))
    assert came(matrix)[:2] == [(1, A, Came.UP), (1, B, Came.UP)]
    assert "tcp to port 443" in matrix.of(1, A).sentence
    assert matrix.of(2, A).came is Came.NEVER_LEAVES
    assert matrix.of(2, A).cause == "DENIED"
    key = (B, "pre-shared-key cisco", "pre-shared-key other")
    assert matrix_of(changed(_listed("permit tcp any any eq 443"), key)).of(1, A).cause == "PSK_MISMATCH"


def test_a_line_that_denies_the_networks_of_the_tunnel_is_not_gone_round() -> None:
    denied = "deny ip any 192.168.2.0 255.255.255.0"
    matrix = matrix_of(changed(_listed("permit tcp any any eq 443", denied, "permit ip any any")))
    assert (matrix.of(1, A).came, matrix.of(1, A).cause) == (Came.NEVER_LEAVES, "DENIED")
    own = "permit tcp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0 eq 443"
    assert matrix_of(changed(_listed(own, denied, "permit ip any any"))).of(1, A).came is Came.UP


def test_a_peer_of_a_list_that_is_in_neither_file_does_not_answer_and_is_told() -> None:
    one = changed((A, "set peer 10.0.0.2", "set peer 10.0.0.9 10.0.0.2"))
    line = "a.cfg:23 crypto map MAP 10 set peer 10.0.0.9 10.0.0.2"
    assert one.assumptions == (f"10.0.0.9 ({line}) is in neither file and does not answer in the run",)
    assert came(matrix_of(one)) == both((Came.UP, Came.UP), (Came.UP, Came.UP))


def test_a_line_the_wrong_way_round_is_no_row_of_its_own() -> None:
    line = "access-list VPN extended permit icmp 192.168.2.0 255.255.255.0 192.168.1.0 255.255.255.0"
    turned = "access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0"
    matrix = matrix_of(changed((B, line, turned)))
    assert came(matrix) == both((Came.UP, Came.UP), (Came.REJECTED, Came.IN_CLEAR))


def test_the_entry_of_another_peer_is_no_row_where_a_dynamic_map_answers() -> None:
    static = "crypto map MAP 10 set peer 10.0.0.2"
    elsewhere = "access-list VPN extended permit ip 192.168.1.0 255.255.255.0 192.168.9.0 255.255.255.0\n"
    lines = [f"access-list VPN extended permit {one} 192.168.1.0 255.255.255.0" for one in ("tcp", "icmp")]
    dynamic = (
        "crypto dynamic-map DYN 10 set transform-set TRANSFORM\ncrypto dynamic-map DYN 10 set reverse-route\n"
        "crypto map MAP 20 ipsec-isakmp dynamic DYN\n"
    )
    listed = f"{lines[0]} 192.168.2.0 255.255.255.0\n{lines[1]} 192.168.2.0 255.255.255.0\n"
    hub = (
        (A, static, "crypto map MAP 10 set peer 10.0.0.9"),
        (A, "crypto map MAP interface", f"{dynamic}crypto map MAP interface"),
    )
    matrix = matrix_of(changed((A, listed, elsewhere), *hub))
    assert came(matrix) == both((Came.NOT_BEGUN, Came.UP), (Came.NOT_BEGUN, Came.UP))
    wide = elsewhere.replace("192.168.9.0 255.255.255.0", "192.168.0.0 255.255.0.0")
    matrix = matrix_of(changed((A, listed, wide), *hub))
    assert came(matrix) == both((Came.NOT_BEGUN, Came.NO_REPLY), (Came.NOT_BEGUN, Came.NO_REPLY))


def test_an_entry_that_names_a_wrong_peer_is_told_by_its_networks() -> None:
    matrix = matrix_of(changed((A, "set peer 10.0.0.2", "set peer 10.0.0.3")))
    assert [set(row.lines) for row in matrix.rows] == [{A, B}, {A, B}]
    assert {cell.cause for cell in matrix.cells if cell.starter is A} == {"PEER_ADDRESS_WRONG"}


def test_a_tunnel_by_another_entry_of_the_same_peers_is_up_and_told() -> None:
    more = "".join(
        f"crypto map MAP 5 {one}\n" for one in ("match address WIDE", "set peer {}", "set transform-set TRANSFORM")
    )
    changes = []
    for side, near, far, peer in ((A, 1, 2, "10.0.0.2"), (B, 2, 1, "10.0.0.1")):
        wide = f"access-list WIDE extended permit ip 192.168.{near}.0 255.255.255.0 192.168.{far}.0 255.255.255.0\n"
        changes.append((side, "crypto map MAP 10 match", f"{wide}{more.format(peer)}crypto map MAP 10 match"))
    matrix = matrix_of(changed(*changes))
    assert came(matrix) == both((Came.UP, Came.UP), *[(Came.OTHER_ENTRY, Came.OTHER_ENTRY)] * 2)
    assert matrix.up


def test_a_device_without_a_way_to_its_peer_answers_nothing() -> None:
    mask = (B, "ip address 10.0.0.2 255.255.255.0", "ip address 10.0.0.2 255.255.255.255")
    matrix = matrix_of(changed(mask))
    assert (matrix.of(1, A).came, matrix.of(1, A).cause) == (Came.NO_ANSWER, "NO_ROUTE")
    assert matrix.of(1, B).came is Came.NEVER_LEAVES


_MORE = (64, 128, 192)


def _lines(near: int, far: int) -> str:
    """The two lines of the packaged pair's access list, as side 1 or 2 has them."""
    return "".join(
        f"access-list VPN extended permit {one} 192.168.{near}.0 255.255.255.0 192.168.{far}.0 255.255.255.0\n"
        for one in ("tcp", "icmp")
    )


def _apart(side: Side, parts: tuple[int, ...]) -> tuple[tuple[Side, str, str], ...]:
    """Lines for parts of A's network that do not overlap, and a route in place of what reverse-route puts in."""
    ends = [f"192.168.1.{part} 255.255.255.192" for part in parts], "192.168.2.0 255.255.255.0"
    pairs = [(one, ends[1]) if side is A else (ends[1], one) for one in ends[0]]
    listed = "".join(f"access-list VPN extended permit ip {near} {far}\n" for near, far in pairs)
    near, far, peer = (1, 2, "10.0.0.2") if side is A else (2, 1, "10.0.0.1")
    return (
        (side, _lines(near, far), listed),
        (side, "crypto map MAP 10 set reverse-route\n", f"route outside 192.168.{far}.0 255.255.255.0 {peer}\n"),
    )


def test_rows_that_share_boxes_come_to_what_they_come_to_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    usual = worlds.Trial
    monkeypatch.setattr(worlds, "Trial", lambda *given, **named: made.append(given) or usual(*given, **named))
    for parts, few in ((_MORE, 2), ((64, 0, 192), 8)):
        one = changed(*_apart(A, _MORE), *_apart(B, parts))
        rows, _ = rows_of(one)
        made.clear()
        matrix = matrix_of(one)
        assert len(made) <= few
        for cell in matrix.cells:
            alone = cell_of(one, rows[cell.row - 1], cell.starter)
            assert (cell.came, cell.cause, cell.agreed) == (alone.came, alone.cause, alone.agreed)
            assert {(ruling.side, ruling.stage) for ruling in cell.rulings} == {
                (ruling.side, ruling.stage) for ruling in alone.rulings
            }


def test_two_interfaces_with_one_address_are_counted_each_by_itself() -> None:
    twin = "interface GigabitEthernet0/7\n nameif twin\n security-level 50\n ip address 192.168.2.1 255.255.255.0\n!\n"
    assert " ip address 192.168.2.1 255.255.255.0" in _TEXTS[B]
    matrix = matrix_of(
        changed((B, "access-list VPN extended permit tcp", f"{twin}access-list VPN extended permit tcp"))
    )
    assert [cell.row for cell in matrix.cells] == [1, 1, 2, 2]


def test_a_device_whose_address_its_provider_gives_is_lent_one() -> None:
    dynamic = (
        "crypto dynamic-map DYN 10 set transform-set TRANSFORM\ncrypto dynamic-map DYN 10 set reverse-route\n"
        "crypto map MAP 10 ipsec-isakmp dynamic DYN\n"
    )
    given = (A, "ip address 10.0.0.1 255.255.255.0", "ip address dhcp setroute")
    static = (
        "crypto map MAP 10 match address VPN\ncrypto map MAP 10 set peer 10.0.0.1\n"
        "crypto map MAP 10 set transform-set TRANSFORM\ncrypto map MAP 10 set reverse-route\n"
    )
    groups = [
        (B, f"tunnel-group 10.0.0.1 {one}", f"tunnel-group DefaultL2LGroup {one}") for one in ("ipsec-attr", "type")
    ]
    named = changed(given, (B, " ip address 10.0.0.2", " ip address 10.0.0.2"))
    assert str(named.facing[0].ends[A].address) == "10.0.0.1"
    one = changed(
        given,
        (B, static, dynamic),
        *groups,
        (B, "crypto map MAP interface", "route outside 0 0 10.0.0.9\ncrypto map MAP interface"),
    )
    assert one.assumptions[0].startswith("asa1 has its address from its provider (a.cfg:12 ip address dhcp setroute)")
    assert came(matrix_of(one)) == both((Came.UP, Came.NOT_BEGUN), (Came.UP, Came.NOT_BEGUN))


def test_a_line_of_a_dynamic_map_takes_a_part_of_itself_and_the_tunnel_is_told_as_narrowed() -> None:
    static = (
        "crypto map MAP 10 match address VPN\ncrypto map MAP 10 set peer 10.0.0.1\n"
        "crypto map MAP 10 set transform-set TRANSFORM\ncrypto map MAP 10 set reverse-route\n"
    )
    dynamic = (
        "access-list WIDE extended permit ip any 192.168.0.0 255.255.252.0\n"
        "crypto dynamic-map DYN 10 match address WIDE\ncrypto dynamic-map DYN 10 set transform-set TRANSFORM\n"
        "crypto dynamic-map DYN 10 set reverse-route\n"
        "crypto map MAP 10 ipsec-isakmp dynamic DYN\n"
    )
    matrix = matrix_of(changed((B, static, dynamic)))
    assert came(matrix) == both((Came.NARROWED, Came.NOT_BEGUN), (Came.NARROWED, Came.NOT_BEGUN))
    assert matrix.up
    exact = "".join(
        f"access-list WIDE extended permit {one} 192.168.2.0 255.255.255.0 192.168.1.0 255.255.255.0\n"
        for one in ("tcp", "icmp")
    )
    mirrored = dynamic.replace("access-list WIDE extended permit ip any 192.168.0.0 255.255.252.0\n", exact)
    assert came(matrix_of(changed((B, static, mirrored))))[0] == (1, A, Came.UP)


_DMZ = (
    "interface Ethernet0/3\n nameif dmz\n security-level 50\n ip address 172.16.2.1 255.255.255.0\n!\nobject network IN"
)


@pytest.mark.parametrize(
    ("caught", "begun_by_a", "begun_by_b"), [("outside", Came.NEVER_LEAVES, Came.NO_REPLY), ("other", Came.UP, Came.UP)]
)
def test_every_network_behind_a_device_that_a_row_holds_is_heard(
    caught: str, begun_by_a: Came, begun_by_b: Came
) -> None:
    wide = "172.16.0.0 255.255.0.0"
    rule = f"nat (dmz,{caught}) after-auto source dynamic any interface\n"
    matrix = matrix_of(
        changed(
            (A, "192.168.1.1 255", "172.16.1.1 255"),
            (A, "192.168.1.0 255.255.255.0", wide),
            (B, "192.168.1.0 255.255.255.0", wide),
            (A, "object network IN", _DMZ),
            (A, "crypto ipsec transform-set", f"{rule}crypto ipsec transform-set"),
        )
    )
    assert came(matrix) == both((begun_by_a, begun_by_b), (begun_by_a, begun_by_b))
    sent = matrix.of(2, A).sent
    assert sent is not None
    assert str(sent.probe.source) == ("172.16.2.2" if caught == "outside" else "172.16.1.2")


def test_where_no_list_exists_the_one_that_is_called_almost_so_says_what_is_meant() -> None:
    both_wrong = [(side, "match address VPN", "match address VPNN") for side in Side]
    matrix = matrix_of(changed(*both_wrong))
    assert came(matrix) == both(*[(Came.NEVER_LEAVES, Came.NEVER_LEAVES)] * 2)
    assert [cell.cause for cell in matrix.cells] == ["NO_MATCHING_ENTRY"] * 4


def test_each_side_says_by_which_lines_phase_1_came_up() -> None:
    cell = matrix_of(changed()).of(1, A)
    said = {ruling.side: ruling for ruling in cell.rulings if ruling.stage == "IKE phase 1"}
    assert said[A].text == "up with 10.0.0.2 as initiator, tunnel-group 10.0.0.2, policy 10"
    assert [str(source) for source in said[A].sources] == [
        "a.cfg:28 crypto isakmp policy 10",
        "a.cfg:34 tunnel-group 10.0.0.2 type ipsec-l2l",
        "a.cfg:36 pre-shared-key *****",
    ]
    assert said[B].text == "up with 10.0.0.1 as responder, tunnel-group 10.0.0.1, policy 10"


def test_hosts_that_are_there_are_sent_from_even_where_a_line_denies_them() -> None:
    wide = [(side, f"192.168.{net}.0 255.255.255.0", "192.168.0.0 255.255.0.0") for side, net in ((A, 1), (B, 1))]
    line = "access-list VPN extended permit tcp"
    denied = (A, line, f"access-list VPN extended deny ip 192.168.1.0 255.255.255.0 any\n{line}")
    matrix = matrix_of(changed(*wide, denied))
    assert [str(cell.sent.probe.source) for cell in matrix.cells if cell.sent and cell.starter is A] == [
        "192.168.1.2"
    ] * 2
    assert came(matrix) == both(*[(Came.IN_CLEAR, Came.NO_REPLY)] * 2)


def test_a_route_to_the_peer_by_another_interface_leads_ike_away() -> None:
    other = _DMZ.replace("nameif dmz", "nameif backup").replace("172.16.2.1", "10.7.0.1")
    reverse = "crypto map MAP 10 set reverse-route\n"
    routes = "route outside 192.168.2.0 255.255.255.0 10.0.0.9\nroute backup 10.0.0.2 255.255.255.255 10.7.0.9\n"
    matrix = matrix_of(changed((A, "object network IN", other), (A, reverse, routes)))
    outcomes = {(cell.starter, cell.came, cell.cause) for cell in matrix.cells}
    assert outcomes == {(A, Came.NEVER_LEAVES, "NO_ROUTE"), (B, Came.NO_ANSWER, "NO_ROUTE")}
    assert any("route backup" in str(blame.source) for blame in matrix.of(1, B).blames)


def test_a_route_whose_network_has_bits_of_a_host_leads_to_the_network() -> None:
    route = "route inside 172.20.0.14 255.255.0.0 192.168.2.9\n"
    everything = "access-list VPN extended permit icmp any 192.168.1.0 255.255.255.0\n"
    old = "access-list VPN extended permit icmp 192.168.2.0 255.255.255.0 192.168.1.0 255.255.255.0\n"
    matrix = matrix_of(changed((B, old, f"{route}{everything}")))
    assert matrix.of(2, A).cause == matrix.of(2, B).cause == "PROXY_MISMATCH"

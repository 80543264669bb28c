"""Commands that change a box: what each does, what it prints, and that nothing else changes."""

from collections.abc import Callable

import pytest
from device_net import Net, addressed
from device_pair import HOST_A, HOST_B, echo
from test_device_vpn import up

from mainmode.base.errors import InputError
from mainmode.device.box import Box
from mainmode.device.exec_commands import ORDERS, exec_table, typed


def _do(net: Net, text: str, side: str = "a") -> str:
    """What a command prints; what follows from it is carried out."""
    box = net.boxes[side]
    found = typed(text, box)
    output, effects = found.command.handler.do(box, found.asked, net.now)
    net.carry_out(side, effects)
    return str(output)


def _packets(box: Box, net: Net) -> str:
    row = next(row for row in box.show("crypto ipsec sa", net.now).splitlines() if "#pkts encaps" in row)
    return row.split(",")[0].strip()


def _sent(net: Net, count: int) -> None:
    for number in range(count):
        net.inject("a", "inside", echo(HOST_A, HOST_B, 50 + number))


def test_counters_of_sas_are_shown_from_nothing_while_their_lifetimes_run_on() -> None:
    net = up()
    _sent(net, 3)
    box = net.boxes["a"]
    assert _packets(box, net) == "#pkts encaps: 4"
    left = box.sad.states()[0].kilobytes_left
    assert _do(net, "clear crypto ipsec sa counters") == ""
    assert _packets(box, net) == "#pkts encaps: 0"
    assert box.sad.states()[0].kilobytes_left == left
    assert box.statistics.outbound.packets == 0
    _sent(net, 2)
    assert _packets(box, net) == "#pkts encaps: 2"
    assert box.sad.states()[0].tally.encapsulated == 6


def test_one_kind_of_counters_is_set_to_nothing_and_the_others_stay() -> None:
    counts: dict[str, Callable[[Box], int]] = {
        "clear crypto ipsec sa counters": lambda box: box.statistics.outbound.packets,
        "clear crypto isakmp stats": lambda box: box.ike_statistics.inbound.packets,
        "clear access-list counters": lambda box: sum(box.hits.of(ace.source) for ace in _aces(box)),
        "clear nat counters": lambda box: sum(one.translated for one in box.nat_hits.values()),
        "clear interface": lambda box: sum(one.packets_in for one in box.journal.traffic.values()),
        "clear asp drop": lambda box: sum(box.journal.drops.values()),
    }
    for command, _ in counts.items():
        net = up()
        net.boxes["a"].packet_in("outside", b"\x45", net.now)
        box = net.boxes["a"]
        before = {name: count(box) for name, count in counts.items()}
        assert all(before.values()), before
        assert _do(net, command) == ""
        assert {name: count(box) for name, count in counts.items()} == before | {command: 0}


def _aces(box: Box) -> list:
    return [ace for one in box.configuration.access_lists.values() for ace in one.aces]


def test_what_stands_stays_in_the_statistics_of_ike() -> None:
    net = up()
    assert _do(net, "clear crypto protocol statistics all") == ""
    statistics = net.boxes["a"].ike_statistics
    assert (statistics.active_tunnels, statistics.previous_tunnels, statistics.sa_creations) == (1, 0, 0)
    assert net.boxes["a"].statistics.active_tunnels == 1
    _do(net, "clear crypto ikev1 sa")
    assert (statistics.active_tunnels, statistics.previous_tunnels, statistics.sa_deletions) == (0, 1, 2)


def test_hits_of_one_access_list_are_forgotten() -> None:
    net = up()
    box = net.boxes["a"]
    assert sum(box.hits.of(ace.source) for ace in _aces(box)) > 0
    _do(net, "clear access-list VPN counters")
    assert sum(box.hits.of(ace.source) for ace in _aces(box)) == 0
    with pytest.raises(InputError, match="access-list <NONE> does not exist"):
        _do(net, "clear access-list NONE counters")


def test_of_one_interface_the_counters_are_set_to_nothing() -> None:
    net = up()
    traffic = net.boxes["a"].journal.traffic
    assert _do(net, "clear interface gigabitEthernet0/0") == ""
    assert traffic["inside"].packets_in == 0
    assert traffic["outside"].packets_in > 0
    assert _do(net, "clear int outside") == ""
    assert traffic["outside"].packets_in == 0
    with pytest.raises(InputError, match="interface dmz does not exist"):
        _do(net, "clear interface dmz")


@pytest.mark.parametrize(
    ("command", "printed", "stands"),
    [
        ("clear crypto isakmp sa", "", 0),
        ("cl cry ikev1 sa 10.0.0.2", "", 0),
        ("clear crypto ikev1 sa 10.0.0.9", "", 1),
        ("clear crypto ipsec sa", "", 0),
        ("clear crypto ipsec sa peer 10.0.0.2", "", 0),
        ("clear crypto ipsec sa peer 10.0.0.9", "", 1),
        ("clear isakmp sa", "", 0),
        ("clear ipsec sa peer 10.0.0.2", "", 0),
        ("clear crypto ipsec sa map MAP", "", 0),
        ("clear crypto ipsec sa map OTHER", "", 1),
        ("vpn-sessiondb logoff all", 'INFO: Number of sessions of type "Site-to-Site VPN" logged off : 1\n', 0),
        ("vpn-s logo l2l nocon", 'INFO: Number of sessions of type "Site-to-Site VPN" logged off : 1\n', 0),
        (
            "vpn-sessiondb logoff ipaddress 10.0.0.2",
            'INFO: Number of sessions with IP address "10.0.0.2" logged off : 1\n',
            0,
        ),
        (
            "vpn-sessiondb logoff ipaddress 10.0.0.9",
            "INFO: There are presently no active sessions of the type specified\n",
            1,
        ),
        ("vpn-sessiondb logoff name 10.0.0.2", 'INFO: Number of sessions with name "10.0.0.2" logged off : 1\n', 0),
        (
            "vpn-sessiondb logoff name none",
            "INFO: There are presently no active sessions of the type specified\n",
            1,
        ),
        (
            "vpn-sessiondb logoff tunnel-group 10.0.0.2",
            'INFO: Number of sessions from tunnel group "10.0.0.2" logged off : 1\n',
            0,
        ),
        ("vpn-sessiondb logoff index 1", 'INFO: Number of sessions with index "1" logged off : 1\n', 0),
    ],
)
def test_sas_are_taken_down_on_both_sides_and_what_that_prints(command: str, printed: str, stands: int) -> None:
    net = up()
    assert _do(net, command) == printed
    assert [len(net.boxes[name].sad.states()) for name in "ab"] == [stands] * 2
    assert [len(net.boxes[name].ike_sas) for name in "ab"] == [stands] * 2


def test_one_sa_is_taken_down_by_its_destination_and_spi_with_its_counterpart() -> None:
    for end in ("out", "in"):
        net = up()
        pair = net.boxes["a"].sad.states()[0].pair
        address, spi = (
            (pair.path.remote.address, f"{pair.outbound_spi:#x}")
            if end == "out"
            else (pair.path.local.address, str(pair.inbound_spi))
        )
        with pytest.raises(InputError, match=r"there is no SA to 10\.0\.0\.9 with SPI"):
            _do(net, f"clear crypto ipsec sa entry {addressed(9)} esp {spi}")
        assert len(net.boxes["a"].sad.states()) == 1
        assert _do(net, f"clear crypto ipsec sa entry {address} esp {spi}") == ""
        assert [len(net.boxes[name].sad.states()) for name in "ab"] == [0, 0]


def test_connections_of_one_address_are_forgotten() -> None:
    net = up()
    assert len(net.boxes["a"].connections) == 1
    assert _do(net, "clear conn address 9.9.9.9") == "0 connection(s) deleted.\n"
    assert _do(net, f"clear conn address {HOST_B}") == "1 connection(s) deleted.\n"
    assert not net.boxes["a"].connections
    assert _do(net, "clear xlate") == "INFO: 0 xlates deleted\n"


def test_a_session_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="there is no session 77"):
        _do(up(), "vpn-sessiondb logoff index 77")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clear crypto i sa", 'asa1# clear crypto i sa\nERROR: % Ambiguous command:  "clear crypto i sa"'),
        ("clear crypto", "asa1# clear crypto\nERROR: % Incomplete command\nexpected: ikev1, ipsec, isakmp, protocol"),
        ("cl cry ips sa ent 1.1.1.1 esp 0", f"{' ' * 32}^\nERROR: % Invalid input detected at '^' marker."),
        ("vpn-sessiondb logoff index 0", f"{' ' * 33}^\nERROR: % Invalid input"),
        ("reload", "asa1# reload\n      ^\nERROR: % Invalid input detected at '^' marker.\nexpected: clear, show,"),
        ("clear \x1b]0;x\x07 conn" + "y" * 900, "asa1# clear ?]0;x? conn"),
    ],
)
def test_what_is_no_command_is_told_in_the_devices_words(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        typed(text, up().boxes["a"])
    assert said in str(raised.value)
    assert len(str(raised.value)) < 1200


def test_no_two_commands_have_the_same_words() -> None:
    spellings = [words for one in exec_table() for words in one.spellings]
    assert len(spellings) == len(set(spellings))
    assert all(one.help.endswith(".") for one in ORDERS)

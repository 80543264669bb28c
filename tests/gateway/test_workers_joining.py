"""What several processes have is shown as one device's, after it went over their links, without a key."""

import pickle

import pytest
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, Rig, SystemLike, echo, gateway_of

from mainmode.base.errors import Drop
from mainmode.base.strand import Strand
from mainmode.device.box import Box
from mainmode.device.exec_commands import Tally
from mainmode.device.line.lookup import look_up
from mainmode.device.show.commands import PROMPTED
from mainmode.device.show.joining import Part, caveat, joined, part_of
from mainmode.device.show.standing import Standing
from mainmode.gateway.workers.asking import _put_together
from mainmode.gateway.workers.messages import Answer, Done, written
from mainmode.ike.sa import Handles

LOGGED = "logging enable\nlogging buffered debugging\nlogging buffer-size 100000\nlogging timestamp\n"


def up() -> tuple[Rig, Rig]:
    """Two gateways with a tunnel, and a packet through it each way."""
    a, b = gateway_of("a", CONFIGURATION + LOGGED), gateway_of("b", CONFIGURATION + LOGGED)
    a.join(b)
    for sequence in (1, 2):
        a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B, sequence).encode())
        a.carry()
        b.gateway.packet_arrived("inside", echo(HOST_B, HOST_A, sequence).encode())
        b.carry()
    return a, b


def standing(rig: Rig) -> Standing:
    return rig.gateway.box.standing(rig.gateway.now())


def sent(rig: Rig) -> Part:
    """What a process has, as another one gets it."""
    answer = pickle.loads(written(Answer(1, part_of(standing(rig)))))
    assert isinstance(answer, Answer)
    assert isinstance(answer.value, Part)
    return answer.value


def shown(whole: Standing, command: str) -> str:
    found = look_up(PROMPTED, command.split(), whole.configuration)
    return found.command.handler(whole, found.asked)


COMMANDS = [
    "show crypto isakmp sa",
    "show crypto isakmp sa detail",
    "show crypto ikev1 sa detail",
    "show crypto ipsec sa",
    "show crypto ipsec sa peer 10.0.0.2 detail",
    "show crypto ipsec sa summary",
    "show crypto ipsec stats",
    "show crypto ikev1 stats",
    "show crypto protocol statistics ikev1",
    "show crypto protocol statistics ipsec",
    "show crypto map",
    "show vpn-sessiondb",
    "show vpn-sessiondb l2l",
    "show vpn-sessiondb detail l2l",
    "show interface",
    "show route",
    "show access-list",
    "show nat detail",
    "show xlate",
    "show conn",
    "show resource usage",
    "show logging",
    "show asp drop",
    "show asp table vpn-context detail",
    "show version",
    "show running-config",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_one_process_is_shown_after_the_way_over_a_link_as_it_is_without(command: str) -> None:
    a, _ = up()
    whole = joined(standing(a), [sent(a)])
    assert shown(whole, command) == a.gateway.box.show(command, a.gateway.now())
    assert caveat(shown(whole, command), whole) == ""


def test_two_processes_are_shown_as_one_with_their_counters_added() -> None:
    a, b = up()
    whole = joined(standing(a), [part_of(standing(a)), sent(b)])
    sas = shown(whole, "show crypto ikev1 sa")
    assert "Active SA: 2" in sas
    assert [line[:4] for line in sas.splitlines() if "IKE Peer" in line] == ["1   ", "2   "]
    assert shown(whole, "show crypto ipsec sa").count("#pkts encaps: 2,") == 2
    one, both = (shown(each, "show crypto ikev1 stats") for each in (standing(a), whole))
    assert "Active Tunnels:                      1" in one
    assert "Active Tunnels:                      2" in both
    log = shown(whole, "show logging").splitlines()
    kept = [line for line in log if "%ASA-" in line]
    assert len(kept) == sum(line.count("%ASA-") for each in (a, b) for line in each.gateway.box.journal.log.messages)
    assert [line[:20] for line in kept] == sorted(line[:20] for line in kept)
    messages = sum(rig.gateway.box.journal.log.logged("buffered") for rig in (a, b))
    assert f"Buffer logging: level debugging, {messages} messages logged" in "\n".join(log)
    assert "NOTE: 2 workers" in caveat(both, whole)
    assert whole.most_negotiations == 2 * standing(a).most_negotiations


def test_a_buffer_of_two_processes_is_no_longer_than_one() -> None:
    a, b = up()
    whole = joined(standing(a), [part_of(standing(a)), sent(b)])
    log = whole.journal.log
    log.most_octets = 300
    kept = log.messages
    assert 0 < sum(len(message) + 1 for message in kept) <= 300
    assert kept[-1] == log.kept[-1][1]


def test_no_key_leaves_a_process() -> None:
    a, _ = up()
    (state,) = a.gateway.box.sad.states()
    pair = state.pair
    octets = written(Answer(1, part_of(standing(a))))
    for keys in pair.inbound_keys, pair.outbound_keys:
        for key in keys.cipher, keys.integrity:
            assert len(key) >= 16
            assert key.reveal() not in octets
    assert b"correct-horse-battery" not in octets


def test_every_show_command_can_be_asked_of_what_was_joined() -> None:
    a, b = up()
    whole = joined(standing(a), [part_of(standing(a)), sent(b)])
    for one in PROMPTED:
        words = one.syntax.replace("[", " ").replace("]", " ").split()
        if not any(character in one.syntax for character in "{}|<=") and all(word.islower() for word in words):
            assert isinstance(shown(whole, " ".join(words)), str)


def test_a_gateway_of_another_strand_has_its_own_indexes_and_spis() -> None:
    a, b = gateway_of("a"), gateway_of("b")
    box = Box(b.gateway.box.configuration, SystemLike("c"), b.gateway.now(), hosted=True, strand=Strand(2, 3))
    b.gateway.box = box
    a.join(b)
    for _ in range(3):
        a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
        a.carry()
        (session,), (state,) = box.sessions, box.sad.states()
        assert session.index % 3 == 0
        assert state.pair.inbound_spi % 3 == 2
        a.gateway.act(lambda one, now: one.clear(None, now))
        a.carry()


def test_processes_of_one_device_draw_numbers_of_their_own() -> None:
    first, second = (Handles(Strand(number, 2)) for number in range(2))
    drawn = [[one.session() for _ in range(0x20000)] for one in (first, second)]
    assert not {*drawn[0]} & {*drawn[1]}
    assert all(session % 0x1000 == 0 and 0x4000 <= session <= 0x7FFF_F000 for some in drawn for session in some)


def test_answers_of_workers_become_one() -> None:
    def spelled(count: int) -> str:
        return f"{count} of them\n"

    assert _put_together([Tally(1, spelled), Done("2 of them\n", 2)]) == "3 of them\n"
    assert _put_together(["", Done("", None)]) == ""
    assert _put_together([Done("INFO: one\n", 1)]) == "INFO: one\n"


def test_a_worker_begins_no_tunnel_of_another_ones_peers() -> None:
    a, b = gateway_of("a"), gateway_of("b")
    a.join(b)
    a.gateway.box.leave_to_others(lambda entry: entry.sequence == 10)
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    assert not a.sent
    assert len(a.gateway.held) == 0
    assert a.gateway.box.journal.drops[Drop.NO_TUNNEL] == 1
    a.gateway.box.leave_to_others(lambda entry: entry.sequence == 20)
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    assert len(a.sent) == 1

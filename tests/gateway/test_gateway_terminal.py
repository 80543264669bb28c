"""What the terminal of a running gateway shows of its tunnels, and how another configuration comes into force."""

import asyncio
import threading
from ipaddress import IPv4Address

import pytest
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, Rig, echo, gateway_of
from reloads import reloading

from mainmode.base.errors import InputError
from mainmode.device.config.reader import read
from mainmode.device.running import GLOBAL, Running
from mainmode.gateway.interfaces import Placed
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.terminal import TunnelLines


def shown(a: str = CONFIGURATION, b: str = CONFIGURATION) -> tuple[Rig, Rig, list[str], list[str]]:
    """Two gateways after a ping from the host behind a, and the lines of both."""
    rigs = gateway_of("a", a), gateway_of("b", b)
    rigs[0].join(rigs[1])
    said: tuple[list[str], list[str]] = ([], [])
    for rig, lines in zip(rigs, said, strict=True):
        rig.gateway.watchers.append(TunnelLines(lines.append))
    rigs[0].gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    rigs[0].carry()
    return *rigs, *said


def untimed(lines: list[str]) -> list[str]:
    return [line.split(" ", 3)[3] for line in lines]


def test_a_tunnel_that_comes_up_and_one_that_is_taken_down_have_a_line_on_both_sides() -> None:
    a, _, lines_a, lines_b = shown()
    a.gateway.act(lambda box, now: box.clear(None, now))
    a.settle()
    assert untimed(lines_a) == [
        "tunnel up: 10.0.0.2, 192.168.1.0/24 to 192.168.2.0/24",
        "tunnel down: 10.0.0.2, 192.168.1.0/24 to 192.168.2.0/24: taken down by the administrator",
    ]
    assert untimed(lines_b) == [
        "tunnel up: 10.0.0.1, 192.168.2.0/24 to 192.168.1.0/24",
        "tunnel down: 10.0.0.1, 192.168.2.0/24 to 192.168.1.0/24: the peer deleted the SA",
    ]


def test_a_renewal_says_nothing() -> None:
    a, _, lines, _ = shown()
    [state] = a.gateway.box.sad.states()
    a.gateway.act(lambda box, now: box.renew(state.pair.inbound_spi, now))
    a.settle()
    assert len(a.gateway.box.sad.states()) == 2
    assert len(lines) == 1


def test_a_failure_names_its_cause_and_the_lines_it_rests_on() -> None:
    _, _, _, lines = shown(b=CONFIGURATION.replace(" group 2\n", " group 5\n"))
    assert len(lines) == 1
    assert "10.0.0.1: phase 1: no common phase 1 policy: " in lines[0]
    assert "b.cfg:22 group 5" in lines[0]


def test_a_failure_that_comes_again_is_told_once_a_minute() -> None:
    a, _, lines, _ = shown(b=CONFIGURATION.replace("correct-horse-battery", "battery-staple"))
    for _ in range(4):
        a.advance(12)
        a.gateway.wake()
        a.settle()
        a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
        a.settle()
    assert len(lines) == len(set(untimed(lines)))
    assert "correct-horse-battery" not in " ".join(lines)


def test_keys_that_differ_are_told_as_soon_as_a_message_does_not_decrypt() -> None:
    _, _, _, lines = shown(b=CONFIGURATION.replace("correct-horse-battery", "battery-staple"))
    assert untimed(lines) == [
        "10.0.0.1: phase 1: a message of the peer does not decrypt: the pre-shared keys probably differ "
        "[b.cfg:24 tunnel-group 10.0.0.1 type ipsec-l2l; b.cfg:26 ikev1 pre-shared-key *****]"
    ]


def test_a_refusal_of_the_peer_is_told_once_for_both_phases_with_the_lines_that_were_offered() -> None:
    _, _, lines, others = shown(b=CONFIGURATION.replace("esp-sha-hmac", "esp-sha256-hmac"))
    [line] = untimed(lines)
    assert line.startswith("10.0.0.2: phase 2: the peer refused, with a notify: ")
    assert "it takes nothing of esp-aes esp-sha-hmac, no PFS [" in line
    assert line.count("a.cfg:") == 2
    assert len(others) == 1
    assert "b.cfg:11 crypto ipsec ikev1 transform-set TRANSFORM esp-aes esp-sha256-hmac" in others[0]


def test_a_file_that_says_the_same_changes_nothing() -> None:
    a, _, _, _ = shown()
    asyncio.run(reloading(a, lambda: CONFIGURATION)[0].reread())
    assert a.told == ["a.cfg is read again: nothing changed"]
    assert a.plane.protected == 0


def test_another_configuration_keeps_the_tunnels_that_fit_it_and_takes_down_the_others() -> None:
    a, b, lines, _ = shown()
    text = [CONFIGURATION.replace(" lifetime 86400", " lifetime 3600")]
    one, _ = reloading(a, lambda: text[0])
    asyncio.run(one.reread())
    assert a.told == ["a.cfg is read again and in force"]
    assert (a.plane.protected, len(a.gateway.box.sad.states())) == (1, 1)
    text[0] = CONFIGURATION.replace("set peer 10.0.0.2", "set peer 10.0.0.3")
    asyncio.run(one.reread())
    a.settle()
    assert a.told[-1] == "a.cfg is read again and in force; pairs of SAs that no longer fit: 1"
    assert len(b.gateway.box.sad.states()) == 0
    assert untimed(lines)[-1].endswith(
        "tunnel down: 10.0.0.2, 192.168.1.0/24 to 192.168.2.0/24: the configuration has no place for it"
    )


@pytest.mark.parametrize("text", ["", "hostname x\n", CONFIGURATION.replace("crypto ikev1 enable outside\n", "")])
def test_a_configuration_that_can_have_no_tunnel_is_not_taken(text: str) -> None:
    a, _, _, _ = shown()
    before = a.gateway.box.configuration
    asyncio.run(reloading(a, lambda: text)[0].reread())
    assert a.told[0].startswith("the configuration stays as it was: a.cfg: no interface runs IKE")
    assert a.gateway.box.configuration is before
    assert len(a.gateway.box.sad.states()) == 1


@pytest.mark.parametrize("error", [InputError("a.cfg: no such file"), NetlinkError("list the interfaces", 12)])
def test_what_cannot_be_read_changes_nothing(error: Exception) -> None:
    a, _, _, _ = shown()
    one, host = reloading(a, lambda: CONFIGURATION.replace("asa1", "other"))
    host.refuses = error
    asyncio.run(one.reread())
    assert a.told == [f"the configuration stays as it was: {error}"]
    one.look_at_host()
    assert a.gateway.box.hostname == "asa1"


def test_an_address_that_moves_with_the_interface_it_is_on_is_followed() -> None:
    a = gateway_of("a")
    moved = CONFIGURATION.replace("10.0.0.1 ", "10.0.0.77 ")
    one, host = reloading(a, lambda: CONFIGURATION)
    host.place = lambda configuration, patient=False: Placed(read(moved, "a.cfg"), ())  # type: ignore[method-assign]
    one.look_at_host()
    assert str(a.gateway.box.interfaces["outside"].address) == "10.0.0.77"
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    assert str(a.sent[0][1].local.address) == "10.0.0.77"


def test_a_line_that_is_new_in_the_file_and_not_understood_is_told() -> None:
    a, _, _, _ = shown()
    one, _ = reloading(a, lambda: CONFIGURATION + "crypto mapp MAP 10 set peer 10.0.0.2\n")
    asyncio.run(one.reread())
    problem, end = a.told
    assert "crypto mapp MAP 10 set peer 10.0.0.2" in problem
    assert end == "a.cfg is read again: nothing changed"
    asyncio.run(one.reread())
    assert a.told[2:] == [end]


def test_the_loop_goes_on_while_a_file_is_read() -> None:
    a, _, _, _ = shown()
    waiting = threading.Event()

    def slow() -> str:
        assert waiting.wait(10)
        return CONFIGURATION

    async def both() -> None:
        reading = asyncio.create_task(reloading(a, slow)[0].reread())
        await asyncio.sleep(0)
        waiting.set()
        await reading

    asyncio.run(both())
    assert a.told == ["a.cfg is read again: nothing changed"]


def test_lines_that_were_typed_and_not_saved_are_told_when_the_file_is_read_again_keys_masked() -> None:
    a, _, _, _ = shown()
    one, _ = reloading(a, lambda: CONFIGURATION)
    for place, line in (
        (GLOBAL, "route outside 10.9.0.0 255.255.0.0 10.0.0.2"),
        (GLOBAL, "no management-access inside"),
        (GLOBAL, "hostname typed"),
        (GLOBAL, "hostname asa1"),
    ):
        assert one.running.type(place, line).changed
    below = one.running.type(GLOBAL, "tunnel-group 10.0.0.2 ipsec-attributes").place
    assert one.running.type(below, "ikev1 pre-shared-key battery-staple").changed
    assert one.adopt(one.running.configuration) == ()
    asyncio.run(one.reread())
    assert a.told == [
        "a.cfg is read again and in force",
        "typed at the prompt and not saved, so it is gone: route outside 10.9.0.0 255.255.0.0 10.0.0.2 1",
        "typed at the prompt and not saved, so it is gone: tunnel-group 10.0.0.2 ipsec-attributes: "
        "ikev1 pre-shared-key *****",
        "taken away at the prompt and not saved, so it is there again: management-access inside",
        "taken away at the prompt and not saved, so it is there again: tunnel-group 10.0.0.2 ipsec-attributes: "
        "ikev1 pre-shared-key *****",
    ]
    assert not one.running.modified
    a.told.clear()
    asyncio.run(one.reread())
    assert a.told == ["a.cfg is read again: nothing changed"]


def test_typed_lines_are_in_force_at_once_and_tunnels_that_fit_go_on() -> None:
    a, b, _, _ = shown()
    one, host = reloading(a, lambda: CONFIGURATION)
    assert one.running.type(GLOBAL, "route outside 10.9.0.0 255.255.0.0 10.0.0.2").changed
    assert one.adopt(one.running.configuration) == ()
    assert a.gateway.box.configuration is one.placed.configuration
    assert (a.plane.protected, len(a.gateway.box.sad.states())) == (1, 1)
    assert one.running.type(GLOBAL, "no crypto map MAP interface outside").changed
    assert one.adopt(one.running.configuration) == ()
    a.settle()
    assert [len(rig.gateway.box.sad.states()) for rig in (a, b)] == [0, 0]
    before = a.gateway.box.configuration
    host.refuses = InputError("--map dmz=eth7: a.cfg has no interface dmz")
    with pytest.raises(InputError, match="has no interface dmz"):
        one.adopt(Running("hostname x\n", "a.cfg").configuration)
    assert a.gateway.box.configuration is before


def test_a_saved_text_is_known_and_one_that_could_not_start_is_told_of() -> None:
    a, _, _, _ = shown()
    one, _ = reloading(a, lambda: CONFIGURATION)
    assert asyncio.run(one.save(CONFIGURATION)) == ()
    (told,) = asyncio.run(one.save("hostname x\n"))
    assert told.startswith("WARNING: the gateway would not start with it: a.cfg: no interface runs IKE")


def test_a_device_that_starts_anew_takes_its_tunnels_down_and_knows_nothing_of_before() -> None:
    a, b, _, _ = shown()
    text = [CONFIGURATION.replace("asa1", "again")]
    one, _ = reloading(a, lambda: text[0])
    before = a.gateway.box
    asyncio.run(one.restart())
    a.settle()
    assert a.told == ["a.cfg is read, and the device starts anew; tunnels taken down, with a delete to the peer: 1"]
    assert a.gateway.box is not before
    assert a.gateway.box.hostname == "again"
    assert [len(rig.gateway.box.sad.states()) for rig in (a, b)] == [0, 0]
    assert a.plane.protected == 1
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    a.carry()
    assert [len(rig.gateway.box.sad.states()) for rig in (a, b)] == [1, 1]
    text[0] = "hostname x\n"
    with pytest.raises(InputError, match="no interface runs IKE"):
        asyncio.run(one.restart())
    assert [len(rig.gateway.box.sad.states()) for rig in (a, b)] == [1, 1]


def test_what_no_tunnel_may_reach_is_told_with_the_line_that_is_missing() -> None:
    a, _, _, lines = shown(b=CONFIGURATION.replace("management-access inside\n", ""))
    a.gateway.packet_arrived("inside", echo(HOST_A, IPv4Address("192.168.2.1")).encode())
    a.settle()
    assert untimed(lines)[-1] == (
        "dropped: addressed to nobody behind this device: 192.168.2.1 is the box's own address on inside, "
        "which no tunnel may reach [b.cfg: (absent) management-access inside]"
    )


def test_what_comes_in_clear_and_should_have_come_through_the_tunnel_is_told_with_the_line_that_says_so() -> None:
    _, b, _, lines = shown()
    b.gateway.packet_arrived("outside", echo(HOST_A, HOST_B).encode())
    b.settle()
    assert untimed(lines)[-1].startswith("dropped: a packet in clear that should have come through the tunnel: ")
    assert "[b.cfg:" in lines[-1]

"""A lab that is sat at: its devices, its time, what goes wrong in it, and that it lasts."""

import asyncio
from ipaddress import IPv4Address
from time import monotonic

import pytest
from lab_rig import FAR, NO_IDLE_TIMEOUT, TEXTS, Heard, devices, in_lab, pings, typed

from mainmode.base.errors import InputError
from mainmode.base.instant import SECOND, between, seconds
from mainmode.console.lab.casting import LabDevice
from mainmode.console.lab.firewall import LabFirewall
from mainmode.console.lab.lab import BOOT, Lab
from mainmode.device.box import Box


def test_devices_have_their_hostnames_and_are_found_by_the_beginning_of_a_name() -> None:
    lab = Lab(devices(), still=True)
    assert list(lab.firewalls) == ["asa1", "asa2"]
    assert lab.find("ASA2") is lab.firewalls["asa2"]
    with pytest.raises(InputError, match="more than one device begins with asa"):
        lab.find("asa")
    with pytest.raises(InputError, match="there is no device bsa; the lab has asa1, asa2"):
        lab.find("bsa")


def test_devices_of_one_hostname_go_by_their_files() -> None:
    texts = [text.replace("hostname asa2", "hostname asa1") for text in TEXTS]
    lab = Lab([LabDevice("north.cfg", texts[0]), LabDevice("south.cfg", texts[1])], still=True)
    assert list(lab.firewalls) == ["north", "south"]


def test_two_with_one_address_are_no_lab() -> None:
    with pytest.raises(InputError, match=r"asa1.cfg and asa2.cfg both have the address 10.0.0.1 on the net"):
        Lab([LabDevice("asa1.cfg", TEXTS[0]), LabDevice("asa2.cfg", TEXTS[1].replace("10.0.0.2", "10.0.0.1"))])


def test_a_ping_of_the_device_brings_the_tunnel_up_and_is_answered() -> None:
    async def act(lab: Lab) -> int:
        return await pings(lab.firewalls["asa1"], FAR)

    lab = Lab(devices(), still=True)
    answered = in_lab(lab, act)
    assert answered >= 3
    assert "MM_ACTIVE" in lab.firewalls["asa2"].box.show("crypto isakmp sa", lab.firewalls["asa2"].now)


def test_keys_that_are_hidden_are_stood_in_for() -> None:
    pair = [LabDevice(one.file, one.text.replace("pre-shared-key cisco", "pre-shared-key *****")) for one in devices()]

    async def act(lab: Lab) -> int:
        return await pings(lab.firewalls["asa1"], FAR)

    assert in_lab(Lab(pair, still=True), act) >= 3


def test_one_device_alone_has_hosts_inside_and_nobody_outside() -> None:
    async def act(lab: Lab) -> tuple[int, int, str]:
        firewall = lab.firewalls["asa1"]
        inside = await pings(firewall, IPv4Address("192.168.1.10"))
        outside = await pings(firewall, FAR)
        return inside, outside, firewall.box.show("crypto isakmp sa", firewall.now)

    inside, outside, shown = in_lab(Lab(devices()[:1], still=True), act)
    assert (inside, outside) == (5, 0)
    assert "MM_WAIT_MSG2" in shown


def test_time_that_follows_the_loop_passes_by_itself() -> None:
    async def act(lab: Lab) -> float:
        firewall, begun, real = lab.firewalls["asa1"], lab.firewalls["asa1"].now, monotonic()
        await asyncio.sleep(0.3)
        firewall.act(lambda box, now: [])
        return between(begun, firewall.now) / SECOND - (monotonic() - real)

    assert abs(in_lab(Lab(devices()), act, runs=True)) < 0.1


def test_a_wait_in_running_time_ends_when_its_answer_comes() -> None:
    async def act(lab: Lab) -> tuple[int, float]:
        real = monotonic()
        answered = await pings(lab.firewalls["asa1"], IPv4Address("192.168.1.10"), 3)
        return answered, monotonic() - real

    answered, took = in_lab(Lab(devices()), act, runs=True)
    assert answered == 3
    assert took < 6, "each of three requests waited for its whole two seconds"


def test_time_that_stands_moves_by_a_second_for_a_line_only() -> None:
    async def act(lab: Lab) -> tuple[float, float]:
        firewall = lab.firewalls["asa1"]
        begun = firewall.now
        await asyncio.sleep(0.05)
        slept = between(begun, firewall.now)
        await firewall.line_taken()
        return slept, between(begun, firewall.now) / SECOND

    assert in_lab(Lab(devices(), still=True), act, runs=True) == (0, 1.0)


def test_a_wait_that_is_cancelled_stops_where_it_is() -> None:
    async def act(lab: Lab) -> float:
        firewall = lab.firewalls["asa1"]
        await pings(firewall, FAR)
        begun = firewall.now
        waiting = asyncio.create_task(lab.clock.advance(seconds(30 * 86_400)))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        stopped = firewall.now
        await asyncio.sleep(0.05)
        assert firewall.now == stopped
        return between(begun, stopped) / SECOND

    assert 0 < in_lab(Lab(devices(NO_IDLE_TIMEOUT, NO_IDLE_TIMEOUT), still=True), act) < 30 * 86_400


def test_time_that_is_held_stands_for_everybody_until_it_is_released() -> None:
    async def act(lab: Lab) -> tuple[float, float]:
        firewall = lab.firewalls["asa1"]
        waiting = asyncio.create_task(firewall.until(lambda: False, seconds(0.3)))
        await asyncio.sleep(0)
        lab.clock.hold()
        begun = firewall.now
        with pytest.raises(InputError, match="the lab's time stands"):
            await firewall.until(lambda: False, seconds(1))
        await asyncio.sleep(0.1)
        held = between(begun, firewall.now)
        lab.clock.release()
        await waiting
        return held, between(begun, firewall.now) / SECOND

    held, after = in_lab(Lab(devices()), act, runs=True)
    assert held == 0
    assert after > 0


def test_an_address_that_is_changed_is_reached_at_its_new_place_only() -> None:
    async def act(lab: Lab) -> tuple[int, int, int]:
        one, other = lab.firewalls["asa1"], lab.firewalls["asa2"]
        before = await pings(one, IPv4Address("10.0.0.2"), 2, "outside")
        typed(other, "interface GigabitEthernet0/1\n ip address 10.0.0.22 255.255.255.0")
        old = await pings(one, IPv4Address("10.0.0.2"), 2, "outside")
        return before, old, await pings(one, IPv4Address("10.0.0.22"), 2, "outside")

    assert in_lab(Lab(devices(), still=True), act) == (2, 0, 2)


def test_an_interface_that_is_shut_is_reached_no_more_and_packets_on_their_way_are_lost() -> None:
    async def act(lab: Lab) -> tuple[int, int]:
        one, other = lab.firewalls["asa1"], lab.firewalls["asa2"]
        one.act(lambda box, now: box.ping(IPv4Address("10.0.0.2"), now, "outside"))
        typed(other, "interface GigabitEthernet0/1\n shutdown")
        shut = await pings(one, IPv4Address("10.0.0.2"), 2, "outside")
        typed(other, "interface GigabitEthernet0/1\n no shutdown")
        return shut, await pings(one, IPv4Address("10.0.0.2"), 2, "outside")

    assert in_lab(Lab(devices(), still=True), act) == (0, 2)


def test_an_address_that_another_has_is_told_and_stays_the_others() -> None:
    async def act(lab: Lab) -> tuple[list[str], int]:
        heard, other = Heard(), lab.firewalls["asa2"]
        other.watch(heard)
        typed(other, "interface GigabitEthernet0/1\n ip address 10.0.0.1 255.255.255.0")
        typed(other, "hostname asa3")
        return heard.remarks, await pings(other, IPv4Address("10.0.0.1"), 1, "outside")

    remarks, _ = in_lab(Lab(devices(), still=True), act)
    assert remarks == ["asa1 has the address 10.0.0.1 already: nobody reaches it here"]


def test_a_watcher_sees_the_packets_of_every_interface_until_it_is_taken_away() -> None:
    async def act(lab: Lab) -> tuple[Heard, int]:
        heard, firewall = Heard(), lab.firewalls["asa2"]
        firewall.watch(heard)
        await pings(lab.firewalls["asa1"], FAR)
        firewall.unwatch(heard)
        seen = len(heard.packets)
        await pings(lab.firewalls["asa1"], FAR)
        return heard, len(heard.packets) - seen

    heard, after = in_lab(Lab(devices(), still=True), act)
    assert set(heard.packets) == {
        (way, interface) for way in ("sent", "received") for interface in ("inside", "outside")
    }
    assert after == 0


def test_a_watcher_that_raises_is_told_of_once_and_ends_nothing() -> None:
    class Faulty(Heard):
        def happened(self, effect: object, now: object) -> None:
            raise ValueError

    async def act(lab: Lab) -> tuple[int, list[str]]:
        heard = Heard()
        lab.firewalls["asa1"].watch(Faulty())
        lab.firewalls["asa1"].watch(heard)
        return await pings(lab.firewalls["asa1"], FAR), heard.remarks

    answered, remarks = in_lab(Lab(devices(), still=True), act)
    assert answered >= 3
    assert len(remarks) == 1
    assert "ValueError" in remarks[0]


def test_what_a_watcher_asks_of_the_device_happens_behind_what_is_told() -> None:
    class Clearing(Heard):
        done = False

        def happened(self, effect: object, now: object) -> None:
            if not self.done and type(effect).__name__ == "InstallSa":
                self.done = True
                firewall.act(lambda box, at: box.clear(None, at))

    async def act(lab: Lab) -> bool:
        firewall.watch(watcher)
        await pings(firewall, FAR, 1)
        return bool(firewall.box.ike_sas)

    lab, watcher = Lab(devices(), still=True), Clearing()
    firewall = lab.firewalls["asa1"]
    assert not in_lab(lab, act)
    assert watcher.done


def test_a_fault_of_the_engine_is_told_and_the_device_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(lab: Lab) -> tuple[list[str], int]:
        heard, firewall = Heard(), lab.firewalls["asa1"]
        await pings(firewall, FAR)
        firewall.watch(heard)

        def breaks(box: Box, now: object) -> list[object]:
            raise RuntimeError

        with monkeypatch.context() as patched:
            patched.setattr(Box, "expire", breaks)
            await firewall.until(lambda: len(heard.remarks) >= 3, seconds(86_400))
        await lab.clock.advance(BOOT)
        return heard.remarks, await pings(firewall, FAR)

    remarks, answered = in_lab(Lab(devices(), still=True), act)
    assert remarks[0].startswith("a fault of the engine (RuntimeError)")
    assert "starts anew" in remarks[1]
    assert answered >= 3


def _is_down(firewall: LabFirewall) -> bool:
    try:
        return firewall.box is None
    except InputError:
        return True


def test_a_reload_loses_the_state_and_the_peer_notices_by_keepalives() -> None:
    class Watching(Heard):
        def __init__(self) -> None:
            super().__init__()
            self.down: list[bool] = []

        def remarked(self, text: str, now: object) -> None:
            self.down.append(_is_down(lab.firewalls["asa1"]))

    lab = Lab(devices(), still=True)

    async def act(lab: Lab) -> tuple[list[bool], str, bool, int]:
        one, other = lab.firewalls["asa1"], lab.firewalls["asa2"]
        await pings(one, FAR)
        typed(one, "hostname saved")
        await one.saved(one.running.save())
        typed(one, "hostname changed")
        one.watch(watching := Watching())
        await one.reload()
        lost = await other.until(lambda: not other.box.ike_sas, seconds(60))
        return watching.down, one.box.hostname, lost, await pings(one, FAR)

    down, hostname, noticed, answered = in_lab(lab, act)
    assert down == [True, False]
    assert (hostname, noticed) == ("saved", True)
    assert answered >= 3


def test_a_month_of_keepalives_and_renewals_leaves_no_more_behind_than_a_day() -> None:
    lines = f"{NO_IDLE_TIMEOUT}\ntunnel-group 10.0.0.{{}} ipsec-attributes\n isakmp keepalive threshold 3600 retry 10"

    async def act(lab: Lab) -> list[int]:
        firewall, kept = lab.firewalls["asa1"], []
        for _ in range(3):
            for _ in range(10):
                await pings(firewall, FAR, 2)
                await lab.clock.advance(seconds(86_400))
            stage = lab.stage
            kept.append(
                len(firewall.record)
                + len(stage.chronicle.happenings)
                + len(stage.evidence.reasons)
                + len(stage.evidence.esp_keys)
                + len(stage.tap.passages)
            )
        assert between(stage.start, stage.now) >= 30 * 86_400 * SECOND
        return kept

    kept = in_lab(Lab(devices(lines.format(2), lines.format(1)), still=True), act)
    assert kept[-1] < 4_000 + 2 * 1_000 + 2 * 1_000
    assert kept[0] > 100

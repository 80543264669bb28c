"""`capture` at the prompt of a lab: what is kept, what is shown, bounds, and files that other programs read."""

import re
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from device_pair import echo
from lab_rig import FAR, NEAR, devices, in_lab, pings
from screens import FakeScreen

from mainmode.base.instant import Instant, seconds
from mainmode.capture.reading import read
from mainmode.console.lab.firewall import LabFirewall
from mainmode.console.lab.lab import Lab
from mainmode.console.session import Session, User
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.ike.effects import Phase1Keyed


class Desk:
    """A privileged session at the first device of the packaged pair."""

    def __init__(self, lab: Lab, *, place: str = "console") -> None:
        self.firewall: LabFirewall = next(iter(lab.firewalls.values()))
        self.screen = FakeScreen()
        self.screen.settings.pager = 0
        self.session = Session(self.firewall, self.screen, User("ana", place, 15))

    async def types(self, *lines: str) -> str:
        before = len(self.screen.output)
        for line in lines:
            await self.session.enter(line)
            await self.firewall.line_taken()
        return self.screen.output[before:]

    async def negotiates(self) -> None:
        """The tunnel comes up, by a traced packet."""
        await self.types(f"packet-tracer input inside icmp {NEAR} 8 0 {FAR}")
        assert await self.firewall.until(lambda: bool(self.firewall.box.sad.states()), seconds(20))


def at_desk(act: Callable[[Desk], Awaitable[None]], **options: str) -> None:
    async def whole(lab: Lab) -> None:
        await act(Desk(lab, **options))

    in_lab(Lab(devices(), still=True), whole)


def rows(output: str) -> list[str]:
    """What is told of each packet, without number and time."""
    return [found[1] for found in re.finditer(r"^ *\d+: \d\d:\d\d:\d\d\.\d{6} {7}(.*)$", output, re.MULTILINE)]


def test_a_capture_of_ike_has_every_message_and_the_encrypted_ones_in_clear_too() -> None:
    async def act(desk: Desk) -> None:
        await desk.types("capture IKE type isakmp interface outside")
        await desk.negotiates()
        shown = rows(await desk.types("show capture IKE"))
        ends = "10.0.0.1.500 > 10.0.0.2.500:  udp ", "10.0.0.2.500 > 10.0.0.1.500:  udp "
        assert all(row.startswith(ends) for row in shown)
        assert [row.endswith(" (decrypted)") for row in shown] == [False] * 4 + [False, True] * 5
        decoded = await desk.types("show capture IKE decode")
        assert decoded.count("  ISAKMP Header\n") == len(shown)
        assert decoded.count("octets encrypted\n") == 5
        assert re.search(r"Exchange Type: Quick Mode\n.*?Identity: 192\.168\.1\.0/255\.255\.255\.0", decoded, re.DOTALL)

    at_desk(act)


def test_what_stood_before_the_capture_is_opened_too() -> None:
    async def act(desk: Desk) -> None:
        await desk.negotiates()
        await desk.types("capture IKE type isakmp", "capture IKE interface outside")
        desk.firewall.act(lambda box, now: box.clear_ipsec(None, now))
        await desk.firewall.until(lambda: False, seconds(1))
        decoded = await desk.types("show capture IKE decode")
        assert "DELETE (12)" in decoded
        assert "Exchange Type: Informational\n" in decoded

    at_desk(act)


def test_keys_are_in_no_output_and_in_no_file(tmp_path: Path) -> None:
    class Keys(Watcher):
        def __init__(self) -> None:
            self.found: list[bytes] = []

        def happened(self, effect: BoxEffect, now: Instant) -> None:
            if isinstance(effect, Phase1Keyed):
                self.found.append(effect.cipher_key.reveal())

    async def act(desk: Desk) -> None:
        keys = Keys()
        desk.firewall.watch(keys)
        await desk.types("capture IKE type isakmp", "capture OUT interface outside")
        await desk.negotiates()
        told = await desk.types("show capture", "show capture IKE decode dump detail", "show capture OUT dump")
        await desk.types(f"copy /noconfirm /pcap capture:IKE {tmp_path}/ike.pcap")
        (key,) = keys.found
        assert key not in (tmp_path / "ike.pcap").read_bytes()
        assert key.hex() not in re.sub(r"[^0-9a-f]", "", told)
        assert "correct" not in told

    at_desk(act)


def test_what_comes_and_goes_by_an_interface_is_kept_in_clear_and_as_esp() -> None:
    async def act(desk: Desk) -> None:
        await desk.types(
            "capture IN interface inside match icmp host 192.168.1.10 any", "capture OUT interface outside"
        )
        await desk.types("capture OUT match 50 any any")
        await desk.negotiates()
        await pings(desk.firewall, FAR, 2)
        out = rows(await desk.types("show capture OUT"))
        assert (
            out
            == ["10.0.0.1 > 10.0.0.2:  ip-proto-50, length 148", "10.0.0.2 > 10.0.0.1:  ip-proto-50, length 148"] * 2
        )

    at_desk(act)


def test_the_list_tells_each_capture_as_it_was_typed() -> None:
    async def act(desk: Desk) -> None:
        lines = (
            "capture A interface inside match tcp host 192.168.1.10 any eq www",
            "capture A match udp 10.1.0.0 255.255.0.0 eq domain host 192.168.2.1",
            "capture B type isakmp buffer 4000 packet-length 100 circular-buffer",
            "capture C access-list VPN interface outside interface inside",
            "capture D type asp-drop acl-drop",
            "capture C circular-buffer",
        )
        assert await desk.types(*lines[:3]) == ""
        assert "Invalid input" in await desk.types(lines[3])
        await desk.types("capture C access-list VPN interface outside", "capture C interface inside", *lines[4:])
        assert await desk.types("show capture") == (
            "capture A type raw-data interface inside [Capturing - 0 bytes] \n"
            "  match tcp host 192.168.1.10 any eq www\n"
            "  match udp 10.1.0.0 255.255.0.0 eq domain host 192.168.2.1\n"
            "capture B type isakmp buffer 4000 packet-length 100 circular-buffer [Capturing - 0 bytes] \n"
            "capture C type raw-data access-list VPN interface outside interface inside circular-buffer "
            "[Capturing - 0 bytes] \n"
            "capture D type asp-drop acl-drop [Capturing - 0 bytes] \n"
        )
        await desk.types("no capture C interface inside", "no capture A", "no capture B")
        assert (await desk.types("show capture")).splitlines()[0].split(" [")[0] == (
            "capture C type raw-data access-list VPN interface outside circular-buffer"
        )
        await desk.types("no capture /all")
        assert await desk.types("show capture") == ""

    at_desk(act)


def test_drops_are_captured_with_their_reason() -> None:
    async def act(desk: Desk) -> None:
        await desk.types("capture D type asp-drop all", "capture R type asp-drop no-route")

        wrong = echo(NEAR, FAR)._replace(destination=NEAR + 200).encode()
        desk.firewall.act(lambda box, now: box.packet_in("outside", wrong, now))
        (row,) = rows(await desk.types("show capture D"))
        assert row == (
            f"{NEAR} > {NEAR + 200}: icmp: echo request Drop-reason: (acl-drop) Flow is denied by configured rule"
        )
        assert "0 packets captured" in await desk.types("show capture R")

    at_desk(act)


def test_a_full_buffer_stops_and_a_circular_one_goes_on() -> None:
    async def act(desk: Desk) -> None:
        await desk.types(
            "capture S interface outside buffer 1534", "capture C interface outside buffer 1534 circular-buffer"
        )
        await desk.negotiates()
        for _ in range(3):
            await pings(desk.firewall, FAR, 5)
        assert "[Buffer Full - " in await desk.types("show capture | include capture S")
        assert "[Capturing - " in await desk.types("show capture | include capture C")
        first, last = rows(await desk.types("show capture S")), rows(await desk.types("show capture C"))
        assert first[0].endswith("udp 168")
        assert all("ip-proto-50" in row for row in last)
        for name in "SC":
            held = re.search(rf"capture {name} .* - (\d+) bytes", await desk.types("show capture"))
            assert held is not None
            assert 0 < int(held[1]) <= 1534
        await desk.types("clear capture S")
        assert "capture S type raw-data buffer 1534 interface outside [Capturing - 0 bytes]" in await desk.types(
            "show capture"
        )

    at_desk(act)


def test_tshark_and_explain_read_the_file_that_copy_writes(tmp_path: Path) -> None:
    file = tmp_path / "ike.pcap"

    async def act(desk: Desk) -> None:
        await desk.types("capture IKE type isakmp interface outside")
        await desk.negotiates()
        assert "14 packets copied" in await desk.types(f"copy /noconfirm /pcap capture:IKE {file}")

    at_desk(act)
    with file.open("rb") as stream:
        assert sum(seen is not None for _, seen in read(stream)) == 14
    fields = subprocess.run(
        ["tshark", "-r", file, "-Tfields", "-eisakmp.exchangetype", "-e_ws.malformed"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert fields.split() == ["2"] * 8 + ["32"] * 6


def test_over_the_net_no_file_is_written(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        await desk.types("capture IKE type isakmp")
        output = await desk.types(f"copy /noconfirm /pcap capture:IKE {tmp_path}/x.pcap")
        assert output == f"%Error opening {tmp_path}/x.pcap (Permission denied)\n"
        assert list(tmp_path.iterdir()) == []

    at_desk(act, place="192.0.2.1")


def test_a_traced_packet_meets_the_capture_of_its_interface() -> None:
    async def act(desk: Desk) -> None:
        await desk.types("capture IN interface inside match tcp any any eq www")
        www = await desk.types(f"packet-tracer input inside tcp {NEAR} 1025 {FAR} www")
        assert www.startswith(
            "\nPhase: 1\nType: CAPTURE\nSubtype: \nResult: ALLOW\nConfig:\n"
            "capture IN type raw-data interface inside\nAdditional Information:\n\nPhase: 2\n"
        )
        assert "CAPTURE" not in await desk.types(f"packet-tracer input inside tcp {NEAR} 1025 {FAR} telnet")
        assert "0 packets captured" in await desk.types("show capture IN")

    at_desk(act)


def test_a_reload_forgets_captures() -> None:
    async def act(desk: Desk) -> None:
        await desk.types("capture IKE type isakmp")
        await desk.firewall.reload()
        assert await desk.types("show capture") == ""
        await desk.types("capture IKE type isakmp")
        await desk.negotiates()
        assert len(rows(await desk.types("show capture IKE"))) == 14

    at_desk(act)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("show capture NONE", "ERROR: Capture <NONE> does not exist\n"),
        ("no capture NONE", "ERROR: Capture <NONE> does not exist\n"),
        ("clear capture NONE", "ERROR: Capture <NONE> does not exist\n"),
        ("copy /noconfirm /pcap capture:NONE x", "ERROR: Capture <NONE> does not exist\n"),
        ("copy /noconfirm /pcap NONE x", "ERROR: NONE: a capture is named capture:NAME\n"),
        ("capture A interface inside match ip 10.0.0.0 255.0.255.0 any", "ERROR: 255.0.255.0 is no network mask\n"),
        ("capture A type asp-drop all interface inside", "ERROR: drops are not captured by interface\n"),
    ],
)
def test_what_cannot_be_done_is_said(line: str, answer: str) -> None:
    async def act(desk: Desk) -> None:
        assert await desk.types(line) == answer
        assert await desk.types("show capture") == ""

    at_desk(act)


def test_captures_are_bounded_in_number() -> None:
    async def act(desk: Desk) -> None:
        for number in range(40):
            await desk.types(f"capture N{number} interface inside")
        assert len((await desk.types("show capture")).splitlines()) == 32

    at_desk(act)

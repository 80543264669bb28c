"""What a client follows: debugs with their conditions, packets with their keys, pings."""

import asyncio
import base64
import os
import subprocess
from collections.abc import AsyncIterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from control_rig import Client, Controlled, play
from gateway_boxes import HOST_A, HOST_B, A, B, echo

from mainmode.base.address import Endpoint
from mainmode.base.codes import IpProtocol
from mainmode.base.instant import Instant
from mainmode.capture.keys import PREFERENCES, PREFERENCES_FILE
from mainmode.capture.pcapng import Captured, pcapng
from mainmode.gateway.control import commands, following, pinging
from mainmode.gateway.control.connection import Who
from mainmode.ike.effects import MoveSa
from mainmode.wire.ip import IcmpEcho, Ipv4, read_echo, read_ipv4

EVERYTHING = "debug crypto ikev1 255 and crypto ipsec 255"


async def following_now(client: Client, rig: Controlled, command: str) -> None:
    """The client follows from here on."""
    before = len(rig.gateway.watchers)
    client.ask(command)
    while len(rig.gateway.watchers) == before:
        await asyncio.sleep(0.005)


async def until_quiet(client: Client) -> AsyncIterator[dict[str, Any]]:
    """What comes until the gateway answers a command behind it; the client follows nothing any more then."""
    client.writer.write_eof()
    while answer := await client.answer():
        if "done" in answer:
            return
        yield answer


async def all_of(client: Client) -> list[dict[str, Any]]:
    """Everything that was said to a follower who leaves now."""
    return [answer async for answer in until_quiet(client)]


def lines(answers: list[dict[str, Any]]) -> str:
    return "\n".join(answer.get("line", "") for answer in answers)


def negotiate(rig: Controlled) -> None:
    """A tunnel comes up, and goes down again."""
    rig.ask()
    rig.gateway.act(lambda box, now: box.clear(None, now))
    rig.settle()


def test_a_debug_is_followed_with_the_time_of_the_device(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        await following_now(client, rig, "debug crypto ikev1 127")
        negotiate(rig)
        text = lines(await all_of(client))
        assert "Nov 14 22:13:20 [IKEv1]Group = 10.0.0.2, IP = 10.0.0.2, PHASE 1 COMPLETED" in text
        assert "PHASE 2 COMPLETED" in text
        assert "IPSEC: New embryonic SA" not in text

    play(tmp_path, scene, tunnel=False)


def test_what_one_person_follows_is_theirs_alone(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        ike, ipsec = await Client.to(rig), await Client.to(rig)
        await following_now(ike, rig, "debug crypto ikev1 1")
        await following_now(ipsec, rig, "debug crypto ipsec 127")
        negotiate(rig)
        ike_lines, ipsec_lines = lines(await all_of(ike)), lines(await all_of(ipsec))
        assert "PHASE 1" not in ipsec_lines
        assert "IPSEC: New embryonic SA" in ipsec_lines
        assert "IPSEC:" not in ike_lines

    play(tmp_path, scene, tunnel=False)


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("", True),
        ("condition peer 10.0.0.2", True),
        ("condition peer 10.0.0.0 subnet 255.255.255.0", True),
        ("condition group 10.0.0.2", True),
        ("condition peer 10.0.0.3", False),
        ("condition group 10.0.0.3", False),
    ],
)
def test_a_condition_chooses_the_lines_of_a_peer_those_of_ipsec_too(
    tmp_path: Path, condition: str, shown: bool
) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        await following_now(client, rig, f"{EVERYTHING} {condition}")
        negotiate(rig)
        text = lines(await all_of(client))
        for wanted in ("PHASE 2 COMPLETED", "IPSEC: New embryonic SA", "IPSEC: Deleted inbound decrypt rule"):
            assert (wanted in text) is shown
        assert ("PHASE 1 COMPLETED" in text) is shown

    play(tmp_path, scene, tunnel=False)


def test_unmatched_shows_what_no_peer_is_known_of(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        await following_now(client, rig, f"{EVERYTHING} condition unmatched")
        negotiate(rig)
        text = lines(await all_of(client))
        assert "IPSEC(crypto_map_check)" in text
        assert "COMPLETED (msgid" not in text

    play(tmp_path, scene, tunnel=False)


def test_who_does_not_read_misses_lines_is_told_how_many_and_holds_up_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_MOST_LINES", 100_000)

    async def scene(rig: Controlled) -> None:
        slow, quick = await Client.to(rig), await Client.to(rig)
        await following_now(slow, rig, EVERYTHING)
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await following_now(quick, rig, EVERYTHING)
        [held] = [one for one in rig.server._clients if one.errand is rig.gateway.watchers[-2]]
        reading = asyncio.ensure_future(all_lines(quick))
        for _ in range(40):
            negotiate(rig)
            for end in (rig.a, rig.b):
                end.advance(1)
            await asyncio.sleep(0.01)
            assert held._waiting < 200_000
        while quick.reader._buffer:  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)
        quick.writer.write_eof()
        seen = await reading
        slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
        told = await all_of(slow)
        missed = sum(answer.get("missed", 0) for answer in told)
        assert missed > 1000
        assert sum("line" in answer for answer in told) + missed == len(seen)

    play(tmp_path, scene, tunnel=False)


async def all_lines(client: Client) -> list[dict[str, Any]]:
    found = []
    while answer := await client.answer():
        if "line" in answer:
            found.append(answer)
        assert "missed" not in answer
    return found


def _tshark(folder: Path, answers: list[dict[str, Any]], *options: str) -> str:
    """What tshark makes of followed packets and keys."""
    packets = [answer for answer in answers if "packet" in answer]
    names = list(dict.fromkeys(answer["interface"] for answer in packets))
    captured = [
        Captured(
            names.index(answer["interface"]),
            Instant(answer["at"]),
            base64.b64decode(answer["packet"]),
            inbound=answer["inbound"],
        )
        for answer in packets
    ]
    (folder / "live.pcapng").write_bytes(pcapng("test", names, captured))
    (folder / PREFERENCES_FILE).write_text(PREFERENCES)
    for file in {answer["key_file"] for answer in answers if "key_file" in answer}:
        (folder / file).write_text("".join(one["key"] for one in answers if one.get("key_file") == file))
    return subprocess.run(
        ["tshark", "-r", folder / "live.pcapng", *options],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"WIRESHARK_CONFIG_DIR": str(folder)},
    ).stdout


def test_tshark_opens_what_was_captured_from_the_first_message_on(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        await following_now(client, rig, "capture keys")
        rig.ask(1)
        rig.ask(2)
        answers = await all_of(client)
        exchanges = _tshark(
            tmp_path, answers, "-Yisakmp", "-Tfields", "-eisakmp.exchangetype", "-eisakmp.enc.decrypted"
        )
        assert [row.split("\t")[0] for row in exchanges.splitlines()] == ["2"] * 6 + ["32"] * 3
        assert exchanges.count("\n") == 9
        identities = _tshark(tmp_path, answers, "-Yisakmp.id.type", "-Tfields", "-eframe.number")
        assert len(identities.splitlines()) == 4
        opened = _tshark(tmp_path, answers, "-Yesp && icmp", "-Tfields", "-eicmp.seq", "-eframe.interface_name")
        assert [row.split("\t") for row in opened.splitlines()] == [["1", "outside"], ["2", "outside"]]
        clear = _tshark(tmp_path, answers, "-Yicmp && !esp", "-Tfields", "-eicmp.seq", "-eframe.packet_flags_direction")
        assert [row.split("\t")[0] for row in clear.splitlines()] == ["1", "2"]
        assert _tshark(tmp_path, answers, "-Y_ws.malformed || esp.icv_bad == 1") == ""

    play(tmp_path, scene, tunnel=False)


def test_tshark_opens_esp_of_a_tunnel_that_stood_before(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        await following_now(client, rig, "capture keys")
        rig.ask(7)
        answers = await all_of(client)
        assert "seq=7/" in _tshark(tmp_path, answers, "-Yesp && icmp")
        without = [answer for answer in answers if "packet" in answer]
        (tmp_path / "none").mkdir()
        assert _tshark(tmp_path / "none", without, "-Yesp && icmp") == ""

    play(tmp_path, scene)


def test_without_keys_none_is_told(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        await following_now(client, rig, "capture")
        negotiate(rig)
        answers = await all_of(client)
        assert answers[0] == {"following": True}
        assert {key for answer in answers[1:] for key in answer} == {"packet", "at", "interface", "inbound"}

    play(tmp_path, scene, tunnel=False)


def test_a_peer_that_moves_has_a_line_for_its_new_address(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        await following_now(client, rig, "capture keys")
        [state] = rig.gateway.box.sad.states()
        path = state.pair.path._replace(remote=Endpoint(IPv4Address("198.51.100.9"), 4500))
        rig.gateway.box.sad.move(state.pair.inbound_spi, path)
        rig.gateway.act(lambda box, now: [MoveSa(state.pair.inbound_spi, path)])
        keys = [answer["key"] for answer in await all_of(client) if "key" in answer]
        assert sum("198.51.100.9" in key for key in keys) == 2

    play(tmp_path, scene)


@pytest.mark.parametrize(("uid", "allowed"), [(0, True), (1000, True), (1001, False), (-1, False)])
def test_keys_are_for_root_and_the_gateways_own_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, allowed: bool
) -> None:
    monkeypatch.setattr(commands.os, "geteuid", lambda: 1000)

    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        while not rig.server._clients:
            await asyncio.sleep(0.005)
        [held] = rig.server._clients
        held.who = Who(1, uid)
        if allowed:
            await following_now(client, rig, "capture keys")
            return
        [answer] = await client.command("capture keys")
        assert "keys are for root and the user that the gateway runs as" in answer["error"]
        await following_now(client, rig, "capture")

    play(tmp_path, scene)


def output(answers: list[dict[str, Any]]) -> str:
    return "".join(answer.get("output", "") for answer in answers)


async def pinged(rig: Controlled, client: Client, command: str) -> list[dict[str, Any]]:
    """A ping whose packets are carried."""
    client.ask(command)
    waiting = asyncio.ensure_future(client.answers())
    while not waiting.done():
        await asyncio.sleep(0.005)
        rig.a.advance(0.0025)
        rig.settle()
    return waiting.result()


def test_a_ping_is_told_as_the_device_tells_it(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        answers = await pinged(rig, client, "ping inside 192.168.2.1")
        text = output(answers)
        assert text.startswith(
            "Type escape sequence to abort.\n"
            "Sending 5, 100-byte ICMP Echos to 192.168.2.1, timeout is 2 seconds:\n!!!!!\n"
            "Success rate is 100 percent (5/5), round-trip min/avg/max = "
        )
        assert text.endswith(" ms\n")
        assert answers[-1] == {"done": True, "received": 5}

    play(tmp_path, scene)


def _reply(identifier: int, sequence: int) -> bytes:
    message = IcmpEcho(False, identifier, sequence, bytes(8)).encode()
    return Ipv4(B, A, IpProtocol.ICMP, message).encode()


def test_replies_that_the_host_hears_count_and_those_to_its_other_programs_do_not(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        drops = rig.gateway.box.journal.drops
        before = drops.total()
        client.ask("ping 10.0.0.2 repeat 1")
        while not any(read_ipv4(out.packet).protocol == IpProtocol.ICMP for out in rig.a.plane.left):
            await asyncio.sleep(0.005)
        sent = read_echo(read_ipv4(rig.a.plane.left[-1].packet))
        assert sent is not None
        rig.gateway.icmp_arrived(_reply(sent.identifier + 1, sent.sequence))
        assert drops.total() == before
        rig.gateway.icmp_arrived(_reply(sent.identifier, sent.sequence))
        assert (await client.answers())[-1] == {"done": True, "received": 1}

    play(tmp_path, scene)


def test_a_ping_whose_packets_a_kernel_seals_and_opens_counts_the_reply_that_the_host_hears(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        rig.gateway.box.offload()
        before = len(rig.a.plane.left)
        client = await Client.to(rig)
        client.ask("ping inside 192.168.2.1 repeat 1")
        while len(rig.a.plane.left) == before:
            await asyncio.sleep(0.005)
        request = read_ipv4(rig.a.plane.left[-1].packet)
        sent = read_echo(request)
        assert sent is not None
        message = IcmpEcho(False, sent.identifier, sent.sequence, sent.data).encode()
        rig.gateway.icmp_arrived(Ipv4(request.destination, request.source, IpProtocol.ICMP, message).encode())
        assert (await client.answers())[-1] == {"done": True, "received": 1}

    play(tmp_path, scene)


def test_two_pings_at_once_count_their_own_replies(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        both = [await Client.to(rig) for _ in range(2)]
        done = await asyncio.gather(*(pinged(rig, one, "ping inside 192.168.2.1 repeat 20") for one in both))
        assert [answers[-1]["received"] for answers in done] == [20, 20]

    play(tmp_path, scene)


def test_a_ping_without_an_answer_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinging, "USUAL_SECONDS", 0.05)

    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        answers = await client.command("ping inside 192.168.2.77 repeat 3")
        assert output(answers).endswith(":\n???\nSuccess rate is 0 percent (0/3)\n")
        assert answers[-1] == {"done": True, "received": 0}

    play(tmp_path, scene)


def test_a_reply_that_comes_late_or_from_elsewhere_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinging, "USUAL_SECONDS", 0.05)

    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        client.ask("ping inside 192.168.2.1 repeat 1")
        answers = await client.answers()
        assert answers[-1]["received"] == 0
        rig.settle()
        rig.a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B, 1).encode())
        assert not rig.a.told

    play(tmp_path, scene)


def test_a_client_that_leaves_ends_its_ping(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        await following_now(client, rig, "ping inside 192.168.2.77 repeat 1000")
        client.leave()
        while rig.gateway.watchers:
            await asyncio.sleep(0.01)

    play(tmp_path, scene)

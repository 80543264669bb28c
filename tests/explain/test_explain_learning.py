"""What is learnt of one line and filled in for others like it is what each of them says when it is read for itself."""

import random

import pytest

from mainmode.explain.assembler import Assembler
from mainmode.explain.dialects.asa import AsaDialect
from mainmode.explain.forms import forms_of
from mainmode.explain.record import Piece

A, B = "Nov 14 22:13:31 ", "<166>Nov 14 2024 22:13:31 fw1 : %ASA-7-"
LINES = (
    A
    + "[IKEv1 DECODE]: IP = {ip}, IKE_DECODE RECEIVED Message (msgid={a}) with payloads : HDR + HASH (8) + DELETE (12) "
    "+ NONE (0) total length : {n}",
    A + "[IKEv1 DECODE]: IP = {ip}, IKE_DECODE SENDING Message (msgid={a}) with payloads : HDR + HASH (8) + SA (1) + "
    "NONCE (10) + ID (5) + ID (5) + NONE (0) total length : 1{n}",
    A + "[IKEv1 DEBUG]: Group = {ip}, IP = {ip}, IKE SA MM:{a} terminating:  flags 0x{b}, refcnt 0, tuncnt 0",
    A + "[IKEv1]: Group = {ip}, IP = {ip}, Security negotiation complete for LAN-to-LAN Group ({ip})  Responder, "
    "Inbound SPI = 0x{a}, Outbound SPI = 0x{b}",
    A + "[IKEv1]: Group = {ip}, IP = {ip}, PHASE 2 COMPLETED (msgid={a})",
    A + "[IKEv1 DEBUG]: Group = {ip}, IP = {ip}, oakley constucting quick mode",
    B + "715077: Group = {ip}, IP = {ip}, Pitcher: received KEY_UPDATE, spi 0x{a}",
    B + "715046: Group = {ip}, IP = {ip}, constructing blank hash payload",
    B + "713041: Group = {ip}, IP = {ip}, IKE Initiator: New Phase 2, Intf inside, IKE Peer {ip}  local Proxy Address "
    "10.1.1.0, remote Proxy Address 10.2.2.0,  Crypto map (a{a})",
    B + "711001: IPSEC: New embryonic SA created @ 0x{a},\n    SCB: 0x{b},\n    Direction: inbound\n    SPI      : "
    "0x{c}\n"
    "    Session ID: 0x{d}\n    VPIF num  : 0x{a}\n    Tunnel type: l2l\n    Protocol   : esp\n"
    "    Lifetime   : 240 seconds",
    A + "IPSEC: Completed outbound VPN context, SPI 0x{a}\n    VPN handle: 0x{b}",
    A + "IPSEC: Received an ESP packet (SPI= 0x{a}, sequence number= 0x{b}) from {ip} (user= {ip}) to 192.0.2.1.",
    A + "[IKEv1]: IP = {ip}, Connection landed on tunnel_group {a}",
)
KINDS = ("letters", "digits", "zeros", "capitals", "same")


def words(kind: str, dice: random.Random) -> dict[str, str]:
    found = {}
    for name in "abcd":
        word = f"{dice.getrandbits(28) | 1 << 31:08x}"
        found[name] = {
            "digits": f"{dice.randrange(10**7, 10**8)}",
            "zeros": f"0000{word[4:]}",
            "capitals": word.upper(),
            "same": found.get("a", word),
        }.get(kind, word)
    return found


def read(text: str) -> list[Piece]:
    """By a reader that has learnt nothing yet."""
    assembler = Assembler((AsaDialect(),))
    return [*assembler.feed(text.split("\n")), *assembler.finish()]


@pytest.mark.parametrize("line", LINES)
def test_what_is_filled_in_is_what_is_read(line: str) -> None:
    dice = random.Random(line)
    assembler = Assembler((AsaDialect(),))
    for number in range(40):
        kind = KINDS[number % 7] if number % 7 < len(KINDS) else "letters"
        ip = f"10.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(256)}"
        text = line.format(ip=ip, n=dice.randrange(20, 80), **words(kind, dice))
        got = [*assembler.feed(text.split("\n")), *assembler.finish()]
        wanted = read(text)
        assert [(one.text, one.record(0).reading, one.sense) for one in got] == [
            (one.text, one.record(0).reading, one.sense) for one in wanted
        ]


def test_a_line_of_the_same_form_that_is_about_another_subject_is_not_taken_for_ours() -> None:
    ours = f"{B}715046: IP = 10.0.0.1, constructing ke payload"
    other = ours.replace("%ASA-7-715046", "%ASA-6-302013")
    assert forms_of([ours]) == forms_of([other])
    assembler = Assembler((AsaDialect(),))
    pieces = [*assembler.feed([ours, ours, other, ours]), *assembler.finish()]
    assert [piece.first for piece in pieces] == [1, 2, 4]
    assert (assembler.tally.recognised, assembler.tally.other, assembler.tally.unknown) == (3, 1, 0)


def test_lines_that_are_no_plain_text_have_no_form() -> None:
    assert forms_of(["a1", "b2"]) == ["00", "00"]
    assert not forms_of(["a1", "é"])
    assert not forms_of(["a1\nb2"])

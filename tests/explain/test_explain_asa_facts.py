"""What the device's own lines tell: the facts that are taken from a line of each kind, written out."""

import pytest

from mainmode.base.address import Proxy
from mainmode.catalogue.facts import (
    Began,
    Deleted,
    Down,
    Exchange,
    Fact,
    GaveUp,
    Group,
    LifetimeChanged,
    Message,
    NatFound,
    Notify,
    Phase,
    Proxies,
    Refused,
    Role,
    Spi,
    State,
    Symptom,
    Timer,
    Told,
    Up,
    Vendor,
    Wanted,
    Way,
    Whose,
    Why,
)
from mainmode.explain.dialects.asa import AsaDialect

LAN, FAR = Proxy.of("192.168.1.0/24"), Proxy.of("192.168.2.0/24", 1)
DECODE = "IKE_DECODE {} Message (msgid={}) with payloads : HDR + {} + NONE (0) total length : {}"
ONE = {
    "Pitcher: received a key acquire message, spi 0x0": Wanted(),
    "IKE Initiator: New Phase 1, Intf inside, IKE Peer 10.0.0.2  local Proxy Address 192.168.1.0, "
    "remote Proxy Address 192.168.2.0,  Crypto map (MAP)": Began(Phase.ONE, Role.INITIATOR, False, "MAP"),
    "IKE Initiator: Rekeying Phase 2, Intf inside, IKE Peer 10.0.0.2  local Proxy Address 192.168.1.0, "
    "remote Proxy Address 192.168.2.0,  Crypto map (MAP)": Began(Phase.TWO, Role.INITIATOR, True, "MAP"),
    DECODE.format("SENDING", "0", "SA (1) + VENDOR (13)", 148): Message(Way.SENT, Exchange.MAIN, ("SA", "VENDOR"), 148),
    DECODE.format("RESENDING", "0", "KE (4) + NONCE (10) + NAT-D (130)", 256): Message(
        Way.SENT, Exchange.MAIN, ("KE", "NONCE", "NAT-D"), 256, again=True
    ),
    DECODE.format("RECEIVED", "0", "SA (1) + KE (4) + NONCE (10) + ID (5)", 300): Message(
        Way.RECEIVED, Exchange.AGGRESSIVE, ("SA", "KE", "NONCE", "ID"), 300
    ),
    DECODE.format("RECEIVED", "0", "NOTIFY (11)", 68): Message(
        Way.RECEIVED, Exchange.INFORMATIONAL, ("NOTIFY",), 68, name="INFO"
    ),
    DECODE.format("RECEIVED", "7b80c2b0", "HASH (8) + SA (1) + NONCE (10) + ID (5) + ID (5)", 172): Message(
        Way.RECEIVED, Exchange.QUICK, ("HASH", "SA", "NONCE", "ID", "ID"), 172
    ),
    DECODE.format("SENDING", "7b80c2b0", "HASH (8)", 52): Message(Way.SENT, Exchange.QUICK, ("HASH",), 52, name="QM3"),
    DECODE.format("RECEIVED", "1a2b3c4d", "HASH (8) + ATTR (14)", 100): Message(
        Way.RECEIVED, Exchange.TRANSACTION, ("HASH", "ATTRIBUTES"), 100
    ),
    "constructing NAT-Traversal VID ver 02 payload": Vendor(Whose.OWN, "NAT-T draft 02"),
    "Received NAT-Traversal RFC VID": Vendor(Whose.PEER, "NAT-T RFC 3947"),
    "Connection landed on tunnel_group 10.0.0.2": Group("10.0.0.2"),
    "Automatic NAT Detection Status:     Remote end   IS   behind a NAT device     "
    "This   end is NOT behind a NAT device": (NatFound(own=False, peer=True)),
    "PHASE 1 COMPLETED": Up(Phase.ONE),
    "Starting P1 rekey timer: 64800 seconds.": Timer("rekey", Phase.ONE, 64800),
    "IKE Responder starting QM: msg id = 52481cf5": Began(Phase.TWO, Role.RESPONDER),
    "IKE got SPI from key engine: SPI = 0xfd2d851f": Spi("fd2d851f", Whose.OWN),
    "Transmitting Proxy Id:\n  Local subnet:  192.168.1.0  mask 255.255.255.0 Protocol 0  Port 0\n"
    "  Remote subnet: 192.168.2.0  Mask 255.255.255.0 Protocol 1  Port 0": Proxies(LAN, FAR, Whose.OWN),
    "Received remote IP Proxy Subnet data in ID Payload:   "
    "Address 192.168.2.0, Mask 255.255.255.0, Protocol 1, Port 0": (Proxies(None, FAR, Whose.PEER)),
    "Received local IP Proxy Subnet data in ID Payload:   "
    "Address 192.168.1.0, Mask 255.255.255.0, Protocol 0, Port 0": (Proxies(LAN, None, Whose.PEER)),
    "Overriding Initiator's IPSec rekeying duration from 0 to 4608000 Kbs": LifetimeChanged(
        Phase.TWO, 0, 4608000, "kilobytes", Whose.OWN
    ),
    "Responder forcing change of IPSec rekeying duration from 28800 to 3600 seconds": LifetimeChanged(
        Phase.TWO, 28800, 3600, "seconds", Whose.PEER
    ),
    "Responder Lifetime decode follows (outb SPI[4]|attributes):\n"
    "0000: DDE50931 80010001 00020004 00000E10     ...1............": Timer("lifetime", Phase.TWO, 3600),
    "Security negotiation complete for LAN-to-LAN Group (10.0.0.2)  Initiator, Inbound SPI = 0xfd2d851f, "
    "Outbound SPI = 0xdde50931": Up(Phase.TWO, Role.INITIATOR, "fd2d851f", "dde50931"),
    "PHASE 2 COMPLETED (msgid=7b80c2b0)": Up(Phase.TWO),
    "Received keep-alive of type DPD R-U-THERE (seq number 0x2227aa60)": Notify(Way.RECEIVED, "R-U-THERE", True),
    "IKE lost contact with remote peer, deleting connection (keepalive type: DPD)": Told(Symptom.PEER_LOST),
    "Received non-routine Notify message: Invalid ID info (18)": Notify(Way.RECEIVED, "INVALID-ID-INFORMATION", True),
    "Received an un-encrypted NO_PROPOSAL_CHOSEN notify message, dropping": Notify(
        Way.RECEIVED, "NO-PROPOSAL-CHOSEN", False
    ),
    "Phase 1 failure:  Mismatched attribute types for class Group Description:  Rcv'd: Group 2  Cfg'd: Group 5": (
        Refused(Phase.ONE, "group", "2", "5")
    ),
    "All SA proposals found unacceptable": Refused(Phase.ONE, everything=True),
    "All IPSec SA proposals found unacceptable!": Refused(Phase.TWO, everything=True),
    "Can't find a valid tunnel group, aborting...!": Told(Symptom.NO_TUNNEL_GROUP, Phase.ONE),
    "No crypto map bound to interface... dropping pkt": Told(Symptom.MAP_NOT_BOUND),
    "Received encrypted Oakley Main Mode packet with invalid payloads, MessID = 0": Told(Symptom.KEY_WRONG, Phase.ONE),
    "Rejecting IPSec tunnel: no matching crypto map entry for remote proxy 192.168.2.0/255.255.255.0/1/0 "
    "local proxy 192.168.1.0/255.255.255.0/0/0 on interface outside": Proxies(LAN, FAR, Whose.PEER),
    "QM FSM error (P2 struct &0xcc19ed48, mess id 0xfc16eec2)!": GaveUp(Phase.TWO),
    "IKE session establishment timed out [MM_WAIT_MSG4], aborting!": GaveUp(Phase.ONE, "MM4", True),
    "IKE SA MM:4ad8e0c9 rcv'd Terminate: state MM_WAIT_MSG6  flags 0x0001c042, refcnt 1, tuncnt 0": State(
        "MM_WAIT_MSG6", "MM6"
    ),
    "processing delete": Deleted(Way.RECEIVED),
    "constructing IPSec delete payload": Deleted(Way.SENT, Phase.TWO),
    "Connection terminated for peer 10.0.0.2.  Reason: IPSec SA Idle Timeout  Remote Proxy N/A, Local Proxy N/A": Down(
        Phase.TWO, Why.IDLE, "IPSec SA Idle Timeout"
    ),
    "Session is being torn down. Reason: crypto map policy not found": Down(
        None, Why.POLICY, "crypto map policy not found"
    ),
    "Session is being torn down. Reason: User Requested": Down(None, Why.PEER, "User Requested"),
    "Session is being torn down. Reason: Lost Service": Down(None, Why.LOST, "Lost Service"),
}
SYSLOG = {
    "6-602303: IPSEC: An inbound LAN-to-LAN SA (SPI= 0xCE8C73AC) between 10.0.0.1 and 10.0.0.2 "
    "(user= 10.0.0.2) has been created.": Up(Phase.TWO, None, "ce8c73ac"),
    "6-602303: IPSEC: An outbound LAN-to-LAN SA (SPI= 0xCE8C73AC) between 10.0.0.1 and 10.0.0.2 "
    "(user= 10.0.0.2) has been created.": Up(Phase.TWO, None, "", "ce8c73ac"),
    "4-402114: IPSEC: Received an ESP packet (SPI= 0x76F99C4C, sequence number= 0x2D) from 10.0.0.2 to 10.0.0.1 "
    "with an invalid SPI.": Told(Symptom.UNKNOWN_SPI, Phase.TWO, "76f99c4c"),
    "4-402119: IPSEC: Received an ESP packet (SPI= 0x76F99C4C, sequence number= 0x2D) from 10.0.0.2 (user= x) "
    "to 10.0.0.1 that failed anti-replay checking.": Told(Symptom.REPLAY, Phase.TWO),
}


@pytest.mark.parametrize(("text", "fact"), ONE.items(), ids=lambda one: str(one)[:60])
def test_a_line_tells_its_fact(text: str, fact: Fact) -> None:
    for front in ("[IKEv1]: Group = 10.0.0.2, IP = 10.0.0.2, ", "%ASA-7-713906: IP = 10.0.0.2, "):
        reading = AsaDialect().read(front + text)
        assert reading is not None
        assert fact in reading.facts
        assert reading.tag.peer == "10.0.0.2"


@pytest.mark.parametrize(("text", "fact"), SYSLOG.items(), ids=lambda one: str(one)[:60])
def test_a_line_of_the_system_log_tells_its_fact(text: str, fact: Fact) -> None:
    reading = AsaDialect().read(f"%ASA-{text}")
    assert reading is not None
    assert fact in reading.facts
    assert reading.tag.peer == "10.0.0.2"


def test_message_ids_and_roles_are_told() -> None:
    asa = AsaDialect()
    for number in ("7b80c2b0", "1a2b3c4d", "0"):
        reading = asa.read(f"[IKEv1]: IP = 10.0.0.2, {DECODE.format('RECEIVED', number, 'HASH (8) + SA (1)', 172)}")
        assert reading is not None
        assert reading.tag.message_id == int(number, 16)
    reading = asa.read("[IKEv1 DEBUG]: Group = 10.0.0.2, IP = 10.0.0.2, Generating keys for Responder...")
    assert reading is not None
    assert reading.tag.role is Role.RESPONDER
    reading = asa.read("[IKEv1 DECODE]: IP = 10.0.0.2, IKE Initiator sending 1st QM pkt: msg id = 7b80c2b0")
    assert reading is not None
    assert (reading.step, reading.tag.message_id) == ("QM1", 0x7B80C2B0)

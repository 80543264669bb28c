"""pluto: what goes with a phase 1: vendor IDs, address translation, certificates, extended authentication."""

from mainmode.catalogue import spelling
from mainmode.catalogue.dialects.parts import ANY, LIST, NUMBER, SPOT, WORD, part
from mainmode.catalogue.dialects.pluto_parts import (
    FORUM,
    STATE,
)
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Floated,
    NatFound,
    Phase,
    Symptom,
    Told,
    Vendor,
    Whose,
)
from mainmode.catalogue.origins import RECALLED
from mainmode.catalogue.phrasebook import Values, says


def _nat(values: Values) -> Facts:
    result = values["result"].lower()
    if result.startswith("no nat"):
        return (NatFound(own=False, peer=False),)
    both = "both are" in result
    own = True if both or "i am" in result else None
    peer = True if both or "peer is" in result or "peer behind" in result else None
    return (NatFound(own, peer),) if own or peer else ()


SAYINGS = (
    says(
        "pluto.vendor",
        "received Vendor ID payload [{vendor}]",
        "received Vendor ID payload [{vendor}] method set to={method}",
        "received Vendor ID payload [{vendor}] meth={method}",
        "received Vendor ID payload [{vendor}] meth={method}, but already using method {other}",
        "ignoring Vendor ID payload [{vendor}]",
        "ignoring Vendor ID payload [{vendor}...]",
        origin=FORUM.but("further wordings recalled"),
        tells=lambda values: (Vendor(Whose.PEER, spelling.vendor(values["vendor"])),),
        vendor=part("vendor ID", r"[^\[\]\n]{1,200}"),
        method=WORD,
        other=WORD,
    ),
    says(
        "pluto.vendor unknown",
        "ignoring unknown Vendor ID payload [{octets}]",
        "ignoring unknown Vendor ID payload [{octets}...]",
        origin=FORUM,
        tells=lambda values: (Vendor(Whose.PEER, f"unknown {values['octets']}"),),
        octets=part("octets", "[0-9A-Fa-f]{1,600}"),
    ),
    says(
        "pluto.NAT",
        "NAT-Traversal: Result using {method}: {result}",
        "NAT-Traversal: Result using {method} sender port {port}: {result}",
        origin=FORUM.but("other results recalled"),
        tells=_nat,
        method=ANY,
        port=NUMBER,
        result=ANY,
    ),
    says(
        "pluto.NAT mapping",
        "new NAT mapping for #{number}, was {old}, now {new}",
        "NAT-T: new mapping {rest}",
        "NAT-T: floating to port 4500",
        "NAT-Traversal: floating to {rest}",
        origin=RECALLED,
        tells=Floated(),
        number=NUMBER,
        old=SPOT,
        new=SPOT,
        rest=LIST,
    ),
    says(
        "pluto.NAT support",
        "enabling possible NAT-traversal with method {rest}",
        "NAT-Traversal support {rest}",
        "NAT-Traversal: {rest}",
        "NAT-T: {rest}",
        "Only {rest}",
        "changing {rest}",
        origin=RECALLED,
        rest=LIST,
    ),
    says(
        "pluto.certificate",
        "I am sending my cert",
        "I am sending a certificate request",
        "I am sending my certificate",
        "I am not sending a certificate request",
        "we have a cert and are sending it{rest}",
        "we don't have a cert{rest}",
        "I did not send a certificate because {rest}",
        "Thinking about sending a certificate request{rest}",
        "reply packet from {rest}",
        "certificate verified OK: {rest}",
        "sending [CERT,]CR{rest}",
        "crl {rest}",
        "requested CA: {rest}",
        origin=RECALLED,
        rest=LIST,
    ),
    says(
        "pluto.xauth",
        "XAUTH: {rest}",
        "XAUTH {rest}",
        "modecfg: {rest}",
        "modecfg_{rest}",
        "Sending MODE CONFIG set",
        "Received IP4 {rest}",
        "Received IPv4 address {rest}",
        "Received IPv4 address: {rest}",
        "Received subnet {rest}",
        "Received DNS {rest}",
        "received INTERNAL_IP4_ADDRESS{rest}",
        "setting ip source address to {rest}",
        "setting client address to {rest}",
        "ModeCFG {rest}",
        "Mode Config {rest}",
        "User {rest}",
        "{state}: XAUTH {rest}",
        "{state}: ModeCfg {rest}",
        "{state}: modecfg {rest}",
        "{name} prompt for {rest}",
        origin=RECALLED,
        tells=Told(Symptom.XAUTH, Phase.ONE),
        rest=LIST,
        state=STATE,
        name=WORD,
    ),
)
"""Every saying about what goes with phase 1."""

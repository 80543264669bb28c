"""What the device's own lines tell, as facts: from the parts of a line to the values of `facts`.

Used by the declarations in `lines/`, each of which says beside its wording what it tells.
"""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from mainmode.base.address import Proxy
from mainmode.base.codes import NotifyType
from mainmode.catalogue import spelling
from mainmode.catalogue.entry import Facts, Tells
from mainmode.catalogue.facts import (
    Began,
    Carried,
    Deleted,
    Down,
    Exchange,
    Fact,
    Floated,
    GaveUp,
    Identity,
    LifetimeChanged,
    Message,
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

Values = Mapping[str, Any]

ROLES = {"initiator": Role.INITIATOR, "responder": Role.RESPONDER}


def role_of(word: str) -> Role | None:
    """`Initiator` → the role; None for another word."""
    return ROLES.get(word.lower())


def hex8(number: int) -> str:
    """An SPI as facts spell it: eight hexadecimal digits."""
    return f"{number:08x}"


# Messages


def _exchange(message_id: int, payloads: tuple[str, ...]) -> tuple[Exchange | None, str]:
    """What a chain of payloads gives away: the exchange, and the message's name where only one has this chain."""
    kinds = set(payloads)
    if "FRAGMENT" in kinds:
        return None, ""
    if message_id:
        if payloads == ("HASH",):
            return Exchange.QUICK, "QM3"
        if "ATTRIBUTES" in kinds:
            return Exchange.TRANSACTION, ""
        if "SA" in kinds:
            return Exchange.QUICK, ""
        return (Exchange.INFORMATIONAL, "INFO") if kinds & {"NOTIFY", "DELETE"} else (None, "")
    if "SA" in kinds:
        return (Exchange.AGGRESSIVE, "") if "KE" in kinds else (Exchange.MAIN, "")
    if kinds & {"KE", "ID"}:
        return Exchange.MAIN, ""
    if kinds & {"NOTIFY", "DELETE"} and not kinds & {"SIG"}:
        return Exchange.INFORMATIONAL, "INFO"
    return (Exchange.AGGRESSIVE, "AM3") if kinds & {"HASH", "SIG"} else (None, "")


_OWN_PAYLOADS = {"ATTR": "ATTRIBUTES", "IOS KEEPALIVE": "VENDOR", "FRAGMENT": "FRAGMENT", "DWR": "DELETE"}


def payload_name(text: str) -> str:
    """`NONCE (10)` → `NONCE`, `ATTR (14)` → `ATTRIBUTES`; what is not known stays as it is printed."""
    name = text.partition("(")[0].strip()
    return _OWN_PAYLOADS.get(name) or spelling.payload(name)


def message(values: Values) -> Facts:
    """`IKE_DECODE SENDING Message (msgid=…) with payloads : …`."""
    payloads = tuple(payload_name(name) for name in values["payloads"])
    exchange, name = _exchange(values["message_id"], payloads)
    way = Way.RECEIVED if values["verb"] == "RECEIVED" else Way.SENT
    return (Message(way, exchange, payloads, values.get("length"), values["verb"] == "RESENDING", name),)


VENDORS = {
    "NAT-Traversal VID ver 02": "NAT-T draft 02",
    "NAT-Traversal VID ver 03": "NAT-T draft 03",
    "NAT-Traversal VID ver RFC": "NAT-T RFC 3947",
    "NAT-Traversal ver 02": "NAT-T draft 02",
    "NAT-Traversal ver 03": "NAT-T draft 03",
    "NAT-Traversal RFC": "NAT-T RFC 3947",
    "NAT-Traversal ver RFC": "NAT-T RFC 3947",
    "Fragmentation VID + extended capabilities": "fragmentation",
    "Fragmentation": "fragmentation",
    "Cisco Unity VID": "Cisco Unity",
    "Cisco Unity client": "Cisco Unity",
    "xauth V6 VID": "XAUTH",
    "xauth V6": "XAUTH",
    "dpd vid": "DPD",
    "DPD": "DPD",
    "IOS": "IOS",
    "Altiga/Cisco VPN3000/Cisco ASA GW": "ASA",
}
"""Vendor IDs as the device writes them."""


def constructing(values: Values) -> Facts:
    """`constructing … payload`: vendor IDs and deletes say more than that a payload is built."""
    name = values["payload"]
    if name in VENDORS:
        return (Vendor(Whose.OWN, VENDORS[name]),)
    if "delete" in name:
        return (Deleted(Way.SENT, Phase.ONE if name.startswith("IKE") else Phase.TWO),)
    return ()


def vendor(whose: Whose) -> Tells:
    """`Received … VID`, `Send … VID`."""

    def tells(values: Values) -> Facts:
        name = str(values["vid"])
        return (Vendor(whose, VENDORS.get(name, name)),)

    return tells


def floated(values: Values) -> Facts:
    """`Packet received on A:4500 from …`: the negotiation has gone on to the NAT-T port."""
    return (Floated(),) if values["local_port"] == 4500 else ()


def notify(way: Way, protected: bool | None = None, part: str = "notify") -> Tells:
    """A notify by its name as printed."""
    return lambda values: (Notify(way, spelling.notify(values[part]), protected),)


def numbered_notify(values: Values) -> Facts:
    """`Received non-routine Notify message: Invalid ID info (18)`: the number tells the name, whatever is printed."""
    number = NotifyType(values["number"])
    return (Notify(Way.RECEIVED, spelling.notify(number.name if number.known else values["notify"]), True),)


# Proposals

_CLASSES = {
    "encryption alg": "encryption",
    "hash alg": "hash",
    "auth alg": "hash",
    "group description": "group",
    "group description (pfs)": "pfs",
    "auth method": "authentication",
    "key length": "key length",
    "life type": "lifetime",
    "life duration": "lifetime",
    "encapsulation mode": "mode",
    "transform id": "encryption",
    "protocol": "protocol",
}


def _spelled(attribute: str, text: str) -> str:
    if text.lower() in ("none", "not offered"):
        return "none"
    if attribute in ("group", "pfs"):
        return spelling.group(text) if any(one.isdigit() for one in text) else text
    if attribute == "encryption":
        return spelling.encryption(text)
    if attribute == "hash":
        return spelling.integrity(text)
    return spelling.authentication(text) if attribute == "authentication" else text


def refused(phase: Phase) -> Tells:
    """`Mismatched attribute types for class X: Rcv'd: … Cfg'd: …`."""

    def tells(values: Values) -> Facts:
        printed = values["attribute"].strip().lower()
        attribute = _CLASSES.get(printed, printed)
        if phase is Phase.TWO and attribute == "group":
            attribute = "pfs"
        offered, configured = (_spelled(attribute, values[part]) for part in ("offered", "configured"))
        return (Refused(phase, attribute, offered, configured),)

    return tells


def lifetime(phase: Phase, by: Whose) -> Tells:
    """`… rekeying duration from B to A seconds`."""

    def tells(values: Values) -> Facts:
        unit = "kilobytes" if values.get("unit") == "Kbs" else "seconds"
        return (LifetimeChanged(phase, values["before"], values["after"], unit, by),)

    return tells


def responder_lifetime(values: Values) -> Facts:
    """The notify's octets: an SPI, then attributes of RFC 2407 §4.5: life type 1 (seconds) or 2 (kilobytes)."""
    octets: bytes = values["octets"]
    durations: dict[int, int] = {}
    at, kind = 4, 0
    while at + 4 <= len(octets):
        name = int.from_bytes(octets[at : at + 2])
        value, at = octets[at + 2 : at + 4], at + 4
        if not name & 0x8000:
            size = int.from_bytes(value)
            value, at = octets[at : at + size], at + size
        if name & 0x7FFF == 1:
            kind = int.from_bytes(value)
        elif name & 0x7FFF == 2:
            durations[kind] = int.from_bytes(value)
    return (
        Notify(Way.RECEIVED, "RESPONDER-LIFETIME", True, Phase.TWO),
        Timer("lifetime", Phase.TWO, durations.get(1), durations.get(2)),
    )


# Proxies


def network(address: Any, mask: Any, protocol: int = 0, port: int = 0) -> Proxy | None:
    """Address and mask as a proxy; a mask that is none is the last address of a range; None where one is masked."""
    if not isinstance(address, IPv4Address) or not isinstance(mask, IPv4Address):
        return None
    size = 0x1_0000_0000 - int(mask)
    if size & (size - 1):
        return Proxy(address, max(address, mask), protocol, port)
    first = int(address) & int(mask)
    return Proxy(IPv4Address(first), IPv4Address(first + size - 1), protocol, port)


def received_proxy(values: Values) -> Facts:
    """`Received remote IP Proxy Subnet data in ID Payload: …`: a network, a host or a range."""
    first = values["first"] if "first" in values else values["address"]
    proxy: Proxy | None
    if "last" in values:
        whole = isinstance(first, IPv4Address) and isinstance(values["last"], IPv4Address)
        proxy = Proxy(first, values["last"], values["protocol"], values["port"]) if whole else None
    else:
        mask = values.get("mask", IPv4Address(0xFFFF_FFFF))
        proxy = network(first, mask, values["protocol"], values["port"])
    if proxy is None:
        return ()
    is_peer = values["side"] == "remote"
    return (Proxies(None if is_peer else proxy, proxy if is_peer else None, Whose.PEER),)


def proxies(by: Whose, *more: Fact) -> Tells:
    """The parts `local` and `remote` as proxies, as far as they are not masked."""

    def tells(values: Values) -> Facts:
        own, peer = (values[part] if isinstance(values[part], Proxy) else None for part in ("local", "remote"))
        return (Proxies(own, peer, by), *more) if own is not None or peer is not None else more

    return tells


def rule(values: Values) -> Facts:
    """An encrypt rule of the data path holds the proxies that were agreed."""
    if values["rule"] != "encrypt" or values["direction"] != "outbound":
        return ()
    number = values["protocol"] if values["use_protocol"] else 0
    own = network(values["source"], values["source_mask"], number, values["source_port"])
    peer = network(values["destination"], values["destination_mask"], number, values["destination_port"])
    return (Proxies(own, peer, Whose.OWN),) if own is not None and peer is not None else ()


# SAs


def spi_of(whose: Whose) -> Tells:
    """The SPI that a line names."""
    return lambda values: (Spi(hex8(values["spi"]), whose),) if values["spi"] else ()


def spi_by_direction(values: Values) -> Facts:
    """The SPI of an inbound SA is this device's own choice, that of an outbound one the peer's."""
    if not values["spi"]:
        return ()
    return (Spi(hex8(values["spi"]), Whose.OWN if values["direction"].lower() == "inbound" else Whose.PEER),)


def created(values: Values) -> Facts:
    """`An inbound LAN-to-LAN SA (SPI= …) … has been created.`"""
    number = hex8(values["spi"])
    return (Up(Phase.TWO, None, number) if values["direction"] == "inbound" else Up(Phase.TWO, None, "", number),)


def negotiated(values: Values) -> Facts:
    """`Security negotiation complete …, Inbound SPI = …, Outbound SPI = …`."""
    return (Up(Phase.TWO, role_of(values["role"]), hex8(values["inbound"]), hex8(values["outbound"])),)


# Ends

_WHYS = {
    "ipsec sa idle timeout": Why.IDLE,
    "idle timeout": Why.IDLE,
    "ipsec sa max time exceeded": Why.SESSION_TIME,
    "max time exceeded": Why.SESSION_TIME,
    "administrator reset": Why.ADMIN,
    "administrator reboot": Why.ADMIN,
    "administrator shutdown": Why.ADMIN,
    "admin reset": Why.ADMIN,
    "peer terminate": Why.PEER,
    "user requested": Why.PEER,
    "ike delete": Why.PEER,
    "peer reconnected": Why.REPLACED,
    "peer address changed": Why.REPLACED,
    "port preempted": Why.REPLACED,
    "connection preempted": Why.REPLACED,
    "lost service": Why.LOST,
    "session disconnected": Why.LOST,
    "ike lost contact with peer": Why.LOST,
    "crypto map policy not found": Why.POLICY,
    "phase 2 error": Why.FAILED,
    "phase 2 mismatch": Why.FAILED,
    "sa expired": Why.LIFETIME,
    "unknown": Why.UNSAID,
}


def why(words: str) -> Why:
    """Why a session ended, from the device's words; a reason that is not known and speaks of an error is a failure."""
    key = words.strip(" .!").lower()
    found = _WHYS.get(key)
    if found is not None:
        return found
    return Why.FAILED if re.search("error|fail|mismatch|invalid|reject|unable", key) else Why.UNSAID


def ended(phase: Phase | None) -> Tells:
    """A line with a `reason`."""

    def tells(values: Values) -> Facts:
        words = values["reason"].strip()
        down = Down(phase, why(words), words)
        if down.why is Why.POLICY:
            return (down, Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO, words))
        return (down,)

    return tells


def disconnected(values: Values) -> Facts:
    """`Session disconnected. …, Bytes xmt: …, Bytes rcv: …, Reason: …`."""
    return (*ended(None)(values), Carried(values["sent"], values["received"], whole=True))


_WAITS = re.compile(r"(MM|QM|AM)_WAIT_MSG([0-9])\w*")


def waits_for(state: str) -> str:
    """`MM_WAIT_MSG2` → `MM2`; empty for a state that waits for no message."""
    found = _WAITS.fullmatch(state)
    return f"{found[1]}{found[2]}" if found else ""


def state(values: Values) -> Facts:
    """The state that a line names."""
    return (State(values["state"], waits_for(values["state"])),)


def timed_out(values: Values) -> Facts:
    """`IKE session establishment timed out [MM_WAIT_MSG2], aborting!`."""
    awaited = waits_for(values["state"])
    phase = Phase.TWO if values["state"].startswith("QM") else Phase.ONE
    return State(values["state"], awaited), GaveUp(phase, awaited, True)


def history(phase: Phase) -> Tells:
    """A history of states and events, the newest first: where it ended, and whether for want of an answer.

    `EV_PROB_AUTH_FAIL` tells no more than that: the device guesses so whenever MM5 or MM6 does not come.
    """

    def tells(values: Values) -> Facts:
        steps = [(name, event) for name, event in values["history"] if not name.endswith("_DONE")]
        if not steps:
            return (GaveUp(phase),)
        last = steps[0][0]
        awaited = waits_for(last)
        events = {event for name, event in steps if name == last}
        late = bool(awaited) and bool(events & {"EV_TIMEOUT", "EV_RETRY"})
        return State(last, awaited), GaveUp(phase, awaited, late)

    return tells


def told(symptom: Symptom, phase: Phase | None = None, detail: str = "", *more: Fact) -> Tells:
    """A symptom, with a detail made of the parts: `{map} {sequence}`; more facts that do not depend on them."""
    return lambda values: (Told(symptom, phase, detail.format_map(values)), *more)


# What starts, and the rest


def in_progress(values: Values) -> Facts:
    """A quick mode between these networks is under way already."""
    own = network(values["local"], values["local_mask"])
    peer = network(values["remote"], values["remote_mask"])
    collision = Told(Symptom.COLLISION, Phase.TWO)
    return (collision, Proxies(own, peer, Whose.PEER)) if own is not None and peer is not None else (collision,)


def outside_policy(values: Values) -> Facts:
    """An inner packet that is outside its SA's proxies, which the line names."""
    found = Told(Symptom.INNER_MISMATCH, Phase.TWO, f"{values['source']} > {values['destination']}")
    own, peer = values["local_proxy"], values["remote_proxy"]
    if isinstance(own, Proxy) and isinstance(peer, Proxy):
        return (found, Proxies(own, peer, Whose.OWN))
    return (found,)


def wanted(values: Values) -> Facts:
    """Traffic wants the tunnel of this crypto map entry."""
    return (Wanted(f"{values['map']} {values['sequence']}"),)


def begun(values: Values) -> Facts:
    """`IKE Initiator: New Phase 1, …  Crypto map (MAP)`."""
    phase = Phase.ONE if values["what"].endswith("1") else Phase.TWO
    return (Began(phase, Role.INITIATOR, values["what"].startswith("Rekeying"), values["map"]),)


_IDENTITY_KINDS = {
    "ID_FQDN": "FQDN",
    "ID_USER_FQDN": "user FQDN",
    "ID_KEY_ID": "key id",
    "ID_DER_ASN1_DN": "DN",
    "ID_IPV4_ADDR": "address",
    "ID_IPV6_ADDR": "address",
}


def identity_kind(values: Values) -> Facts:
    """An identity of which the line tells the kind and not the value."""
    kind = str(values["type"])
    return (Identity(Whose.PEER, _IDENTITY_KINDS.get(kind, kind), ""),)


def duplicate(values: Values) -> Facts:
    """`Duplicate Phase 1 packet detected.  Retransmitting last packet.`; the detail is what it does about it."""
    phase = Phase.ONE if values["phase"].endswith("1") else Phase.TWO
    return (Told(Symptom.DUPLICATE, phase, values["action"]),)


def unknown_spi(values: Values) -> Facts:
    """ESP came for an SPI that belongs to no SA."""
    return (Told(Symptom.UNKNOWN_SPI, Phase.TWO, hex8(values["spi"])),)

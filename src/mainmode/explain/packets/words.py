"""One readable line for a packet of a capture."""

from collections import Counter
from datetime import UTC, datetime

from mainmode.base.codes import ExchangeType
from mainmode.base.instant import SECOND, Instant
from mainmode.capture.datagrams import Ends, Esp, Ike, Refusal
from mainmode.capture.exchanges import Heard
from mainmode.catalogue.facts import (
    Agreed,
    Deleted,
    Fact,
    Identity,
    NatFound,
    Notify,
    Offer,
    Proxies,
    Suite,
    Told,
    Up,
    Vendor,
)
from mainmode.explain.packets.names import exchange_name
from mainmode.ladder.spelling import clean

_MOST = 6
_THAN = {True: "given", False: "than the one given"}
_UNREACHABLE = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    9: "network administratively prohibited",
    10: "host administratively prohibited",
    13: "administratively prohibited",
}


def stamp(at: Instant | None) -> str:
    """`2024-01-01 12:00:00.123456`, UTC; empty without a time and for one beyond the calendar."""
    if at is None:
        return ""
    try:
        return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S") + f".{at % SECOND:06d}"
    except (OverflowError, OSError, ValueError):
        return ""


def ends_text(ends: Ends) -> str:
    """`10.0.0.1:500 → 10.0.0.2:500`, without ports where there are none."""
    if not ends.source_port and not ends.destination_port:
        return f"{ends.source} → {ends.destination}"
    return f"{_end(str(ends.source), ends.source_port)} → {_end(str(ends.destination), ends.destination_port)}"


def _end(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def suite_text(suite: Suite) -> str:
    """`AES-128, SHA-1, group 2, pre-shared key, 86400 s`."""
    parts = [suite.protocol if suite.protocol not in ("IKE", "ESP") else "", suite.encryption, suite.integrity]
    parts += [f"group {suite.group}" if suite.group else "", suite.authentication, suite.mode]
    parts += [f"{suite.seconds} s" if suite.seconds is not None else ""]
    parts += [f"{suite.kilobytes} kB" if suite.kilobytes is not None else ""]
    return ", ".join(part for part in parts if part)


def message_text(heard: Heard, facts: tuple[Fact, ...], names: tuple[str, ...]) -> str:
    """`MM1 10.0.0.1:500 → 10.0.0.2:500, main mode, 168 octets: SA, VENDOR ×4; offers …`."""
    header = heard.header
    exchange = exchange_name(header.exchange)
    kind = exchange.value if exchange is not None else f"exchange type {int(header.exchange)}"
    name = heard.name or ("IKE fragment" if heard.piece is not None else _short(header.exchange))
    parts = [f"{name} {ends_text(heard.datagram.ends)}", kind]
    if header.message_id:
        parts.append(f"message id {header.message_id:08x}")
    text = ", ".join((*parts, f"{header.length} octets"))
    if heard.again:
        return f"{text}: the same octets again"
    if heard.piece is not None:
        last = ", the last" if heard.piece.last else ""
        return f"{text}: piece {heard.piece.number} of message {heard.piece.identifier}{last}"
    if not heard.readable:
        return f"{text}: encrypted" + (f" ({heard.flaw})" if heard.flaw else "")
    text += f": {_counted(names) if names else 'no payloads'}{_how(heard)}"
    said = [one for one in _said(facts) if one]
    if heard.proof is not None:
        said.append(f"its HASH was made with {'the' if heard.proof else 'another'} pre-shared key {_THAN[heard.proof]}")
    if heard.flaw:
        said.append(heard.flaw)
    return clean("; ".join((text, *said)))


def _how(heard: Heard) -> str:
    if heard.opened:
        return ", decrypted"
    return ", the same message in clear" if heard.copied else ""


def _short(exchange: ExchangeType) -> str:
    return {ExchangeType.INFORMATIONAL: "INFO", ExchangeType.TRANSACTION: "TRANSACTION"}.get(exchange, "IKE")


def _counted(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in Counter(names).items())


def _few(items: list[str]) -> str:
    more = len(items) - _MOST
    return " | ".join(items[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _said(facts: tuple[Fact, ...]) -> list[str]:
    """What the facts add to the payloads' names."""
    offers = [suite_text(one.suite) for one in facts if isinstance(one, Offer)]
    vendors = list(dict.fromkeys(one.name for one in facts if isinstance(one, Vendor)))
    said = [f"offers {_few(offers)}" if offers else ""]
    said += [f"chose {suite_text(one.suite)}" for one in facts if isinstance(one, Agreed)][:1]
    said += [f"announces {', '.join(vendors)}" if vendors else ""]
    for fact in facts:
        match fact:
            case Identity(kind=kind, value=value):
                said.append(f"identity {kind} {value}")
            case Notify(name=name):
                said.append(name)
            case Deleted(spis=spis):
                said.append(f"deletes SPI {', '.join(spis[:_MOST])}" if spis else "deletes the IKE SA")
            case Proxies(own=own, peer=peer):
                said.append(f"proxies {own or 'any'} (own) and {peer or 'any'} (peer)")
            case Up(inbound=inbound, outbound=outbound) if inbound or outbound:
                said.append(f"SPI {inbound} inbound, {outbound} outbound")
            case NatFound(own=own_nat, peer=peer_nat):
                said.append(_nat(own_nat, peer_nat))
            case Told(symptom=symptom, detail=detail):
                said.append(detail or symptom.value)
            case _:
                pass
    return said


def _nat(own: bool | None, peer: bool | None) -> str:
    behind = [who for who, found in (("this end", own), ("the peer", peer)) if found]
    return f"NAT in front of {' and '.join(behind)}" if behind else "no NAT between the ends"


def esp_text(esp: Esp) -> str:
    """The first packet of a direction."""
    return f"ESP {ends_text(esp.ends)}, SPI {esp.spi:08x}, sequence {esp.sequence}: the first one of this SPI"


def refusal_text(refusal: Refusal) -> str:
    """`ICMP from 10.0.0.2: port unreachable, about 10.0.0.1:500 → 10.0.0.2:500`."""
    return f"ICMP from {refusal.reporter}: {refusal_name(refusal)}, about {ends_text(refusal.ends)}"


def refusal_name(refusal: Refusal) -> str:
    """`port unreachable`."""
    if refusal.kind == 11:
        return "time to live exceeded"
    name = _UNREACHABLE.get(refusal.code, f"unreachable, code {refusal.code}")
    return f"{name}, MTU {refusal.mtu}" if refusal.code == 4 and refusal.mtu else name


def ikev2_text(datagram: Ike, name: str, response: bool, said: str) -> str:
    """A message of IKEv2."""
    kind = "response" if response else "request"
    return f"IKEv2 {name} {kind} {ends_text(datagram.ends)}, {len(datagram.octets)} octets" + (said and f": {said}")

"""Messages of IKEv2 (RFC 7296) as far as an explainer of IKEv1 needs them: that they are there, what is refused."""

from collections import OrderedDict

from mainmode.base.dataclass import dataclass
from mainmode.capture.datagrams import Address, Ike
from mainmode.capture.exchanges import header_of
from mainmode.catalogue.facts import Exchange, Fact, Message, Notify, Phase, Symptom, Told, Way
from mainmode.wire.message import HEADER_LENGTH

_INITIAL = 34
_EXCHANGES = {34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA", 37: "INFORMATIONAL"}
_PAYLOADS = {
    33: "SA",
    34: "KE",
    35: "ID",
    36: "ID",
    37: "CERT",
    38: "CERT_REQ",
    40: "NONCE",
    41: "NOTIFY",
    42: "DELETE",
    43: "VENDOR",
    44: "TS",
    45: "TS",
    46: "ENCRYPTED",
    47: "ATTRIBUTES",
    53: "FRAGMENT",
}
_NOTIFIES = {
    5: "INVALID-MAJOR-VERSION",
    7: "INVALID-SYNTAX",
    14: "NO-PROPOSAL-CHOSEN",
    17: "INVALID-KE-PAYLOAD",
    16390: "COOKIE",
}
_NOTIFY, _ENCRYPTED = 41, (46, 53)
_RESPONSE = 0x20
_MOST_PAYLOADS = 50
_MOST_SAS = 4096


@dataclass(slots=True)
class _Talk:
    """One IKE SA of version 2: whether its first exchange went on to the next."""

    initiator: Address
    asked: int = 0
    answered: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class Told2:
    """A message of IKEv2: its name, and what it tells."""

    name: str
    response: bool
    said: str
    facts: tuple[Fact, ...]


class Version2:
    """All IKE SAs of version 2 of a capture, bounded."""

    def __init__(self) -> None:
        self._talks: OrderedDict[bytes, _Talk] = OrderedDict()
        self._began: OrderedDict[tuple[Address, Address], set[int]] = OrderedDict()
        self.count = 0

    def begins(self, initiator: Address, responder: Address, version: int) -> bool:
        """Note who began with which version; whether the other end began with the other one."""
        self._began.setdefault((initiator, responder), set()).add(version)
        if len(self._began) > _MOST_SAS:
            self._began.popitem(last=False)
        return 3 - version in self._began.get((responder, initiator), ())

    def hear(self, datagram: Ike, own: Address) -> Told2:
        """What a message tells: that nothing answers a first request, or that the version is not the peer's."""
        self.count += 1
        header = header_of(datagram.octets)
        kind, source = int(header.exchange), datagram.ends.source
        response = bool(header.flags & _RESPONSE)
        talk = self._talks.get(header.initiator_cookie)
        if talk is None:
            talk = self._talks[header.initiator_cookie] = _Talk(datagram.ends.destination if response else source)
            if len(self._talks) > _MOST_SAS:
                self._talks.popitem(last=False)
        payloads, notifies = _chain(datagram.octets)
        way = Way.SENT if source == own else Way.RECEIVED
        again = False
        if kind == _INITIAL and not response:
            talk.asked += 1
            again = talk.asked > 1
        name = _EXCHANGES.get(kind, f"exchange type {kind}")
        facts: list[Fact] = [Message(way, Exchange.IKEV2, payloads, header.length, again, name)]
        facts += [Notify(way, one, False, Phase.ONE) for one in notifies]
        talk.answered = talk.answered or response
        asks = kind == _INITIAL and not response
        other = asks and self.begins(source, datagram.ends.destination, 2)
        if ("INVALID-MAJOR-VERSION" in notifies or other) and not talk.told:
            talk.told = True
            facts.append(Told(Symptom.IKE_VERSION, Phase.ONE, f"{talk.initiator} speaks IKEv2"))
        elif again and not talk.answered and not talk.told:
            talk.told = True
            symptom = Symptom.NO_RESPONSE if source == own else Symptom.UNANSWERED
            facts.append(Told(symptom, Phase.ONE, f"{name} of {source} is repeated, and no answer was captured"))
        return Told2(name, response, ", ".join((*payloads, *notifies)), tuple(facts))


def _chain(octets: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the payloads in clear, and of notifies that refuse something."""
    names: list[str] = []
    notifies: list[str] = []
    following, place = octets[16], HEADER_LENGTH
    while following and len(names) < _MOST_PAYLOADS and place + 4 <= len(octets):
        length = int.from_bytes(octets[place + 2 : place + 4])
        if length < 4 or place + length > len(octets):
            break
        names.append(_PAYLOADS.get(following, f"UNKNOWN ({following})"))
        if following == _NOTIFY and length >= 8:
            known = _NOTIFIES.get(int.from_bytes(octets[place + 6 : place + 8]))
            notifies += [known] if known else []
        if following in _ENCRYPTED:
            break
        following, place = octets[place], place + length
    return tuple(names), tuple(notifies)

"""ISAKMP messages put into their exchanges: who began, which message it is, whether it was seen before, what is in it.

An IKE SA is found by its initiator's cookie; the latest few thousand are remembered. Messages are told from what they
carry and who sends them, so a capture may begin anywhere: where the beginning is missing, whoever sends the first
message of a pair is taken for the initiator.
"""

import struct
from collections import OrderedDict
from ipaddress import IPv4Address

from mainmode.base.address import Endpoint
from mainmode.base.codes import Authentication1, ExchangeType, PayloadType, Phase1Attribute
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import WireError
from mainmode.capture.association import PHASE_1, Association, phase1_name, quick_name
from mainmode.capture.datagrams import Address, Ike
from mainmode.capture.decrypting import hash_of, opener, proves
from mainmode.capture.pieces import Pieces
from mainmode.capture.secrets import NO_SECRETS, Secrets
from mainmode.crypto.skeyid import nat_d
from mainmode.wire.message import HEADER_LENGTH, MAX_PAYLOADS, Header
from mainmode.wire.payloads import Fragment, Hash, Payload, SecurityAssociation, read_payload

_HEADER = struct.Struct(">8s8sBBBBII")
_GENERIC = struct.Struct(">BBH")
_MOST_SAS = 4096
_NO_COOKIE = bytes(8)
_WITH_PSK = (
    Authentication1.PRE_SHARED_KEY,
    Authentication1.XAUTH_INIT_PRE_SHARED,
    Authentication1.XAUTH_RESP_PRE_SHARED,
)


@dataclass(frozen=True, slots=True)
class NatSeen:
    """What the NAT-D payloads of a message tell of address translation; None where they do not.

    With both ends' payloads they are compared with one another, before with the addresses at the place of the capture.
    """

    initiator: bool | None
    responder: bool | None


@dataclass(frozen=True, slots=True)
class Heard:
    """One message, understood as far as it can be.

    `name` is MM1 … QM4 or empty. `payloads` are those that could be read: in clear, or `opened` with a key; `flaw` says
    why the rest was not. `torn`: the first encrypted message of an IKE SA of which the key file holds several keys.
    `piece` is the IKE fragment that the datagram is; the message that it completes follows as one of its own. `again`:
    the same octets were seen before. `proof`: whether the sender has the pre-shared key that was given, None where that
    cannot be judged. `beginner`: who began this exchange. `goes_on`: the initiator's first message after MM6, no
    informational one, which shows that it took it. `copied`: the message was seen encrypted before and stands here in
    clear, as a device puts both into a capture of its own IKE.
    """

    datagram: Ike
    header: Header
    sa: Association
    from_initiator: bool
    name: str = ""
    payloads: tuple[Payload, ...] = ()
    opened: bool = False
    again: bool = False
    floated: bool = False
    torn: bool = False
    goes_on: bool = False
    flaw: str = ""
    piece: Fragment | None = None
    nat: NatSeen | None = None
    proof: bool | None = None
    beginner: Address | None = None
    copied: bool = False

    @property
    def readable(self) -> bool:
        """Whether its payloads are in clear or were opened."""
        return self.opened or not self.header.encrypted


class Exchanges:
    """All IKE SAs of a capture. `opened` and `locked` count encrypted messages by whether they could be read."""

    def __init__(self, secrets: Secrets = NO_SECRETS) -> None:
        self._secrets = secrets
        self._sas: OrderedDict[bytes, Association] = OrderedDict()
        self._pieces = Pieces()
        self.opened = 0
        self.locked = 0
        self.fitting: set[bytes] = set()
        self.reasons: OrderedDict[str, int] = OrderedDict()

    def hear(self, datagram: Ike) -> Heard:
        """Understand one message of IKEv1."""
        header = header_of(datagram.octets)
        sa = self._association(datagram, header)
        source = datagram.ends.source
        from_initiator = source == sa.initiator
        if any(header.responder_cookie):
            sa.responder_cookie = header.responder_cookie
        earlier = sa.before(source, datagram.octets, bool(datagram.missing))
        if earlier is not None:
            payloads, _ = walk(header, datagram.octets) if not header.encrypted else ((), "")
            beginner = sa.beginner(header, source)
            return Heard(datagram, header, sa, from_initiator, earlier, payloads, again=True, beginner=beginner)
        heard = self._new(datagram, header, sa, from_initiator)
        sa.remember(source, datagram.octets, heard.name)
        return heard

    def whole(self, heard: Heard) -> Heard | None:
        """The message that a fragment completes, None while pieces are missing or where they make none."""
        if heard.piece is None:
            return None
        first = heard.datagram
        octets = self._pieces.add((heard.sa.cookie, first.ends.source), heard.piece)
        if octets is None or len(octets) < HEADER_LENGTH or int.from_bytes(octets[24:28]) != len(octets):
            return None
        if header_of(octets).next_payload == PayloadType.FRAGMENT:
            return None
        return self.hear(Ike(first.number, first.at, first.ends, octets, first.marked))

    def _association(self, datagram: Ike, header: Header) -> Association:
        sa = self._sas.get(header.initiator_cookie)
        if sa is None:
            source, destination = datagram.ends.source, datagram.ends.destination
            answers = header.exchange in PHASE_1 and header.next_payload == PayloadType.SA
            if answers and any(header.responder_cookie) and not header.encrypted:
                source, destination = destination, source
            sa = self._sas[header.initiator_cookie] = Association(header.initiator_cookie, source, destination)
            if len(self._sas) > _MOST_SAS:
                self._sas.popitem(last=False)
        return sa

    def _new(self, datagram: Ike, header: Header, sa: Association, from_initiator: bool) -> Heard:
        payloads, flaw, opened = self._payloads(datagram, header, sa)
        piece = next((one for one in payloads if isinstance(one, Fragment)), None)
        if piece is not None:
            return Heard(datagram, header, sa, from_initiator, "", payloads, flaw=flaw, piece=piece)
        source = datagram.ends.source
        name, nat, proof = "", None, None
        if header.exchange in PHASE_1:
            sa.listen(payloads, from_initiator)
            name = phase1_name(header, payloads, from_initiator)
            nat, proof = self._nat(datagram, sa, payloads, from_initiator), self._proof(sa, payloads, from_initiator)
        copied = sa.copied(source, header, name)
        if copied and header.encrypted:
            name = name or sa.last_name(header)
            beginner = sa.beginner(header, source)
            return Heard(datagram, header, sa, from_initiator, name, again=True, beginner=beginner)
        if header.exchange == ExchangeType.QUICK_MODE:
            quick = sa.quick_mode(header.message_id, source)
            quick.listen(payloads, source)
            readable = (opened or not header.encrypted) and not flaw
            has_sa = any(isinstance(one, SecurityAssociation) for one in payloads) if readable else None
            name = quick_name(quick, source, has_sa)
        floated = datagram.marked and not sa.floated
        sa.floated = sa.floated or floated
        return Heard(
            datagram,
            header,
            sa,
            from_initiator,
            name,
            payloads,
            opened=opened,
            floated=floated,
            torn=self._torn(sa, header),
            goes_on=_goes_on(sa, header, name, from_initiator),
            flaw=flaw,
            nat=nat,
            proof=proof,
            beginner=sa.beginner(header, source),
            copied=copied,
        )

    def _payloads(self, datagram: Ike, header: Header, sa: Association) -> tuple[tuple[Payload, ...], str, bool]:
        """What can be read, why not more, and whether a key opened it."""
        if not header.encrypted:
            payloads, flaw = walk(header, datagram.octets)
            if datagram.missing:
                flaw = f"{datagram.missing} of its octets were not captured"
            return payloads, flaw, False
        if datagram.missing:
            return (), f"{datagram.missing} of its octets were not captured", False
        keys = self._secrets.ike.get(header.initiator_cookie, ())
        if not keys:
            return (), "", False
        self.fitting.add(header.initiator_cookie)
        if not isinstance(sa.opener, str | None):
            found = sa.opener.open(header, datagram.octets)
        else:
            known = sa.initiator_said.public and sa.responder_said.public and sa.chosen
            if not known or sa.chosen is None:
                sa.opener = "MM2, MM3 and MM4 of its IKE SA are not all in the capture"
            else:
                sa.opener = opener(sa.chosen, keys, sa.initiator_said.public, sa.responder_said.public)
            found = sa.opener.open(header, datagram.octets) if not isinstance(sa.opener, str) else None
        if found is not None:
            self.opened += 1
            return found, "", True
        self.locked += 1
        why = sa.opener if isinstance(sa.opener, str) else "the key for it does not open it"
        self.reasons[why] = self.reasons.get(why, 0) + 1
        return (), why, False

    def _torn(self, sa: Association, header: Header) -> bool:
        """Whether this is the first encrypted message of an SA whose ends made different keys."""
        if not header.encrypted or sa.torn or len(self._secrets.ike.get(sa.cookie, ())) < 2:
            return False
        sa.torn = True
        return True

    def _nat(
        self, datagram: Ike, sa: Association, payloads: tuple[Payload, ...], from_initiator: bool
    ) -> NatSeen | None:
        own = sa.said(from_initiator)
        if len(own.nat) < 2 or not any(payload.type in _NAT_D for payload in payloads):
            return None
        other = sa.said(not from_initiator).nat
        if len(other) >= 2:
            sender, receiver = other[0] not in own.nat[1:], own.nat[0] not in other[1:]
        else:
            hash_ = hash_of(sa.chosen) if sa.chosen is not None else None
            if hash_ is None:
                return None
            ends = datagram.ends
            if not isinstance(ends.source, IPv4Address) or not isinstance(ends.destination, IPv4Address):
                return None
            at_source = nat_d(hash_, sa.cookie, sa.responder_cookie, Endpoint(ends.source, ends.source_port))
            there = nat_d(hash_, sa.cookie, sa.responder_cookie, Endpoint(ends.destination, ends.destination_port))
            sender, receiver = at_source not in own.nat[1:], own.nat[0] != there
            if not sender and not receiver:
                return None
            return _nat_seen(sender or None, receiver or None, from_initiator)
        return _nat_seen(sender, receiver, from_initiator)

    def _proof(self, sa: Association, payloads: tuple[Payload, ...], from_initiator: bool) -> bool | None:
        """Whether the HASH of a phase 1 message was made with the pre-shared key that the user gave."""
        psk, known, chosen = self._secrets.psk, sa.known, sa.chosen
        proof = next((one for one in payloads if isinstance(one, Hash)), None)
        if psk is None or known is None or chosen is None or proof is None:
            return None
        hash_, identity = hash_of(chosen), sa.said(from_initiator).identity
        if hash_ is None or not identity:
            return None
        if chosen.numbers.get(Phase1Attribute.AUTHENTICATION) not in _WITH_PSK:
            return None
        return proves(hash_, psk, known, identity, proof.digest, from_initiator)


_AFTER_PHASE_1 = (ExchangeType.QUICK_MODE, ExchangeType.TRANSACTION)


def _goes_on(sa: Association, header: Header, name: str, from_initiator: bool) -> bool:
    """Whether the initiator sends under the SA what it sends only after MM6."""
    if name == "MM6":
        sa.closing = True
    goes_on = sa.closing and from_initiator and header.exchange in _AFTER_PHASE_1
    sa.closing = sa.closing and not goes_on
    return goes_on


_NAT_D = (PayloadType.NAT_D, PayloadType.NAT_D_DRAFT)


def _nat_seen(sender: bool | None, receiver: bool | None, from_initiator: bool) -> NatSeen:
    return NatSeen(sender, receiver) if from_initiator else NatSeen(receiver, sender)


def header_of(octets: bytes) -> Header:
    """The header of a message of at least 28 octets, whatever its length field and version say."""
    cookie_i, cookie_r, first, version, exchange, flags, message_id, length = _HEADER.unpack_from(octets)
    return Header(cookie_i, cookie_r, PayloadType(first), version, ExchangeType(exchange), flags, message_id, length)


def walk(header: Header, octets: bytes) -> tuple[tuple[Payload, ...], str]:
    """The payloads of a message in clear up to the first that cannot be read, and what is wrong with that one."""
    found: list[Payload] = []
    following, place, end = int(header.next_payload), HEADER_LENGTH, len(octets)
    while following:
        if len(found) == MAX_PAYLOADS:
            return tuple(found), f"more than {MAX_PAYLOADS} payloads"
        if place + _GENERIC.size > end:
            return tuple(found), f"payload {len(found) + 1} begins behind the end"
        kind = following
        following, _, length = _GENERIC.unpack_from(octets, place)
        if not _GENERIC.size <= length <= end - place:
            return tuple(found), f"payload {len(found) + 1} has a length of {length}, {end - place} octets there"
        try:
            found.append(read_payload(kind, octets[place + _GENERIC.size : place + length], place + _GENERIC.size))
        except WireError as error:
            return tuple(found), str(error)
        place += length
    return tuple(found), ""

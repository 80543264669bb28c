"""What a capture shows of one IKE SA: who began it, what was said in clear, and what was seen before."""

from collections import OrderedDict
from dataclasses import field

from mainmode.base.codes import ExchangeType, ProtocolId
from mainmode.base.dataclass import dataclass
from mainmode.capture.datagrams import Address
from mainmode.capture.decrypting import Known, Opener
from mainmode.wire.message import HEADER_LENGTH, Header
from mainmode.wire.payloads import (
    Identification,
    KeyExchange,
    NatDiscovery,
    Nonce,
    Payload,
    SecurityAssociation,
    Transform,
)

_MOST_SEEN = 512
_MOST_QUICK = 128
_NO_COOKIE = bytes(8)
PHASE_1 = (ExchangeType.MAIN_MODE, ExchangeType.AGGRESSIVE, ExchangeType.BASE)


@dataclass(slots=True)
class Quick:
    """One quick mode: who began it, the last message of it that was named, and the SPI that each end chose."""

    beginner: Address
    reached: int = 0
    spis: dict[Address, bytes] = field(default_factory=dict)

    def listen(self, payloads: tuple[Payload, ...], source: Address) -> None:
        """Keep the SPI that a message names for the direction towards its sender."""
        for payload in payloads:
            if isinstance(payload, SecurityAssociation):
                for proposal in payload.proposals:
                    if proposal.protocol in (ProtocolId.ESP, ProtocolId.AH) and len(proposal.spi) == 4:
                        self.spis[source] = proposal.spi


@dataclass(slots=True)
class Said:
    """What one end said in phase 1: bodies of its payloads."""

    public: bytes = b""
    nonce: bytes = b""
    identity: bytes = b""
    nat: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Association:
    """One IKE SA: what each end said, and what was chosen of it.

    `offer` is the body of MM1's SA payload. `torn`: it was told that a key file holds several keys for it. `closing`:
    MM6 was seen, and nothing yet that shows that the initiator took it.
    """

    cookie: bytes
    initiator: Address
    responder: Address
    responder_cookie: bytes = _NO_COOKIE

    offer: bytes = b""
    chosen: Transform | None = None
    initiator_said: Said = field(default_factory=Said)
    responder_said: Said = field(default_factory=Said)
    floated: bool = False
    torn: bool = False
    closing: bool = False
    opener: Opener | str | None = None
    quick: OrderedDict[int, Quick] = field(default_factory=OrderedDict)
    seen: OrderedDict[int, str] = field(default_factory=OrderedDict)
    forms: OrderedDict[tuple[Address, int, int, str], list[int]] = field(default_factory=OrderedDict)

    def beginner(self, header: Header, source: Address) -> Address:
        """Who began the exchange of a message from `source`."""
        if header.exchange in PHASE_1:
            return self.initiator
        quick = self.quick.get(header.message_id)
        return quick.beginner if quick is not None else source

    def last_name(self, header: Header) -> str:
        """The latest message of a quick mode; empty for other exchanges."""
        quick = self.quick.get(header.message_id)
        return f"QM{quick.reached}" if quick is not None and quick.reached else ""

    def copied(self, source: Address, header: Header, name: str) -> bool:
        """Whether a message that is new stands here in a second form: in clear after encrypted, or the reverse.

        Messages of one end and exchange are counted in both forms, those of phase 1 by their names.
        """
        key = (source, int(header.exchange), header.message_id, name)
        counts = self.forms.setdefault(key, [0, 0])
        if len(self.forms) > _MOST_SEEN:
            self.forms.popitem(last=False)
        counts[header.encrypted] += 1
        return counts[header.encrypted] <= counts[not header.encrypted]

    def said(self, from_initiator: bool) -> Said:
        """The words of one end."""
        return self.initiator_said if from_initiator else self.responder_said

    def before(self, source: Address, message: bytes, cut: bool) -> str | None:
        """The name under which the same octets from the same end were seen; None for a message that is new.

        Of a cut message its header decides.
        """
        if cut:
            return self.seen.get(hash((source, message[:HEADER_LENGTH])))
        return self.seen.get(hash((source, message)))

    def remember(self, source: Address, message: bytes, name: str) -> None:
        """A message was seen, and called so."""
        for key in (hash((source, message)), hash((source, message[:HEADER_LENGTH]))):
            self.seen[key] = name
        while len(self.seen) > _MOST_SEEN:
            self.seen.popitem(last=False)

    def quick_mode(self, message_id: int, source: Address) -> Quick:
        """The quick mode of this message id, begun by `source` if it is new."""
        found = self.quick.setdefault(message_id, Quick(source))
        if len(self.quick) > _MOST_QUICK:
            self.quick.popitem(last=False)
        return found

    def listen(self, payloads: tuple[Payload, ...], from_initiator: bool) -> None:
        """Keep what a phase 1 message says that later ones are read by."""
        said = self.said(from_initiator)
        nat = []
        for payload in payloads:
            match payload:
                case SecurityAssociation():
                    self._offered(payload, from_initiator)
                case KeyExchange():
                    said.public = payload.public
                case Nonce():
                    said.nonce = payload.data
                case Identification():
                    said.identity = payload.body
                case NatDiscovery():
                    nat.append(payload.digest)
                case _:
                    pass
        said.nat = tuple(nat) or said.nat

    def _offered(self, payload: SecurityAssociation, from_initiator: bool) -> None:
        if from_initiator:
            self.offer = payload.body
            return
        for proposal in payload.proposals:
            if proposal.protocol == ProtocolId.ISAKMP and proposal.transforms:
                self.chosen = proposal.transforms[0]

    @property
    def known(self) -> Known | None:
        """What proofs are judged by; None where the capture lacks some of it."""
        first, second = self.initiator_said, self.responder_said
        if not all((self.offer, first.public, second.public, first.nonce, second.nonce, any(self.responder_cookie))):
            return None
        return Known(
            self.cookie, self.responder_cookie, first.public, second.public, first.nonce, second.nonce, self.offer
        )


def quick_name(quick: Quick, source: Address, has_sa: bool | None) -> str:
    """QM1 to QM4: by what it carries where that can be read (`has_sa`), else by who sent what before."""
    beginner = source == quick.beginner
    if has_sa is not None:
        number = (1 if has_sa else 3) if beginner else (2 if has_sa else 4)
    elif beginner:
        number = 3 if quick.reached else 1
    else:
        number = 4 if quick.reached >= 3 else 2
    quick.reached = max(quick.reached, number)
    return f"QM{number}"


def phase1_name(header: Header, payloads: tuple[Payload, ...], from_initiator: bool) -> str:
    """MM1 to MM6, AM1 to AM3; empty for the base exchange."""
    has_sa = any(isinstance(one, SecurityAssociation) for one in payloads)
    if header.exchange == ExchangeType.AGGRESSIVE:
        if has_sa:
            return "AM1" if from_initiator else "AM2"
        return "AM3" if from_initiator else "AM2"
    if header.exchange != ExchangeType.MAIN_MODE:
        return ""
    if has_sa:
        number = 1
    elif any(isinstance(one, KeyExchange) for one in payloads):
        number = 3
    else:
        number = 5
    return f"MM{number if from_initiator else number + 1}"

"""What a person will read of a run: the effects of both devices as the events of a transcript, in their true order."""

from collections.abc import Mapping
from ipaddress import IPv4Address

from mainmode.base.codes import ExchangeType
from mainmode.base.instant import Instant, Span
from mainmode.catalogue.debugs import Debugs
from mainmode.catalogue.envelope import Form, render
from mainmode.device.decision import BoxEffect, Decision, Stage, Verdict
from mainmode.ike.effects import Dropped, Say, Send, Step
from mainmode.lab.cloud import Passage
from mainmode.lab.hosts import Probe
from mainmode.lab.observer import Observer
from mainmode.ladder.transcript import Event, Fate, LineSaid, MessageArrived, MessageSent, Remark, Side
from mainmode.wire.describe import describe

_DATA = ("ESP", "clear", "own")
_TOLD = (Verdict.DROP, Verdict.IN_CLEAR)
"""Rulings on a packet that a person wants to read of in any stage; of the crypto map also that it protects."""


class Recorder(Observer):
    """Collects events. `debugs` decides which lines are shown, `forms` how each device prints them.

    `strangers` are the nodes of the net that lead to other devices: what goes there is in no transcript of the two.
    `packets` says which message each packet of the wire's tap carries: passage number to message number.
    """

    def __init__(self, sides: Mapping[str, Side], debugs: Debugs, forms: Mapping[Side, Form]) -> None:
        """`sides`: the two devices of the transcript, by their names in the world; any other is left out."""
        self.events: list[Event] = []
        self.packets: dict[int, int] = {}
        self.initiator: Side | None = None
        self.strangers: frozenset[str] = frozenset()
        self._sides = sides
        self._debugs = debugs
        self._forms = forms
        self._numbers = 0
        self._said: set[tuple[Side, str]] = set()
        self._turn: tuple[Side, Instant, Step] | None = None

    def happened(self, name: str, effect: BoxEffect, now: Instant) -> None:
        """A line, a drop or a decision of a device; other effects are no reading matter."""
        side = self._sides.get(name)
        if side is None:
            return
        if isinstance(effect, Say):
            if self._debugs.shows(effect.line):
                text = render(effect.line, self._forms[side])
                exchange = effect.exchange
                self.events.append(
                    LineSaid(
                        side,
                        now,
                        text,
                        effect.line.entry.name,
                        effect.step.value,
                        effect.sources,
                        exchange.cookie.hex(),
                        exchange.message_id,
                    )
                )
        elif isinstance(effect, Dropped):
            detail = f": {effect.detail}" if effect.detail else ""
            self._remark(side, f"dropped, {effect.reason.value}{detail}", now, effect)
        elif isinstance(effect, Decision):
            protects = effect.stage is Stage.CRYPTO_MAP and effect.verdict is Verdict.PROTECT
            if protects or effect.verdict in _TOLD:
                self._remark(side, f"{effect.stage.value.lower()}: {effect.text}", now, effect)

    def _remark(self, side: Side, text: str, now: Instant, effect: Dropped | Decision) -> None:
        """What happens to packet after packet in the same way is told once."""
        if (side, text) not in self._said:
            self._said.add((side, text))
            self.events.append(Remark(now, side, text, self._step(side, now).value, effect.sources))

    def _step(self, side: Side, now: Instant) -> Step:
        """What a remark is about: the message that the side sent in this turn; before any message, the trigger."""
        if self._turn is None:
            return Step.TRIGGER
        sender, at, step = self._turn
        return step if (sender, at) == (side, now) else Step.DATA

    def sent(self, name: str, send: Send, passage: Passage) -> None:
        """A datagram of a device went onto the wire; a NAT keepalive is no message."""
        message, side = send.message, self._sides.get(name)
        if message is None or side is None or not self._between(passage):
            return
        self._numbers += 1
        self.packets[passage.number] = self._numbers
        informational = message.exchange is ExchangeType.INFORMATIONAL and send.step is not Step.KEEPALIVE
        step = Step.INFORMATIONAL if informational else send.step
        self._turn = (side, passage.at, step)
        if self.initiator is None and send.step is Step.MM1:
            self.initiator = side
        self.events.append(
            MessageSent(
                number=self._numbers,
                side=side,
                at=passage.at,
                name=step.value,
                length=message.length,
                octets=len(send.datagram),
                encrypted=bool(message.flags & 1),
                source=str(send.path.local),
                destination=str(send.path.remote),
                cookies=f"{message.initiator_cookie.hex()}:{message.responder_cookie.hex()}",
                message_id=message.message_id,
                payloads=message.names(),
                decoded=describe(message),
                fate=passage.fate,
                fate_detail=passage.detail,
                arrives_at=passage.arrivals[0] if passage.arrivals else None,
                retransmission=send.retransmission,
            )
        )

    def _between(self, passage: Passage) -> bool:
        """Whether a packet goes to the other device, or to nobody; the target is a NAT box where one is in front."""
        return not self.strangers or passage.target not in self.strangers

    def arrived(self, name: str, passage: Passage, now: Instant) -> None:
        """A message reached a device."""
        number, side = self.packets.get(passage.number), self._sides.get(name)
        if number is not None and side is not None:
            self.events.append(MessageArrived(number, side, now))

    def passed(self, passage: Passage) -> None:
        """A data packet that the wire did not deliver is told."""
        side = self._sides.get(passage.name)
        if side is None or passage.fate is Fate.DELIVERED or passage.label not in _DATA or not self._between(passage):
            return
        what = "ESP packet" if passage.label == "ESP" else "packet in clear"
        text = f"{what} {passage.fate.value}: {passage.detail}"
        self.events.append(Remark(passage.at, side, text, self._step(side, passage.at).value))

    def remarked(self, name: str, text: str, now: Instant) -> None:
        """What the lab did, to one of the two or to the net between them."""
        side = self._sides.get(name)
        if side is not None or not name:
            self.events.append(
                Remark(now, side, text, Step.DATA.value if self._turn is not None else Step.TRIGGER.value)
            )

    def requested(self, side: Side, probe: Probe, sequence: int, now: Instant) -> None:
        """An inside host sends a request; the first one of a run is what triggers the tunnel."""
        text = f"{probe.source} sends {probe.name} {sequence} to {probe.destination}"
        step = Step.TRIGGER if self._turn is None else Step.DATA
        self.events.append(Remark(now, side, text, step.value))

    def replied(self, side: Side, probe: Probe, sequence: int, round_trip: Span, now: Instant) -> None:
        """The reply to a request came back to its host."""
        text = f"{probe.source} has the reply to {probe.name} {sequence} after {round_trip / 1000:.1f} ms"
        self.events.append(Remark(now, side, text, Step.DATA.value))

    def nobody(self, name: str, interface: str, address: IPv4Address, now: Instant) -> None:
        """A packet came out on an inside network where no host has its address."""
        side = self._sides.get(name)
        text = f"a packet for {address} leaves by {interface}, where no host of the run has that address"
        if side is not None and (side, text) not in self._said:
            self._said.add((side, text))
            self.events.append(Remark(now, side, text, Step.DATA.value))

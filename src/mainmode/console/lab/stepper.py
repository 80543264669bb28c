"""A negotiation of the lab, message by message: the lab's time stands in between, for everybody."""

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import seconds
from mainmode.console.lab.explained import explained
from mainmode.console.lab.interesting import interesting
from mainmode.console.lab.negotiations import Negotiation
from mainmode.ike.effects import Send
from mainmode.lab.cloud import Passage
from mainmode.lab.hosts import Probe
from mainmode.ladder.steps import LadderStep, steps
from mainmode.ladder.transcript import Fate, Transcript

if TYPE_CHECKING:
    from mainmode.console.lab.lab import Lab

_PATIENCE = seconds(300)
"""How long a next message is waited for: until a negotiation that nobody answers is given up."""
_NONE = "no IKE SA"


@dataclass(frozen=True, slots=True)
class State:
    """How one device stands with its peer: the state of its IKE SAs as `show` names it, and its pairs of IPsec SAs."""

    hostname: str
    ike: str
    pairs: int


@dataclass(frozen=True, slots=True)
class Stepped:
    """What one step brought: the rungs of the ladder to show, and both devices before and after."""

    transcript: Transcript
    rungs: tuple[LadderStep, ...]
    before: tuple[State, ...]
    after: tuple[State, ...]


@dataclass(slots=True)
class _Following:
    """The negotiation that is stepped through, how many messages of it were shown, and who does it."""

    one: Negotiation
    shown: int
    states: tuple[State, ...]
    gone: Callable[[], bool]


class Stepper:
    """Holds the lab's time while a negotiation is stepped through."""

    def __init__(self, lab: "Lab") -> None:
        self._lab = lab
        self._following: _Following | None = None

    @property
    def active(self) -> bool:
        """Whether somebody steps."""
        return self._following is not None

    def begin(self, name: str, gone: Callable[[], bool]) -> Negotiation | None:
        """Step through the negotiation of a device that is under way, or through the one that its traffic begins.

        `gone` says whether who steps has left: time goes on then. None: the traffic began no negotiation. Raises
        InputError where there is no traffic that could begin one, or the tunnel is up.
        """
        lab = self._lab
        lab.clock.hold()
        try:
            one = lab.negotiations.under_way(name)
            shown = 0
            if one is not None:
                states = self._states(one.name, one.other, one.peer)
                shown = sum(_is_complete(one, number) for number in range(len(_sent(one))))
            else:
                one, states = self._begun(name)
        except BaseException:
            lab.clock.release()
            raise
        if one is None:
            lab.clock.release()
            return None
        self._following = _Following(one, shown, states, gone)
        return one

    def _begun(self, name: str) -> tuple[Negotiation | None, tuple[State, ...]]:
        """What the first tunnel's traffic begins that is not up."""
        lab = self._lab
        for sending in interesting(lab, name):
            if self._is_carried(name, sending.flow.probe):
                continue
            before = {other: self._states(name, other, None) for other in ("", *lab.firewalls) if other != name}
            known = lab.negotiations.last(name)
            lab.send(sending.flow)
            one = lab.negotiations.under_way(name)
            if one is not None and one is not known:
                return one, before.get(one.other, before[""])
            return None, ()
        raise InputError("the tunnel is up: `clear crypto isakmp sa` takes it down, then step shows how it comes back")

    async def next(self) -> Stepped | None:
        """The next message, sent and taken, or lost; None: there is none, and time goes on. Cancelled, time stands."""
        following = self._following
        if following is None:
            return None
        one, number = following.one, following.shown

        def is_there() -> bool:
            return _is_complete(one, number) or (not one.under_way and number >= len(_sent(one)))

        await self._lab.clock.drive_held(is_there, _PATIENCE)
        if not _is_complete(one, number):
            self.stop()
            return None
        transcript = explained(self._lab, one)
        rungs = steps(transcript)
        messages = [rung for rung in rungs if rung.message is not None]
        if number >= len(messages):
            self.stop()
            return None
        rung = messages[number]
        first = tuple(one for one in rungs if one.index < rung.index and one.message is None) if number == 0 else ()
        after = self._states(one.name, one.other, one.peer)
        before, following.states = following.states, after
        following.shown += 1
        return Stepped(transcript, (*first, rung), before, after)

    @property
    def followed(self) -> Negotiation | None:
        """What is stepped through."""
        return self._following.one if self._following is not None else None

    @property
    def is_over(self) -> bool:
        """Whether no message is left to come."""
        following = self._following
        return following is None or (not following.one.under_way and following.shown >= len(_sent(following.one)))

    def stop(self) -> None:
        """Time goes on."""
        if self._following is not None:
            self._following = None
            self._lab.clock.release()

    def look_around(self) -> None:
        """Time goes on where who stepped has left."""
        if self._following is not None and self._following.gone():
            self.stop()

    # --- inside --------------------------------------------------------------------------------------------------

    def _is_carried(self, name: str, probe: Probe) -> bool:
        """Whether a tunnel that stands is for this traffic."""
        near, far = (probe.source, probe.source_port), (probe.destination, probe.destination_port)
        return any(
            pair.proxies.local.holds(near[0], probe.protocol, near[1])
            and pair.proxies.remote.holds(far[0], probe.protocol, far[1])
            for pair in self._lab.stage.evidence.tunnels(name)
        )

    def _states(self, name: str, other: str, peer: IPv4Address | None) -> tuple[State, ...]:
        lab = self._lab
        sides = ((name, other), (other, name)) if other else ((name, ""),)
        return tuple(self._state(who, {*lab.addresses(whom)} if whom else {peer}) for who, whom in sides)

    def _state(self, name: str, peers: set[IPv4Address] | set[IPv4Address | None]) -> State:
        lab = self._lab
        box = lab.world.stations[name].box
        if box is None:
            return State(lab.hostname(name), "down", 0)
        states = [view.state for view in box.ike_sas if view.peer in peers or peers == {None}]
        pairs = lab.stage.evidence.pairs[name].values()
        count = sum(1 for pair in pairs if IPv4Address(pair.peer) in peers or peers == {None})
        return State(lab.hostname(name), ", ".join(states) or _NONE, count)


def _sent(one: Negotiation) -> list[Passage]:
    """The messages of a negotiation, in their order."""
    found = []
    for method, arguments in one.events:
        if method == "sent":
            send, passage = arguments[1], arguments[2]
            if isinstance(send, Send) and isinstance(passage, Passage) and send.message is not None:
                found.append(passage)
    return found


def _is_complete(one: Negotiation, number: int) -> bool:
    """Whether the message with this number was sent, and has arrived where it was delivered."""
    sent = _sent(one)
    if number >= len(sent):
        return False
    passage = sent[number]
    if passage.fate is not Fate.DELIVERED:
        return True
    return any(
        method == "arrived" and isinstance(arguments[1], Passage) and arguments[1].number == passage.number
        for method, arguments in one.events
    )

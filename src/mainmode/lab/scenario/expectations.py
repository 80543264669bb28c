"""What a scenario expects: each expectation is declared once, as a sentence, with what it means and how to judge it."""

from ipaddress import IPv4Address
from operator import eq, ge, le
from typing import ClassVar

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import NO_TIME, Instant, Span, later
from mainmode.base.sentences import Sentence
from mainmode.ike.effects import Failure
from mainmode.ipsec.dataplane import SaPair
from mainmode.lab.consoles import lines_with
from mainmode.lab.lengths import clock_text
from mainmode.lab.scenario.judgement import verdict_on
from mainmode.lab.scenario.stage import Stage
from mainmode.ladder.transcript import Outcome

_COMPARED = {"<=": le, ">=": ge, "=": eq}
_LONGEST_EVIDENCE = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether an expectation holds, and what speaks for that."""

    holds: bool
    evidence: str


class Expectation(Sentence):
    """Something that holds at the end, or at the time that is named."""

    EXAMPLE: ClassVar[str]
    READS_LINES: ClassVar[bool] = False

    def check(self) -> None:
        """Raises InputError where the sentence can never be judged."""

    def judge(self, stage: Stage) -> Finding:
        """Whether it holds now."""
        raise NotImplementedError


def _since(stage: Stage, span: Span) -> Instant:
    return later(stage.start, span)


@dataclass(frozen=True, slots=True)
class Tunnel(Expectation):
    """Both devices hold a pair of IPsec SAs of which one's is the other's the other way round; `down`: neither does.

    `down` means that neither device holds IPsec SAs with the other.
    """

    SYNTAX: ClassVar = "tunnel {one:DEVICE} {other:DEVICE} is {state:STATE}"
    EXAMPLE: ClassVar = "tunnel a b is up"
    one: str
    other: str
    state: str

    def judge(self, stage: Stage) -> Finding:
        """Compare the SAs of both."""
        common = list(stage.evidence.tunnels(self.one, self.other))
        if self.state == "up":
            return Finding(bool(common), _told(common) or _alone(stage, self.one, self.other))
        left = [pair for name in (self.one, self.other) for pair in _held(stage, name, self.one, self.other)]
        return Finding(not left, _told(left) or "neither holds IPsec SAs with the other")


def _held(stage: Stage, name: str, one: str, other: str) -> list[SaPair]:
    """The pairs that a device holds with the other one, by the address of its peer."""
    peer = stage.address_of(other if name == one else one)
    return [pair for pair in stage.evidence.pairs[name].values() if pair.peer == str(peer)]


def _told(pairs: list[SaPair]) -> str:
    return ", ".join(f"SPIs 0x{pair.inbound_spi:08X} and 0x{pair.outbound_spi:08X}" for pair in pairs)


def _alone(stage: Stage, one: str, other: str) -> str:
    counts = (f"{name} holds {len(_held(stage, name, one, other))}" for name in (one, other))
    return f"no IPsec SAs in common: {', '.join(counts)}"


@dataclass(frozen=True, slots=True)
class Phase1(Expectation):
    """Both devices hold one and the same IKE SA, complete; `down`: there is none."""

    SYNTAX: ClassVar = "phase 1 {one:DEVICE} {other:DEVICE} is {state:STATE}"
    EXAMPLE: ClassVar = "at 90s: phase 1 a b is down"
    one: str
    other: str
    state: str

    def judge(self, stage: Stage) -> Finding:
        """Compare the IKE SAs of both."""
        stands = stage.evidence.phase1_stands(self.one, self.other)
        text = "both hold one IKE SA" if stands else "they hold no IKE SA in common"
        return Finding(stands is (self.state == "up"), text)


@dataclass(frozen=True, slots=True)
class SasEqual(Expectation):
    """For each pair of IPsec SAs of one device with the other, the other holds the counterpart with the same keys."""

    SYNTAX: ClassVar = "sas equal {one:DEVICE} {other:DEVICE}"
    EXAMPLE: ClassVar = "sas equal a b"
    one: str
    other: str

    def judge(self, stage: Stage) -> Finding:
        """Compare SPIs and keys."""
        mine, theirs = (_held(stage, name, self.one, self.other) for name in (self.one, self.other))
        by_spi = {pair.inbound_spi: pair for pair in theirs}
        for pair in mine:
            twin = by_spi.pop(pair.outbound_spi, None)
            if twin is None or twin.outbound_spi != pair.inbound_spi:
                return Finding(False, f"{self.one} alone holds {_told([pair])}")
            if (pair.inbound_keys, pair.outbound_keys) != (twin.outbound_keys, twin.inbound_keys):
                return Finding(False, f"the keys differ: {_told([pair])}")
        if by_spi:
            return Finding(False, f"{self.other} alone holds {_told(list(by_spi.values()))}")
        return Finding(True, f"{len(mine)} with the same keys on both sides")


@dataclass(frozen=True, slots=True)
class Line(Expectation):
    """The device said a line that holds this text, whether its console shows it or not; `from`: since then.

    Several blanks count as one.
    """

    SYNTAX: ClassVar = "line {device:DEVICE} [from {since:SPAN}]: {text:TEXT}"
    EXAMPLE: ClassVar = "line a: IKE lost contact with remote peer"
    READS_LINES: ClassVar = True
    device: str
    text: str
    since: Span = NO_TIME

    def judge(self, stage: Stage) -> Finding:
        """Look for it."""
        found = lines_with(stage.consoles[self.device], self.text, _since(stage, self.since))
        if not found:
            return Finding(False, "no such line")
        return Finding(True, f"{len(found)}x, first at {clock_text(stage.start, found[0].at)}: {_short(found[0].text)}")


@dataclass(frozen=True, slots=True)
class NoLine(Expectation):
    """The device said no line that holds this text."""

    SYNTAX: ClassVar = "no line {device:DEVICE} [from {since:SPAN}]: {text:TEXT}"
    EXAMPLE: ClassVar = "no line b from 1h: QM FSM error"
    READS_LINES: ClassVar = True
    device: str
    text: str
    since: Span = NO_TIME

    def judge(self, stage: Stage) -> Finding:
        """Look for it."""
        found = Line(self.device, self.text, self.since).judge(stage)
        return Finding(not found.holds, found.evidence)


@dataclass(frozen=True, slots=True)
class Lines(Expectation):
    """How many lines of the device hold this text."""

    SYNTAX: ClassVar = "lines {device:DEVICE} {compared:COMPARED} {count:COUNT} [from {since:SPAN}]: {text:TEXT}"
    EXAMPLE: ClassVar = "lines a >= 3: PHASE 2 COMPLETED"
    READS_LINES: ClassVar = True
    device: str
    compared: str
    count: int
    text: str
    since: Span = NO_TIME

    def judge(self, stage: Stage) -> Finding:
        """Count them."""
        found = len(lines_with(stage.consoles[self.device], self.text, _since(stage, self.since)))
        return Finding(bool(_COMPARED[self.compared](found, self.count)), f"counted {found}")


@dataclass(frozen=True, slots=True)
class PingsLost(Expectation):
    """How many of the requests that expect a reply had none: of all hosts, or between two; from a time on."""

    SYNTAX: ClassVar = (
        "pings [{source:ADDRESS} {destination:ADDRESS}] lost {compared:COMPARED} {count:COUNT} [from {since:SPAN}]"
    )
    EXAMPLE: ClassVar = "pings lost <= 1"
    compared: str
    count: int
    source: IPv4Address | None = None
    destination: IPv4Address | None = None
    since: Span = NO_TIME

    def judge(self, stage: Stage) -> Finding:
        """Count them."""
        flows = stage.flows_between(self.source, self.destination)
        lost = sum(flow.lost_since(_since(stage, self.since)) for flow in flows)
        sent = sum(flow.sent for flow in flows)
        return Finding(
            bool(sent) and bool(_COMPARED[self.compared](lost, self.count)), f"{lost} lost, {sent} sent in all"
        )


@dataclass(frozen=True, slots=True)
class PingsAnswered(Expectation):
    """How many of the requests that expect a reply had one."""

    SYNTAX: ClassVar = "pings [{source:ADDRESS} {destination:ADDRESS}] answered {compared:COMPARED} {count:COUNT}"
    EXAMPLE: ClassVar = "pings 192.168.1.10 192.168.2.10 answered >= 4"
    compared: str
    count: int
    source: IPv4Address | None = None
    destination: IPv4Address | None = None

    def judge(self, stage: Stage) -> Finding:
        """Count them."""
        flows = stage.flows_between(self.source, self.destination)
        answered = sum(flow.answered for flow in flows)
        return Finding(bool(_COMPARED[self.compared](answered, self.count)), f"{answered} answered")


@dataclass(frozen=True, slots=True)
class BulkReached(Expectation):
    """How many datagrams of bulk traffic came to their host."""

    SYNTAX: ClassVar = "bulk reached {compared:COMPARED} {count:COUNT}"
    EXAMPLE: ClassVar = "bulk reached >= 1990"
    compared: str
    count: int

    def judge(self, stage: Stage) -> Finding:
        """Count them."""
        flows = [flow for flow in stage.inside.flows if not flow.expects_replies]
        reached, sent = sum(flow.reached for flow in flows), sum(flow.sent for flow in flows)
        return Finding(bool(_COMPARED[self.compared](reached, self.count)), f"{reached} of {sent} arrived")


@dataclass(frozen=True, slots=True)
class ToldMtu(Expectation):
    """The host that sends to the other one was told how large its packets may be, in octets."""

    SYNTAX: ClassVar = "{source:ADDRESS} is told mtu {compared:COMPARED} {count:COUNT}"
    EXAMPLE: ClassVar = "192.168.1.10 is told mtu <= 1426"
    source: IPv4Address
    compared: str
    count: int

    def judge(self, stage: Stage) -> Finding:
        """Look at what it was told last."""
        told = [flow.told_mtu for flow in stage.inside.flows if flow.probe.source == self.source and flow.told_mtu]
        if not told:
            return Finding(False, "it was told nothing")
        return Finding(bool(_COMPARED[self.compared](told[-1], self.count)), f"{told[-1]} octets")


@dataclass(frozen=True, slots=True)
class Says(Expectation):
    """The device itself gave this cause for something that failed or ended."""

    SYNTAX: ClassVar = "{device:DEVICE} says cause {code:CODE}"
    EXAMPLE: ClassVar = "b says cause PSK_MISMATCH"
    device: str
    code: str

    def judge(self, stage: Stage) -> Finding:
        """Look through its reasons."""
        given = [
            reason
            for reason in stage.evidence.reasons
            if reason.name == self.device and isinstance(reason.what, Failure)
        ]
        for reason in given:
            if isinstance(reason.what, Failure) and reason.what.cause.name == self.code:
                return Finding(True, f"at {clock_text(stage.start, reason.at)}: {_short(reason.what.detail)}")
        causes = dict.fromkeys(reason.what.cause.name for reason in given if isinstance(reason.what, Failure))
        return Finding(False, f"its causes: {', '.join(causes) or 'none'}")


@dataclass(frozen=True, slots=True)
class Drops(Expectation):
    """How many datagrams or packets the device dropped for a reason that holds this text (the names of the drops)."""

    SYNTAX: ClassVar = "{device:DEVICE} drops {compared:COMPARED} {count:COUNT}: {text:TEXT}"
    EXAMPLE: ClassVar = "b drops >= 1: an ESP sequence number seen before"
    device: str
    compared: str
    count: int
    text: str

    def judge(self, stage: Stage) -> Finding:
        """Count them."""
        found = stage.evidence.dropped(self.device, self.text)
        return Finding(bool(_COMPARED[self.compared](found, self.count)), f"{found} dropped")


@dataclass(frozen=True, slots=True)
class ShowHas(Expectation):
    """The output of a show command on the device, now, holds this text."""

    SYNTAX: ClassVar = "show {device:DEVICE} {command:COMMAND} {has:HAS} {text:TEXT}"
    EXAMPLE: ClassVar = "show a crypto isakmp sa has MM_ACTIVE"
    READS_LINES: ClassVar = True
    device: str
    command: str
    has: bool
    text: str

    def judge(self, stage: Stage) -> Finding:
        """Type it unseen."""
        output = stage.shown(self.device, self.command)
        line = next((line for line in output.splitlines() if self.text in line), None)
        evidence = _short(line.strip()) if line is not None else f"no {self.text!r} in {len(output.splitlines())} lines"
        return Finding((line is not None) is self.has, evidence)


@dataclass(frozen=True, slots=True)
class Rekeys(Expectation):
    """How often the two devices renewed phase 1 or phase 2, as the first of them counts."""

    SYNTAX: ClassVar = "rekeys {phase:PHASE} {one:DEVICE} {other:DEVICE} {compared:COMPARED} {count:COUNT}"
    EXAMPLE: ClassVar = "rekeys phase2 a b >= 3"
    phase: int
    one: str
    other: str
    compared: str
    count: int

    def judge(self, stage: Stage) -> Finding:
        """Count them."""
        found = stage.evidence.renewals(self.phase, self.one, stage.address_of(self.other))
        return Finding(bool(_COMPARED[self.compared](found, self.count)), f"counted {found}")


@dataclass(frozen=True, slots=True)
class Holds(Expectation):
    """How many SAs a device holds: IKE SAs (complete ones), or pairs of IPsec SAs."""

    SYNTAX: ClassVar = "{device:DEVICE} holds {compared:COMPARED} {count:COUNT} {kind:SAS}"
    EXAMPLE: ClassVar = "a holds = 1 ike sas"
    device: str
    compared: str
    count: int
    kind: str

    def judge(self, stage: Stage) -> Finding:
        """Count them."""
        evidence = stage.evidence
        if self.kind == "ipsec":
            found = len(evidence.pairs[self.device])
        else:
            found = sum(1 for holders in evidence.standing.values() if self.device in holders)
        return Finding(bool(_COMPARED[self.compared](found, self.count)), f"holds {found}")


@dataclass(frozen=True, slots=True)
class NothingInClear(Expectation):
    """No packet of an inside host went onto the net in clear."""

    SYNTAX: ClassVar = "nothing in clear"
    EXAMPLE: ClassVar = "nothing in clear"

    def judge(self, stage: Stage) -> Finding:
        """Look at what the net has seen."""
        return Finding(not stage.evidence.in_clear, f"{stage.evidence.in_clear} packets in clear")


@dataclass(frozen=True, slots=True)
class VerdictIs(Expectation):
    """The lab's verdict on the two devices: a code of the page of the verdicts, or `UP`.

    With `from`, what was before that time does not count: say so where a tunnel stood, and another story begins.
    """

    SYNTAX: ClassVar = "verdict {one:DEVICE} {other:DEVICE} [from {since:SPAN}] is {code:CODE}"
    EXAMPLE: ClassVar = "verdict a b is PSK_MISMATCH"
    one: str
    other: str
    code: str
    since: Span = NO_TIME

    def judge(self, stage: Stage) -> Finding:
        """Put together what both sides and the wire told."""
        verdict = verdict_on(stage, self.one, self.other, since=_since(stage, self.since))
        found = "UP" if verdict.outcome is Outcome.UP else verdict.cause
        return Finding(found == self.code, f"{found}: {_short(verdict.sentence)}")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_EVIDENCE else flat[:_LONGEST_EVIDENCE] + "…"


EXPECTATIONS: tuple[type[Expectation], ...] = (
    Tunnel,
    Phase1,
    SasEqual,
    VerdictIs,
    Says,
    PingsLost,
    PingsAnswered,
    BulkReached,
    ToldMtu,
    Line,
    NoLine,
    Lines,
    ShowHas,
    Rekeys,
    Holds,
    Drops,
    NothingInClear,
)
"""All expectations, in the order of the reference page."""

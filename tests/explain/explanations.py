"""Explanations made by hand: one of a failing tunnel, and one whose every text is hostile or secret."""

from ipaddress import IPv4Address

from mainmode.base.address import Proxy
from mainmode.base.instant import Instant, Span
from mainmode.base.provenance import Statement
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Exchange,
    Fact,
    Group,
    Identity,
    Message,
    NatFound,
    Offer,
    Phase,
    Proxies,
    Role,
    Suite,
    Symptom,
    Tag,
    Told,
    Vendor,
    Way,
    Whose,
)
from mainmode.explain.dialect import Reading
from mainmode.explain.explanation import Explanation, Letter, Sketch
from mainmode.explain.finding import Alternative, Check, Commands, Finding, Place, Safety, Sure
from mainmode.explain.negotiation import Attempt, Negotiation, Outcome
from mainmode.explain.pairing import Link, Pairing, Same
from mainmode.explain.record import Log, Noted, Record, Sample
from mainmode.ladder.transcript import (
    Device,
    Fate,
    LineSaid,
    MessageSent,
    Side,
    Transcript,
    Verdict,
)
from mainmode.ladder.transcript import Outcome as Ended

PEER, OWN = "81.2.69.144", "81.2.70.9"
INSIDE, THEIRS = "10.77.5.0/24", "172.23.9.0/24"
SUITE = Suite("AES-256", "SHA-256", "14", "pre-shared key", 28800)
ESP = Suite("AES-128", "SHA-1", "", "", 3600, None, "tunnel", "ESP")


def record(line: int, text: str, *facts: Fact, log: int = 0, tag: Tag | None = None, host: str = "") -> Record:
    """One record of an ASA."""
    reading = Reading("sample", facts, tag or Tag(peer=PEER), "Nov 30 10:38:29", Instant(92_000_000_000_000), host)
    return Record(log, line, line, text, "asa", reading)


def noted(*records: Record) -> tuple[Noted, ...]:
    """All facts of records."""
    return tuple(Noted(fact, one) for one in records for fact in one.reading.facts)


def negotiation(
    *records: Record,
    number: int = 1,
    outcome: Outcome = Outcome.FAILED,
    peer: str = PEER,
    similar: int = 0,
    log: int = 0,
) -> Negotiation:
    """One negotiation whose phase 1 stood."""
    facts = noted(*records)
    return Negotiation(
        number=number,
        log=log,
        dialect="asa",
        device="fw-acme",
        peer=peer,
        local=OWN,
        group="acme-branch",
        role=Role.INITIATOR,
        phase1=Attempt(Phase.ONE, Role.INITIATOR, None, facts, Outcome.UP),
        phase2=(Attempt(Phase.TWO, Role.INITIATOR, 0x7B80C2B0, (), outcome),),
        noted=facts,
        outcome=outcome,
        first=min((one.first for one in records), default=1),
        last=max((one.last for one in records), default=1),
        records=len(records),
        started=Instant(92_000_000_000_000),
        ended=Instant(92_000_002_000_000),
        similar=similar,
    )


RECORDS = (
    record(
        1,
        f"Nov 30 10:38:29 fw-acme %ASA-7-713906: IP = {PEER}, IKE Initiator: New Phase 1, Intf inside, IKE Peer {PEER} "
        f"local Proxy Address 10.77.5.0, remote Proxy Address 172.23.9.0,  Crypto map (acme_map)",
        Began(Phase.ONE, Role.INITIATOR, name="acme_map"),
        Proxies(Proxy.of(INSIDE), Proxy.of(THEIRS), Whose.OWN),
        host="fw-acme",
    ),
    record(
        2, f"[IKEv1]: IP = {PEER}, sending MM1", Message(Way.SENT, Exchange.MAIN, ("SA", "VENDOR"), 168, False, "MM1")
    ),
    record(3, "offer", Offer(Phase.ONE, Whose.OWN, SUITE, 1), Offer(Phase.TWO, Whose.OWN, ESP, 1)),
    record(4, "strongSwan vendor", Vendor(Whose.PEER, "strongSwan"), Vendor(Whose.PEER, "DPD")),
    record(
        5, f"Group = acme-branch, IP = {PEER}, phase 1", Group("acme-branch"), Agreed(Phase.ONE), NatFound(False, True)
    ),
    record(6, "ID_FQDN ID received gw.acme-secret.com", Identity(Whose.PEER, "FQDN", "gw.acme-secret.com")),
    record(
        7, f"Group = acme-branch, Username = bob.smith, IP = {PEER}, QM FSM error", Told(Symptom.CATCH_ALL, Phase.TWO)
    ),
)
FINDING = Finding(
    code="PROXY_MISMATCH",
    title="The crypto access lists are not mirrors of each other",
    sure=Sure.LIKELY,
    sees=f"The peer acme-branch refused 10.77.5.0/255.255.255.0 to {THEIRS}.",
    why="Quick mode carries the traffic selectors, and both sides need the same.",
    peer=PEER,
    negotiations=(1,),
    evidence=(RECORDS[0], RECORDS[6]),
    whose=Whose.PEER,
    checks=(
        Check(Whose.OWN, "show run access-list acme_acl"),
        Check(Whose.PEER, "The mirror of it."),
        Check(None, "UDP."),
    ),
    commands=(Commands(Whose.OWN, "asa", "Shows the entry.", ("show crypto map",), Safety.LOOK),),
    alternatives=(Alternative("TRANSFORM_MISMATCH", "the peer says NO-PROPOSAL-CHOSEN"),),
    places=(Place(0, "the access list", Statement("fw-acme.cfg", 14, "access-list acme_acl permit ip any any")),),
)
TRANSCRIPT = Transcript(
    devices=(Device(Side.A, "fw-acme", "fw-acme.cfg", ("hostname fw-acme", f"ip address {OWN} 255.255.255.0"), OWN),),
    events=(
        LineSaid(Side.A, Instant(0), RECORDS[0].text, "sample", "MM1"),
        MessageSent(
            *(
                1,
                Side.A,
                Instant(0),
                "MM1",
                168,
                168,
                False,
                f"{OWN}:500",
                f"{PEER}:500",
                "00" * 16,
                0,
                ("SA (1)",),
                (),
            ),
            Fate.DELIVERED,
        ),
    ),
    verdict=Verdict(Ended.DOWN, "phase 1", "PROXY_MISMATCH", f"acme-branch at {PEER} refused."),
    initiator=Side.A,
)


def failing() -> Explanation:
    """A tunnel that fails in phase 2, from one side."""
    one = negotiation(*RECORDS)
    return Explanation(
        logs=(Log(0, "fw-acme.log", 9, 7, 1, 0, 1, (("asa", 7),), (Sample(8, "what is acme-branch", 1),)),),
        negotiations=(one,),
        findings=(FINDING,),
        verdict=f"The tunnel with {PEER} does not come up.",
        chosen=one,
        transcript=TRANSCRIPT,
        sketches=(Sketch(PEER, "Cisco ASA", (f"crypto map X 10 set peer {OWN}",)),),
        letters=(Letter(PEER, f"Tunnel with {PEER}", f"Hello,\nwe see acme-branch at {PEER}."),),
        notes=("read from fw-acme.log",),
    )


def two_sides() -> Explanation:
    """Two logs of one exchange."""
    first, second = negotiation(*RECORDS), negotiation(record(3, "MM1", log=1), number=1, log=1, peer=OWN)
    sent = Noted(RECORDS[1].reading.facts[0], RECORDS[1])
    links = (Link("MM1", 0, sent, sent), Link("MM3", 0, sent, None))
    pairing = Pairing(1, 1, Same.LIKELY, 0.93, ("the cookies are the same",), Span(-1_500_000), Span(20_000), links)
    base = failing()
    return Explanation(
        logs=(*base.logs, Log(1, "peer.log", 3, 3)),
        negotiations=(first, second),
        findings=base.findings,
        verdict=base.verdict,
        chosen=first,
        pairings=(pairing,),
        transcript=TRANSCRIPT,
    )


def busy() -> Explanation:
    """A hundred peers, of whom every third fails."""
    several = tuple(
        negotiation(
            record(number, "x"),
            number=number,
            peer=f"81.3.{number}.1",
            outcome=Outcome.UP if number % 3 else Outcome.FAILED,
            similar=number % 5,
        )
        for number in range(1, 101)
    )
    findings = tuple(
        Finding(
            "NO_ANSWER",
            "The peer does not answer",
            Sure.POSSIBLE,
            "MM1 was sent 4 times.",
            "",
            one.peer,
            (one.number,),
            (),
        )
        for one in several
        if one.outcome is Outcome.FAILED
    )
    return Explanation((Log(0, "busy.log", 900, 900),), several, findings, "100 negotiations.")


def empty() -> Explanation:
    """Nothing at all."""
    return Explanation((Log(0, "empty.log"),), (), (), "Nothing in the log is about IKE or IPsec.")


EVIL = "\x1b]0;owned\x07\x1b[2J<script>alert(1)</script>\n| `x` [a](javascript:b) \u202e{{7*7}}\ud800" + "A" * 3000


def hostile() -> Explanation:
    """Every text that a stranger can choose is hostile."""
    line = Record(0, 1, 2, EVIL, "asa", Reading(EVIL, (), Tag(peer=EVIL), EVIL))
    one = Negotiation(
        1, 0, "asa", EVIL, EVIL, EVIL, EVIL, None, None, (), (Noted(Told(Symptom.CATCH_ALL, None, EVIL), line),),
        Outcome.OPEN, 1, 2, 1,
    )  # fmt: skip
    finding = Finding(
        "X", EVIL, Sure.CERTAIN, EVIL, EVIL, EVIL, (1,), (line,), None, (Check(None, EVIL),),
        (Commands(Whose.PEER, EVIL, EVIL, (EVIL,), Safety.WIDE),), (Alternative(EVIL, EVIL),),
        (Place(0, EVIL, Statement(EVIL, 1, EVIL)),),
    )  # fmt: skip
    return Explanation(
        (Log(0, EVIL, 2, 1, 0, 0, 1, ((EVIL, 1),), (Sample(1, EVIL, 2),)),),
        (one,),
        (finding,),
        EVIL,
        one,
        (),
        None,
        (Sketch(EVIL, EVIL, (EVIL,)),),
        (Letter(EVIL, EVIL, EVIL),),
        (EVIL,),
    )


SAMPLES = {"failing": failing, "two sides": two_sides, "busy": busy, "empty": empty, "hostile": hostile}
ADDRESS = IPv4Address

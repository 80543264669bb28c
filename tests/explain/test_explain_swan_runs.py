"""Runs of charon and pluto with a known fault: each log yields the facts by which the cause can be found."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainmode.catalogue.facts import (
    Configured,
    Exchange,
    Fact,
    GaveUp,
    LifetimeChanged,
    Message,
    NatFound,
    Notify,
    Offer,
    Phase,
    Proxies,
    Refused,
    Symptom,
    Told,
    Up,
    Way,
    Whose,
)
from mainmode.explain.dialects.charon import Charon
from mainmode.explain.dialects.pluto import Pluto
from mainmode.explain.logs import read_log
from mainmode.explain.negotiation import Outcome
from mainmode.explain.reading import Source

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "swan-runs"
DIALECTS = (Charon(), Pluto())
Sign = Callable[[list[Fact]], bool]


def told(symptom: Symptom) -> Sign:
    return lambda facts: any(isinstance(one, Told) and one.symptom is symptom for one in facts)


def notified(way: Way, name: str, *protected: bool | None) -> Sign:
    return lambda facts: any(
        isinstance(one, Notify) and (one.way, one.name) == (way, name) and (not protected or one.protected in protected)
        for one in facts
    )


def refused(phase: Phase, attribute: str) -> Sign:
    return lambda facts: any(
        isinstance(one, Refused) and (one.phase, one.attribute) == (phase, attribute) for one in facts
    )


def up(times: int) -> Sign:
    return lambda facts: sum(isinstance(one, Up) and one.phase is Phase.TWO for one in facts) >= times


def timed_out(*waiting: str) -> Sign:
    return lambda facts: any(isinstance(one, GaveUp) and one.timeout and one.waiting_for in waiting for one in facts)


def repeated(way: Way) -> Sign:
    return lambda facts: sum(isinstance(one, Message) and one.way is way and one.again for one in facts) >= 1


def has(kind: type[Fact]) -> Sign:
    return lambda facts: any(isinstance(one, kind) for one in facts)


def nothing_from_peer(facts: list[Fact]) -> bool:
    return not any(isinstance(one, Message | Notify) and one.way is Way.RECEIVED for one in facts)


def offered(facts: list[Fact]) -> bool:
    return any(isinstance(one, Offer) and one.whose is Whose.PEER and one.suite.integrity == "SHA-1" for one in facts)


def expects_ikev2(facts: list[Fact]) -> bool:
    return any(isinstance(one, Configured) and one.exchange is Exchange.IKEV2 for one in facts)


def is_behind_nat(facts: list[Fact]) -> bool:
    return any(isinstance(one, NatFound) and one.own for one in facts)


NO_PROPOSAL = notified(Way.RECEIVED, "NO-PROPOSAL-CHOSEN")
NOT_AUTHENTICATED = notified(Way.RECEIVED, "AUTHENTICATION-FAILED", True)
NO_ID = notified(Way.RECEIVED, "INVALID-ID-INFORMATION")
UP = (up(1),)
Signs = dict[str, dict[str, tuple[Sign, ...]]]

INITIATOR: Signs = {
    "healthy": {"charon": UP, "pluto": UP},
    "healthy-nat": {"charon": (*UP, is_behind_nat), "pluto": UP},
    "psk-missing-at-responder": {"charon": (NO_PROPOSAL,)},
    "phase1-hash": {"charon": (notified(Way.RECEIVED, "NO-PROPOSAL-CHOSEN", False),), "pluto": (NO_PROPOSAL,)},
    "identity-mismatch": {"charon": (NOT_AUTHENTICATED,), "pluto": (timed_out("MM6"), told(Symptom.MALFORMED))},
    "pfs-responder-only": {
        "charon": (notified(Way.RECEIVED, "NO-PROPOSAL-CHOSEN", True),),
        "pluto": (NO_PROPOSAL, timed_out("QM2")),
    },
    "traffic-selectors": {"charon": (NO_ID,), "pluto": (NO_ID, timed_out("QM2"))},
    "main-to-aggressive": {"charon": (NOT_AUTHENTICATED,), "pluto": (timed_out("MM6"), told(Symptom.MALFORMED))},
    "ikev1-to-ikev2": {"charon": (NO_PROPOSAL,), "pluto": (NO_PROPOSAL,)},
    "replies-dropped": {
        "charon": (told(Symptom.NO_RESPONSE), nothing_from_peer),
        "pluto": (told(Symptom.NO_RESPONSE), nothing_from_peer),
    },
    "peer-killed-dpd": {"charon": (*UP, told(Symptom.PEER_LOST)), "pluto": (*UP, told(Symptom.PEER_LOST))},
    "child-rekey": {"charon": (up(2),), "pluto": UP},
    "lifetimes-differ": {"charon": UP, "pluto": UP},
    "duplicate-packets": {
        "charon": (*UP, told(Symptom.DUPLICATE), repeated(Way.RECEIVED)),
        "pluto": (*UP, told(Symptom.DUPLICATE), repeated(Way.RECEIVED)),
    },
    "psk-differs-aggressive": {"charon": (told(Symptom.KEY_WRONG),), "pluto": (told(Symptom.KEY_WRONG),)},
}
"""What the initiator's log shows, by case and its daemon."""

AGAINST_PLUTO: dict[str, tuple[Sign, ...]] = {
    "identity-mismatch": (told(Symptom.NO_RESPONSE), told(Symptom.MALFORMED)),
    "main-to-aggressive": (told(Symptom.NO_RESPONSE), nothing_from_peer),
    "ikev1-to-ikev2": (told(Symptom.NO_RESPONSE), nothing_from_peer),
}
"""What charon's log shows as the initiator where pluto answers otherwise than charon would."""

RESPONDER: Signs = {
    "healthy": {"charon": UP, "pluto": UP},
    "healthy-nat": {"charon": UP, "pluto": UP},
    "psk-missing-at-responder": {"pluto": (told(Symptom.KEY_MISSING),)},
    "phase1-hash": {"charon": (refused(Phase.ONE, "hash"),), "pluto": (refused(Phase.ONE, ""), offered)},
    "identity-mismatch": {"charon": (told(Symptom.IDENTITY_MISMATCH),), "pluto": (told(Symptom.IDENTITY_MISMATCH),)},
    "pfs-responder-only": {
        "charon": (refused(Phase.TWO, "pfs"),),
        "pluto": (refused(Phase.TWO, "pfs"), told(Symptom.PFS_MISSING)),
    },
    "traffic-selectors": {
        "charon": (told(Symptom.NO_MATCHING_ENTRY), has(Proxies)),
        "pluto": (told(Symptom.NO_MATCHING_ENTRY), has(Proxies)),
    },
    "main-to-aggressive": {"charon": (told(Symptom.MAIN_REFUSED),), "pluto": (told(Symptom.NO_TUNNEL_GROUP),)},
    "ikev1-to-ikev2": {
        "charon": (told(Symptom.NO_TUNNEL_GROUP),),
        "pluto": (told(Symptom.NO_TUNNEL_GROUP), expects_ikev2),
    },
    "replies-dropped": {
        "charon": (repeated(Way.RECEIVED), timed_out("")),
        "pluto": (repeated(Way.RECEIVED), timed_out("")),
    },
    "peer-killed-dpd": {"charon": UP, "pluto": UP},
    "child-rekey": {"charon": UP, "pluto": UP},
    "lifetimes-differ": {"charon": (*UP, has(LifetimeChanged)), "pluto": UP},
    "duplicate-packets": {"charon": (*UP, told(Symptom.DUPLICATE)), "pluto": (*UP, told(Symptom.DUPLICATE))},
    "psk-differs-aggressive": {"charon": (timed_out(""),), "pluto": (timed_out(""), told(Symptom.MALFORMED))},
}
"""What the responder's log shows, by case and its daemon."""


def facts(path: Path) -> Iterator[Fact]:
    """All facts of a log; a line that goes on with the one before is read together with it."""
    before = ""
    for line in path.read_text().splitlines():
        whole = f"{before}\n{line}" if any(one.continues(before, line) for one in DIALECTS if before) else line
        found = next((said for one in DIALECTS if (said := one.read(whole) or one.read(line))), None)
        assert found is not None, (path, line)
        yield from found.facts
        before = line


PRINTED = """\
initiating Main Mode IKE_SA hq[3] to 203.0.113.2
generating ID_PROT request 0 [ SA V V V V ]
sending packet: from 203.0.113.1[500] to 203.0.113.2[500] (228 bytes)
received packet: from 203.0.113.2[500] to 203.0.113.1[500] (108 bytes)
parsed ID_PROT response 0 [ SA V ]
received NAT-T (RFC 3947) vendor ID
generating ID_PROT request 0 [ KE No NAT-D NAT-D ]
sending packet: from 203.0.113.1[500] to 203.0.113.2[500] (308 bytes)
received packet: from 203.0.113.2[500] to 203.0.113.1[500] (368 bytes)
parsed ID_PROT response 0 [ KE No V V V V NAT-D NAT-D ]
received Cisco Unity vendor ID
generating ID_PROT request 0 [ ID HASH N(INITIAL_CONTACT) ]
sending packet: from 203.0.113.1[500] to 203.0.113.2[500] (108 bytes)
received packet: from 203.0.113.2[500] to 203.0.113.1[500] (76 bytes)
parsed ID_PROT response 0 [ ID HASH ]
IKE_SA hq[3] established between 203.0.113.1[203.0.113.1]...203.0.113.2[203.0.113.2]
scheduling reauthentication in 85809s
generating QUICK_MODE request 1917731353 [ HASH SA No KE ID ID ]
sending packet: from 203.0.113.1[500] to 203.0.113.2[500] (380 bytes)
received packet: from 203.0.113.2[500] to 203.0.113.1[500] (92 bytes)
parsed INFORMATIONAL_V1 request 2124355898 [ HASH N(NO_PROP) ]
received NO_PROPOSAL_CHOSEN error notify
establishing connection 'hq' failed
"""


def test_what_ipsec_up_prints_is_one_negotiation(tmp_path: Path) -> None:
    file = tmp_path / "printed.txt"
    file.write_text(PRINTED)
    read = read_log(Source(str(file)))
    assert read.log.unknown == 0
    (one,) = read.negotiations
    assert (one.peer, one.reached, one.outcome) == ("203.0.113.2", "phase 1", Outcome.FAILED)


@pytest.mark.corpus
def test_each_run_shows_its_cause_on_either_side() -> None:
    for path in sorted(CORPUS.glob("*/case.json")):
        case = json.loads(path.read_text())
        initiator, responder = (case[side].split()[0] for side in ("initiator", "responder"))
        seen = INITIATOR[case["case"]][initiator]
        if (initiator, responder) == ("charon", "pluto"):
            seen = AGAINST_PLUTO.get(case["case"], seen)
        for side, signs in (("initiator", seen), ("responder", RESPONDER[case["case"]][responder])):
            log = list(facts(path.with_name(f"{side}.log")))
            for number, sign in enumerate(signs):
                assert sign(log), (path.parent.name, side, number)


@pytest.mark.corpus
def test_what_is_up_shows_no_refusal() -> None:
    for path in sorted(CORPUS.glob("*healthy*/case.json")):
        for side in ("initiator", "responder"):
            log = list(facts(path.with_name(f"{side}.log")))
            assert not any(isinstance(one, Refused | Told | GaveUp) for one in log), (path, side)

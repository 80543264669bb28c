"""Logs of real devices: the first finding is what is known of each, or it says why that cannot be known from it.

The corpus lies beside the project where it is there at all; each log has a JSON file that tells outcome and cause.
"""

import json
from functools import cache
from pathlib import Path

import pytest

from mainmode.explain.explain import Order, explain
from mainmode.explain.explanation import Explanation
from mainmode.explain.finding import Finding, Sure
from mainmode.explain.pairing import Same
from mainmode.explain.reading import Source

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
LOGS = sorted(log for folder in ("asa", "ios", "swan") for log in (CORPUS / folder).glob("*.log"))
RUNS = sorted((CORPUS / "swan-runs").glob("*/case.json"))
SHARES = {"asa": 0.95, "ios": 0.85, "swan": 0.85}

CAUSES = {
    "proxy identities differ: the peer proposes any/any, the crypto ACL lists two subnet pairs": "PROXY_MISMATCH",
    "second (standby) AWS tunnel on an ASA that keeps one tunnel active; the source says it can be ignored": (
        "PROXY_MISMATCH"
    ),
    "the responder has no tunnel-group/pre-shared key for this peer (wrong peer address configured there)": (
        "NO_TUNNEL_GROUP"
    ),
    "no usable crypto map entry for the proposed proxies: the map bound to the interface has a misspelt name and no "
    "'match address'": "NO_MATCHING_ENTRY PROXY_MISMATCH",
    "a too short datagram on the NAT-T port": "BAD_MESSAGE",
    "stale IPsec SA left on the peer after several reconfigurations": "STALE_SA",
    "the peer's ISAKMP identity address is not the address in its certificate": "IDENTITY_MISMATCH",
    "pre-shared key mismatch": "PSK_MISMATCH",
    "tunnel protection configured on one end only": "IN_CLEAR",
    "PFS on one side only": "PFS_MISMATCH",
    "ISAKMP policy mismatch: encryption algorithm": "PHASE1_MISMATCH",
    "ISAKMP policy mismatch: AES key length": "PHASE1_MISMATCH",
    "ISAKMP policy mismatch: hash algorithm": "PHASE1_MISMATCH",
    "ISAKMP policy mismatch: Diffie-Hellman group": "PHASE1_MISMATCH",
    "IPsec transform set mismatch (encryption, hash or mode)": "TRANSFORM_MISMATCH",
    "crypto ACLs (proxy identities) do not match": "PROXY_MISMATCH",
    "the peer's configuration had the wrong address for this side": "PEER_ADDRESS_WRONG NO_TUNNEL_GROUP",
}
"""What a cause is called here; where the peer's view has another name for the same fault, both."""

RUN_CAUSES = {
    "healthy": "",
    "psk-missing-at-responder": "PSK_MISSING",
    "psk-differs": "PSK_MISMATCH",
    "psk-differs-aggressive": "PSK_MISMATCH",
    "phase1-hash": "PHASE1_MISMATCH",
    "identity-mismatch": "IDENTITY_MISMATCH",
    "pfs-responder-only": "PFS_MISMATCH",
    "traffic-selectors": "PROXY_MISMATCH",
    "main-to-aggressive": "AGGRESSIVE_REFUSED",
    "ikev1-to-ikev2": "IKE_VERSION",
    "replies-dropped": "ANSWERS_LOST",
    "peer-killed-dpd": "LOST_PEER",
    "child-rekey": "",
    "lifetimes-differ": "",
    "duplicate-packets": "",
}
VIEWS = {
    "initiator": ("initiator.log",),
    "responder": ("responder.log",),
    "both": ("initiator.log", "responder.log"),
    "initiator at level 2": ("initiator-level2.log",),
    "responder at level 2": ("responder-level2.log",),
    "what the command printed": ("initiate-output.txt",),
    "capture": ("capture.pcap",),
    "capture at the responder": ("capture-responder.pcap",),
}
DEAD = {"responder", "responder at level 2"}
"""Where a daemon that is killed can tell nothing of it."""


@cache
def explained(*paths: Path) -> Explanation:
    return explain(Order(tuple(Source(str(path)) for path in paths)))


def serious(found: Explanation) -> list[Finding]:
    return [finding for finding in found.findings if not finding.warning]


def is_right(found: Explanation, codes: list[str]) -> bool:
    """The first finding names the cause, or cannot, says so, and has the cause among its alternatives."""
    first = serious(found)[0]
    if first.code in codes:
        return True
    listed = {other.code for other in first.alternatives}
    return bool(first.unknowable) and first.sure is not Sure.CERTAIN and bool(listed & set(codes))


def told(found: Explanation) -> list[tuple[str, str, list[str]]]:
    return [(one.code, one.sure.name, [other.code for other in one.alternatives]) for one in serious(found)]


@pytest.mark.corpus
@pytest.mark.parametrize("log", LOGS, ids=lambda log: f"{log.parent.name}/{log.stem}")
def test_a_real_log_is_explained(log: Path) -> None:
    known = json.loads(log.with_suffix(".json").read_text("utf-8"))
    found = explained(log)
    assert found.logs[0].share >= SHARES[log.parent.name], found.logs[0].samples
    cause, failed = known["cause"], known["outcome"] not in ("up", "unclear")
    if cause is None and not failed:
        assert told(found) == []
    elif cause is None:
        assert serious(found)[0].unknowable
    elif serious(found) or failed:
        assert is_right(found, CAUSES[cause].split()), told(found)


@pytest.mark.corpus
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("case", RUNS, ids=lambda case: case.parent.name)
def test_a_run_of_real_daemons_is_explained(case: Path, view: str) -> None:
    paths = [case.parent / name for name in VIEWS[view]]
    if not all(path.exists() for path in paths):
        return
    known = json.loads(case.read_text("utf-8"))
    code = RUN_CAUSES[known["case"].removesuffix("-nat")]
    found = explained(*paths)
    if not code or (known["case"] == "peer-killed-dpd" and (view in DEAD or not serious(found))):
        assert told(found) == []
    else:
        assert is_right(found, code.split()), told(found)
    if len(paths) == 2:
        assert found.pairings[0].same in (Same.YES, Same.LIKELY)


UNSAID = {"14-main-to-aggressive-charon-pluto"}
"""Where neither log says it: pluto knows no connection in main mode, and does not tell of its aggressive one."""


@pytest.mark.corpus
@pytest.mark.parametrize("case", RUNS, ids=lambda case: case.parent.name)
def test_both_logs_together_leave_nothing_open(case: Path) -> None:
    known = json.loads(case.read_text("utf-8"))
    code = RUN_CAUSES[known["case"].removesuffix("-nat")]
    if code:
        both = explained(case.parent / "initiator.log", case.parent / "responder.log")
        assert is_right(both, [code]), told(both)
        assert (serious(both)[0].code == code) is (case.parent.name not in UNSAID), told(both)


@pytest.mark.corpus
def test_the_published_listing_is_not_one_exchange() -> None:
    reference = CORPUS / "reference"
    found = explained(reference / "initiator.log", reference / "responder.log")
    assert found.pairings[0].same is Same.NO
    assert told(found) == []

"""Captures explained: of the lab's faults and of the runs of real daemons, from either end."""

import json
from pathlib import Path

import pytest
from captures import capture_of, played, secrets

from mainmode.capture.secrets import NO_SECRETS
from mainmode.explain.diagnose import diagnose
from mainmode.explain.finding import Finding, Sure
from mainmode.explain.logs import read_log
from mainmode.explain.reading import Source

RUNS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "swan-runs"
CAUSES = {
    "phase1-hash": {"PHASE1_MISMATCH"},
    "psk-missing-at-responder": {"PSK_MISSING", "NO_TUNNEL_GROUP"},
    "identity-mismatch": {"IDENTITY_MISMATCH"},
    "pfs-responder-only": {"PFS_MISMATCH"},
    "traffic-selectors": {"PROXY_MISMATCH"},
    "main-to-aggressive": {"AGGRESSIVE_REFUSED"},
    "ikev1-to-ikev2": {"IKE_VERSION"},
    "replies-dropped": {"ANSWERS_LOST"},
    "peer-killed-dpd": {"LOST_PEER"},
    "psk-differs-aggressive": {"PSK_MISMATCH"},
}
"""What a run's fault is called here; healthy runs have none."""


def found(file: Path, own: str = "", opened: object = None) -> list[Finding]:
    """Findings that are no remarks."""
    keys = NO_SECRETS if opened is None else opened
    read = read_log(Source(str(file)), 0, own=own, secrets=keys)  # type: ignore[arg-type]
    return [finding for finding in diagnose(read.negotiations) if not finding.warning]


def is_right(findings: list[Finding], causes: set[str]) -> bool:
    """The cause on top, or one that is not sure and names it as what else it could be; nothing where all is well."""
    if not causes or not findings:
        return not causes and not findings
    top = findings[0]
    others = {alternative.code for alternative in top.alternatives}
    return top.code in causes or (bool(top.unknowable) and top.sure is not Sure.CERTAIN and bool(others & causes))


@pytest.mark.corpus
def test_the_captures_of_real_daemons_tell_the_cause_or_that_it_is_not_to_be_seen() -> None:
    wrong = {}
    for file in sorted(RUNS.glob("*/capture*.pcap")):
        case = json.loads((file.parent / "case.json").read_text())["case"]
        findings = found(file)
        if not is_right(findings, CAUSES.get(case, set())):
            wrong[f"{file.parent.name}/{file.stem}"] = [one.code for one in findings]
    assert wrong == {}


@pytest.mark.parametrize(
    ("fault", "without", "with_keys"),
    [
        ("", "", ""),
        ("drop=MM3", "", ""),
        ("duplicate", "", ""),
        ("lifetime,b", "", ""),
        ("wrong-key,b", "PSK_MISMATCH", "PSK_MISMATCH"),
        ("group-name,b", "NO_TUNNEL_GROUP", "NO_TUNNEL_GROUP"),
        ("policy,b=encryption", "PHASE1_MISMATCH", "PHASE1_MISMATCH"),
        ("acl,b", "PROXY_MISMATCH", "PROXY_MISMATCH"),
        ("transform,b", "PROXY_MISMATCH", "TRANSFORM_MISMATCH"),
        ("ike-off,b", "NO_ANSWER", "NO_ANSWER"),
        ("one-way,b", "ANSWERS_LOST", "ANSWERS_LOST"),
        ("block-udp-500,b", "ANSWERS_LOST", "ANSWERS_LOST"),
        ("corrupt", "ANSWERS_LOST", "ANSWERS_LOST"),
        ("block-esp,a", "ESP_BLOCKED", "ESP_BLOCKED"),
    ],
)
def test_the_captures_of_our_lab_tell_the_cause(tmp_path: Path, fault: str, without: str, with_keys: str) -> None:
    result = played(*([fault] if fault else []))
    file = tmp_path / "run.pcapng"
    file.write_bytes(capture_of(result))
    assert [one.code for one in found(file)][:1] == [without][: bool(without)]
    assert [one.code for one in found(file, opened=secrets(result))][:1] == [with_keys][: bool(with_keys)]

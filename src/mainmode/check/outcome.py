"""What came of a try, in the words of the matrix: which way it went, by which lines, and where it ended."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mainmode.base.instant import Instant
from mainmode.check.matrix import Came, Line, Row, Ruling
from mainmode.device.box import Box
from mainmode.device.config.model import Ace, Configuration
from mainmode.device.decision import BoxEffect, Decision, Verdict
from mainmode.ike.effects import Cause, Dropped, Failure, InstallSa, Phase1Up
from mainmode.ipsec.dataplane import SaPair
from mainmode.lab.facing import Pair
from mainmode.lab.link import Kind
from mainmode.lab.observer import Observer
from mainmode.lab.traffic import proxies_of
from mainmode.lab.trial import SIDES, Tried
from mainmode.ladder.transcript import Outcome, Side

_MOST_RULINGS = 40
_IKE = (Kind.IKE, Kind.IKE_NAT_T)
_SILENT = (Cause.NO_ANSWER, Cause.LOST_PEER)
"""Reasons of a device that only waited."""

_PHASE_1, _PHASE_2 = "IKE phase 1", "IKE phase 2"


class Course(Observer):
    """Notes in its order what each device decided about packets and negotiations, each thing once."""

    hears = frozenset({Decision, Dropped, Phase1Up, InstallSa})

    def __init__(self) -> None:
        self._seen: dict[tuple[Side, str, str, str], Ruling] = {}

    def begin(self) -> None:
        """Another series of traffic begins: of what was, only the phases 1 that stand are of it too."""
        self._seen = {key: ruling for key, ruling in self._seen.items() if ruling.stage == _PHASE_1}

    def happened(self, name: str, effect: BoxEffect, now: Instant) -> None:
        """Keep it if it is new."""
        side = SIDES[name]
        match effect:
            case Decision(stage, verdict, _, sources):
                text = effect.text
                self._note(Ruling(side, stage.value, verdict.value, text, sources))
            case Dropped(reason, _, detail, sources):
                self._note(Ruling(side, "", Verdict.DROP.value, f"{reason.value}: {detail}", sources))
            case Phase1Up(role=role, path=path, group_name=group):
                text = f"up with {path.remote.address} as {role.value.lower()}, tunnel-group {group}"
                self._note(Ruling(side, _PHASE_1, Verdict.ALLOW.value, text))
            case InstallSa(pair=pair):
                text = f"up for crypto map {pair.map_name} {pair.map_sequence}, {pair.proxies}"
                self._note(Ruling(side, _PHASE_2, Verdict.ALLOW.value, text, pair.sources))
            case _:
                pass

    def _note(self, ruling: Ruling) -> None:
        if len(self._seen) < _MOST_RULINGS:
            self._seen.setdefault((ruling.side, ruling.stage, ruling.what, ruling.text), ruling)

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """All of them."""
        return tuple(self._seen.values())


def detailed(ruling: Ruling, box: Box | None) -> Ruling:
    """The ruling as it is; that phase 1 came up, with the policy and the tunnel-group that it stands on."""
    held = [sa for sa in box.ike_sas if sa.established is not None] if box is not None else []
    if box is None or ruling.stage != _PHASE_1 or not held:
        return ruling
    sa, settings = held[-1], box.settings
    agreed = (sa.encryption, sa.key_bits, sa.hash, sa.dh_group, sa.authentication)
    policies = (
        one
        for one in settings.policies
        if (one.encryption, one.key_bits, one.hash, one.group, one.authentication) == agreed
    )
    policy, group = next(policies, None), settings.group_for(sa.peer)
    sources = [policy.sources["policy"]] if policy is not None else []
    sources += [group.sources[part] for part in ("group", "key") if part in group.sources] if group is not None else []
    text = f"{ruling.text}, policy {policy.priority}" if policy is not None else ruling.text
    return replace(ruling, text=text, sources=tuple(sources))


def refusals(tried: Tried) -> Iterator[Ruling]:
    """Each device's own reason why a negotiation failed."""
    for reason in tried.observed.reasons:
        if isinstance(reason.what, Failure):
            stage = _PHASE_2 if reason.what.step.value.startswith("QM") else _PHASE_1
            text = reason.what.detail or reason.what.cause.value
            yield Ruling(SIDES[reason.name], stage, Verdict.DROP.value, text, reason.what.sources)


def outcome(pair: Pair, row: Row, tried: Tried) -> tuple[Came, str]:
    """What came of it, and at which stage it ended; the stage is empty where it is up."""
    observed, starter = tried.observed, tried.traffic.side
    if observed.tunnel_up:
        if tried.verdict.outcome is Outcome.UP:
            return _by_which(pair, row, tried.carriers), ""
        return Came.NO_REPLY, "data"
    spoken = {passage.name for passage in observed.passages if passage.kind in _IKE}
    refused = [reason for reason in observed.reasons if isinstance(reason.what, Failure)]
    if not spoken and not refused:
        return (Came.IN_CLEAR if _in_clear(tried) else Came.NEVER_LEAVES), "packet path"
    stage = "phase 2" if observed.phase1_done else "phase 1"
    if starter.value not in spoken:
        return Came.NEVER_LEAVES, stage
    answered = starter.other.value in spoken or any(
        reason.name == starter.other.value and isinstance(reason.what, Failure) and reason.what.cause not in _SILENT
        for reason in refused
    )
    return (Came.REJECTED if answered else Came.NO_ANSWER), stage


def _in_clear(tried: Tried) -> bool:
    """Whether the sender's device sent the traffic on as it came; translated it is other traffic."""
    decisions = (
        reason.what
        for reason in tried.observed.reasons
        if SIDES[reason.name] is tried.traffic.side and isinstance(reason.what, Decision)
    )
    clear = any(decision.verdict is Verdict.IN_CLEAR for decision in decisions)
    return clear and tried.verdict.cause != "NO_NAT_EXEMPTION"


def _by_which(pair: Pair, row: Row, carriers: Mapping[Side, SaPair]) -> Came:
    """Whether the tunnel is the one that the row's lines ask for."""
    narrowed = False
    for side, carrier in carriers.items():
        line = row.lines.get(side)
        took = _lines_of(pair[side], carrier)
        if line is None:
            said = [proxies for ace in took for proxies in proxies_of(pair[side], ace)]
            narrowed = narrowed or (bool(said) and carrier.proxies not in said)
            continue
        if not _of_entry(line, carrier):
            return Came.OTHER_ENTRY
        if took and all(ace.source != line.ace.source for ace in took) and carrier.proxies != line.proxies:
            return Came.OTHER_ENTRY
        narrowed = narrowed or carrier.proxies != line.proxies
    return Came.NARROWED if narrowed else Came.UP


def _of_entry(line: Line, carrier: SaPair) -> bool:
    return (line.entry.map_name, line.entry.sequence) == (carrier.map_name, carrier.map_sequence)


def _lines_of(configuration: Configuration, carrier: SaPair) -> list[Ace]:
    """The lines of access lists that a pair of SAs rests on."""
    sources = set(carrier.sources)
    return [ace for one in configuration.access_lists.values() for ace in one.aces if ace.source in sources]

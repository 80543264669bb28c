"""What must hold of everything that a box does: effects that are told, lines that are lines, secrets that are none."""

import re
from collections.abc import Iterable

from fuzz.boxes import PSK, Scene
from fuzz.target import BrokenError

from mainmode.base.address import Endpoint
from mainmode.base.codes import PayloadType
from mainmode.base.instant import Span
from mainmode.base.secret import Secret
from mainmode.device.decision import BoxEffect, Decision, PacketOut
from mainmode.ike.effects import Dropped, Failure, InstallSa, Opened, Phase1Up, Say, Send, Step
from mainmode.ike.message_ids import MOST
from mainmode.ike.timing import MAX_HALF_OPEN, MAX_HALF_OPEN_PER_PEER, MAX_QUICK_MODES

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LOOKED_AT = 150
"""Effects of one run that are searched for secrets."""
_OPEN = (Say, Decision, Send, Opened, PacketOut)
"""What is on the wire or read by people: the representation of these is looked at in some runs only, since making it
takes long."""
_WHOLLY = 4
_SHOWS = (
    "crypto isakmp sa detail", "crypto ikev1 sa detail", "crypto ipsec sa detail", "vpn-sessiondb detail l2l",
    "logging", "crypto ikev1 stats", "crypto ipsec stats", "conn", "route", "asp drop",
)  # fmt: skip
_LINES = "\\n"
"""In the pattern of a part that has several lines by what it is: a dump of octets."""
_LONGEST_STATE = Span(400_000_000)
"""After so long a negotiation that did not come to its end is forgotten on either side, and an SA without a tunnel."""


class Holding:
    """Looks at what one scene does while steps happen on it. Every method raises BrokenError."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._effects: list[BoxEffect] = []
        self._known = tuple(self._keys())
        scene.noted = self._effects.extend

    def told(self, effects: list[BoxEffect]) -> None:
        """Whatever arrived, something was done about it."""
        if not effects:
            raise BrokenError("a packet ended without any effect")

    def answered(self, effects: list[BoxEffect], datagram: bytes, remote: Endpoint) -> None:
        """A datagram was answered or dropped by name; and nobody gets two answers, nor more than he sent.

        Who knows our cookie, and so receives where he says he is, may get half again as much; and MM3 is as long as it
        is, since it goes to whom we asked ourselves.

        A fragment that waits for the others only has its line. What is sent under the protection of an SA that stands
        is no answer to somebody unproven: it goes to the peer, and so often only.
        """
        if all(isinstance(effect, Say | Decision) for effect in effects) and not _is_fragment(datagram):
            raise BrokenError(f"a datagram ended without an effect; said: {[_name(effect) for effect in effects]}")
        if any(isinstance(effect, Opened) for effect in effects):
            return
        answers = [
            effect
            for effect in effects
            if isinstance(effect, Send) and effect.path.remote == remote and not effect.exchange.message_id
        ]
        if len(answers) > 1:
            raise BrokenError(f"{len(answers)} answers to one datagram that proves nothing")
        octets = sum(len(effect.datagram) for effect in answers)
        ours = any(effect.step is Step.MM3 for effect in answers)
        if octets > (600 if ours else len(datagram) * 3 // 2 if _knows_us(datagram) else len(datagram)):
            raise BrokenError(f"{octets} octets answer {len(datagram)} that prove nothing")

    def nothing_proven(self) -> None:
        """Nobody proved to be the peer: no SA came to be, and after a while nothing of it all is left."""
        for effect in self._effects:
            if isinstance(effect, Phase1Up | InstallSa):
                raise BrokenError(f"{type(effect).__name__}, and nobody proved to be the peer")
        self._scene.wait(_LONGEST_STATE)
        left = self._scene.us.timers()
        if left:
            raise BrokenError(f"{left} things are left of negotiations that proved nothing")

    def all(self) -> None:
        """At the end of a run: of all effects, and of what stands."""
        for effect in self._effects:
            _clean(effect)
        shown = self._shown() if len(self._effects) % _WHOLLY == 0 else ""
        self._secrets(shown)
        self._bounds()

    def _shown(self) -> str:
        """What an administrator who looks around sees of it all."""
        scene = self._scene
        shown = "\n".join(scene.us.show(command, scene.now) for command in _SHOWS)
        found = _CONTROL.search(shown.replace("\n", ""))
        if found is not None:
            raise BrokenError(f"a show command prints the character {ord(found[0]):#04x}")
        return shown

    def _secrets(self, shown: str) -> None:
        effects = self._effects[:_LOOKED_AT]
        whole = bool(shown)
        shown += "\n".join(repr(effect) for effect in effects if whole or not isinstance(effect, _OPEN))
        shown += "\n".join(effect.line.text for effect in effects if isinstance(effect, Say))
        for name, octets in (*self._known, *self._keys()):
            if len(octets) >= 8 and any(form in shown for form in _forms(octets)):
                raise BrokenError(f"{name} is shown")

    def _keys(self) -> Iterable[tuple[str, bytes]]:
        """Every key of this side that is not overwritten, by what it is."""
        yield "the pre-shared key", PSK.encode()
        secrets: list[tuple[str, Secret | None]] = []
        for sa in self._scene.sas:
            secrets.append(("the shared secret", sa.shared))
            if sa.keys is not None:
                secrets += [
                    (f"SKEYID {name}", getattr(sa.keys, name)) for name in ("skeyid", "d", "a", "e", "cipher_key")
                ]
        for state in self._scene.us.sad.states():
            for keys in (state.pair.inbound_keys, state.pair.outbound_keys):
                secrets += [("an ESP key", keys.cipher), ("an ESP integrity key", keys.integrity)]
        for name, secret in secrets:
            if secret is not None and not secret.forgotten:
                yield name, secret.reveal()

    def _bounds(self) -> None:
        engine = self._scene.us._plane.engine
        table, agenda = engine._table, engine._agenda
        if table.negotiating > MAX_HALF_OPEN or any(
            count > MAX_HALF_OPEN_PER_PEER for count in table._half_open.values()
        ):
            raise BrokenError(f"{table.negotiating} negotiations are half-open")
        if len(agenda._heap) > 64 + 5 * len(agenda):
            raise BrokenError(f"the agenda holds {len(agenda._heap)} entries for {len(agenda)} things")
        for sa in table.all():
            unfinished = sum(not qm.settled for qm in sa.quick_modes.values())
            if unfinished > MAX_QUICK_MODES or len(sa.spent_ids) > MOST:
                raise BrokenError(f"{unfinished} quick modes and {len(sa.spent_ids)} spent message ids under one SA")
        counted = sum(not sa.active for sa in table.all())
        if table.negotiating != counted:
            raise BrokenError(f"{table.negotiating} negotiations are counted, and {counted} are there")
        children = set(engine._sessions.children)
        standing = {state.pair.inbound_spi for state in self._scene.us.sad.states()}
        if children != standing:
            raise BrokenError(f"IKE knows {len(children)} pairs, the data plane {len(standing)}: {children ^ standing}")


def _knows_us(datagram: bytes) -> bool:
    """Whether a responder's cookie stands in an ISAKMP header, with or without a non-ESP marker before it."""
    start = 12 if datagram[:4] == bytes(4) else 8
    return any(datagram[start : start + 8])


def _is_fragment(datagram: bytes) -> bool:
    return PayloadType.FRAGMENT in (*datagram[16:17], *datagram[20:21])


def _name(effect: BoxEffect) -> str:
    return effect.line.entry.name if isinstance(effect, Say) else type(effect).__name__


def _forms(octets: bytes) -> Iterable[str]:
    yield octets.hex()
    yield octets.hex().upper()
    yield repr(octets)[2:-1]


def _clean(effect: BoxEffect) -> None:
    """No text of an effect has control characters but for the line ends of its own template."""
    if isinstance(effect, Say):
        entry = effect.line.entry
        for name, kind in entry.kinds.items():
            written = kind.write(effect.line.values[name])
            if _LINES in kind.pattern:
                written = written.replace("\n", "")
            found = _CONTROL.search(written)
            if found is not None:
                raise BrokenError(f"the part {name} of {entry.name} has the character {ord(found[0]):#04x}")
        if _CONTROL.search(f"{effect.line.about.group}{effect.line.about.ip}{effect.line.about.username}"):
            raise BrokenError(f"whom {entry.name} is about has a control character")
        return
    texts = [effect.detail] if isinstance(effect, Dropped) else [effect.text] if isinstance(effect, Decision) else []
    failure = getattr(effect, "failure", None)
    if isinstance(failure, Failure):
        texts += [failure.detail, failure.offered, failure.configured]
    for text in texts:
        if _CONTROL.search(text):
            raise BrokenError(f"the text of a {type(effect).__name__} has a control character")

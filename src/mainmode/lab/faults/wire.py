"""Faults on the wire: single messages lost, repeated, late, damaged or played again."""

import re
from dataclasses import field, replace

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import Span, seconds
from mainmode.lab.cloud import Departure, Meddling
from mainmode.lab.damage import inside
from mainmode.lab.faults.declaration import Fault, Install, Ordered, Place, Rig
from mainmode.lab.link import Kind

LABELS = (
    "MM1",
    "MM2",
    "MM3",
    "MM4",
    "MM5",
    "MM6",
    "QM1",
    "QM2",
    "QM3",
    "INFO",
    "DELETE",
    "DPD",
    "KEEPALIVE",
    "ESP",
    "IKE",
)
"""What a message is called; `IKE` is any of them but ESP."""

_WHICH = re.compile(r"([A-Z0-9]+)(?::(all|\d{1,6})(?:x(\d{1,6}))?)?")
_MOST = 1 << 30
_AGGRESSIVE_AT = 18
_AGGRESSIVE = 4
WHICH = "which: `MM3` is the first one, `MM3:2` the second, `ESP:3x5` five from the third on, `DELETE:all` all"


@dataclass(slots=True)
class _Picked:
    """Picks messages by their name and number, and does something to each."""

    ordered: Ordered
    rig: Rig
    meddling: Meddling
    what: str
    label: str
    first: int
    count: int
    seen: int = field(default=0)

    def meddle(self, departure: Departure, kind: Kind, target: str) -> Meddling | None:
        """The fault, where this is one of the messages meant."""
        if self.ordered.device not in ("", departure.name) or not self._is_meant(departure.label):
            return None
        self.seen += 1
        if not self.first <= self.seen < self.first + self.count:
            return None
        meddling = self.meddling
        if meddling.packet is not None:
            damaged = damage(departure.packet, meddling.packet)
            if damaged is None:
                return None
            meddling = replace(meddling, packet=damaged)
        self.ordered.announce(self.rig, departure.name, f"{departure.label} of {departure.name} {self.what}")
        return meddling

    def _is_meant(self, label: str) -> bool:
        return label == self.label or (self.label == "IKE" and label not in ("ESP", "clear", "own", "KEEPALIVE"))


_CORRUPTED, _AS_AGGRESSIVE = b"corrupt", b"aggressive"


def damage(packet: bytes, how: bytes) -> bytes | None:
    """The packet with its last octet turned over, or its exchange type made aggressive; UDP's checksum fits again."""

    def change(octets: bytes) -> bytes:
        if how == _AS_AGGRESSIVE:
            at = (4 if octets[:4] == bytes(4) else 0) + _AGGRESSIVE_AT
            return octets[:at] + bytes((_AGGRESSIVE,)) + octets[at + 1 :]
        return octets[:-1] + bytes((octets[-1] ^ 0xFF,))

    return inside(packet, change)


def _picking(meddling: Meddling, what: str) -> Install:
    def install(ordered: Ordered, rig: Rig) -> None:
        found = _WHICH.fullmatch(ordered.value)
        if found is None or found[1] not in LABELS or found[2] == "0":
            raise InputError(f"--fault {ordered.text}: say {WHICH}; the messages are {', '.join(LABELS)}")
        every = found[2] == "all"
        first = 1 if every else int(found[2] or 1)
        count = _MOST if every else int(found[3] or 1)
        rig.cloud.meddlers.append(_Picked(ordered, rig, meddling, what, found[1], first, count))

    return install


def _aggressive(ordered: Ordered, rig: Rig) -> None:
    meddling = Meddling(packet=_AS_AGGRESSIVE)
    rig.cloud.meddlers.append(_Picked(ordered, rig, meddling, "is sent as aggressive mode", "MM1", 1, _MOST))


def _ignore_deletes(ordered: Ordered, rig: Rig) -> None:
    rig.cloud.meddlers.append(_Ignored(ordered, rig))


@dataclass(slots=True)
class _Ignored:
    ordered: Ordered
    rig: Rig

    def meddle(self, departure: Departure, kind: Kind, target: str) -> Meddling | None:
        """Deletes for the device are lost."""
        if departure.label != "DELETE" or target != self.rig.cloud.edge(self.ordered.device):
            return None
        self.ordered.announce(self.rig, self.ordered.device, f"a delete of {departure.name} is ignored")
        return Meddling(detail="the other device ignores deletes")


def _on(name: str, does: str, leads_to: tuple[str, ...], meddling: Meddling, what: str, usual: str) -> Fault:
    return Fault(name, Place.WIRE, does, leads_to, WHICH, usual, install=_picking(meddling, what))


WIRE_FAULTS: tuple[Fault, ...] = (
    _on(
        "drop",
        "A message is lost.",
        ("a retransmission", "PACKETS_LOST"),
        Meddling(detail="lost by a fault"),
        "is lost",
        "MM3",
    ),
    _on("duplicate", "A message arrives twice.", ("up",), Meddling(copies=(Span(1000),)), "arrives twice", "MM1"),
    _on(
        "delay", "A message arrives three seconds late.", ("up",), Meddling(delay=seconds(3)), "arrives 3 s late", "QM1"
    ),
    _on(
        "corrupt",
        "The last octet of a message is turned over.",
        ("a message that is dropped by name",),
        Meddling(packet=_CORRUPTED),
        "is damaged",
        "MM5",
    ),
    _on(
        "replay",
        "A message arrives again ten seconds later.",
        ("a replay that is dropped",),
        Meddling(copies=(seconds(10),)),
        "arrives again after 10 s",
        "ESP",
    ),
    Fault(
        "aggressive",
        Place.WIRE,
        "The peer begins in aggressive mode instead of main mode.",
        ("BAD_MESSAGE",),
        install=_aggressive,
    ),
    Fault(
        "ignore-deletes",
        Place.WIRE,
        "The device never hears that its peer deletes an SA.",
        ("an SA that one side alone holds",),
        install=_ignore_deletes,
        needs_device=True,
    ),
)
"""All of them, in the order of the list."""

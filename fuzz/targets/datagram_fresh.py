"""A gateway that has just started, and nothing but strangers and unproven peers before it."""

from collections.abc import Iterator
from functools import partial

from fuzz.boxes import scene
from fuzz.datagrams import MODULES, conversations, packet_step, player
from fuzz.mutation import Mutator
from fuzz.steps import STRANGERS, Kind, Step, write
from fuzz.target import Target

_SCENES = (partial(scene, quiet=True), partial(scene, quiet=True, dynamic=True))


def _seeds() -> Iterator[bytes]:
    for packets in conversations():
        for which in range(len(_SCENES)):
            yield write(which, map(packet_step, packets), STRANGERS)
        yield write(0, (packet_step(packet, whole=True) for packet in packets[:6]), STRANGERS)
    yield write(0, (Step(Kind.BARE, 0, b"\xff"), Step(Kind.TIME, 0, b"\x07"), Step(Kind.IKE, 0, b"runt")), STRANGERS)


TARGET = Target(
    name="datagram-fresh",
    about="datagrams for UDP 500 and 4500, ESP and IP packets, in sequences, at a gateway where nothing stands: one "
    "that knows its peer, and one that knows peers by a dynamic map only",
    modules=MODULES,
    seeds=_seeds,
    run=player(_SCENES, STRANGERS),
    mutator=partial(Mutator, STRANGERS),
)

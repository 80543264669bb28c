"""What the device says when traffic asks for a tunnel, and when it cannot even try."""

from mainmode.base.provenance import Source
from mainmode.catalogue import lines
from mainmode.catalogue.entry import NOBODY, Entry
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import NO_EXCHANGE, Failure, Step
from mainmode.ike.quick_mode_exchange import entry_sources
from mainmode.ike.sa import Turn


def request_sources(request: Acquire) -> tuple[Source, ...]:
    """The statements that make the traffic interesting."""
    return (*entry_sources(request.entry, "acl", "entry"), request.ace.source)


def say_trigger(request: Acquire, turn: Turn) -> None:
    """The crypto map's ruling, and the hand-over to IKE: in newer releases by the tunnel manager."""
    none, sources = NO_EXCHANGE, request_sources(request)
    named = {"map": request.entry.map_name, "sequence": request.entry.sequence}
    turn.say(
        lines.LOOKING_FOR_CRYPTO_MAP, NOBODY, Step.TRIGGER, none, sources,
        protocol=request.protocol, source=request.packet_source, source_port=request.source_port,
        destination=request.packet_destination, destination_port=request.destination_port,
    )  # fmt: skip
    turn.say(lines.CRYPTO_MAP_MATCHED, NOBODY, Step.TRIGGER, none, sources, **named)
    if turn.settings.tunnel_manager:
        turn.say(lines.DISPATCHING_KEY_ACQUIRE, NOBODY, Step.TRIGGER, none, sources, **named)
        turn.say(lines.NO_IKEV2_PROPOSAL, NOBODY, Step.TRIGGER, none, sources)
    turn.say(lines.PITCHER_KEY_ACQUIRE, NOBODY, Step.TRIGGER, none, sources, spi=0)


def say_obstacle(request: Acquire, failure: Failure, turn: Turn) -> None:
    """Why no negotiation begins."""
    entry, own = request.entry, turn.settings.addresses.values()
    ourselves = next((peer for peer in entry.peers if peer in own), None)
    if not entry.peers:
        turn.say(
            lines.PEER_NOT_CONFIGURED, NOBODY, Step.TRIGGER, NO_EXCHANGE, failure.sources,
            destination=request.packet_destination,
        )  # fmt: skip
    elif ourselves is not None:
        turn.say(lines.PEER_IS_OURSELVES, NOBODY, Step.TRIGGER, NO_EXCHANGE, failure.sources, address=ourselves)
    else:
        turn.say(
            lines.NO_POLICY, NOBODY, Step.TRIGGER, NO_EXCHANGE, failure.sources,
            interface=request.ingress, source=request.packet_source, destination=request.packet_destination,
        )  # fmt: skip
    say_not_dispatched(lines.DISPATCH_MISCONFIGURED, turn, failure.sources)


def say_not_dispatched(entry: Entry, turn: Turn, sources: tuple[Source, ...]) -> None:
    """The tunnel manager of newer releases could not hand a request on."""
    if turn.settings.tunnel_manager:
        turn.say(entry, NOBODY, Step.TRIGGER, NO_EXCHANGE, sources)

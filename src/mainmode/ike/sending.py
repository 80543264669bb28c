"""How a message of an IKE SA leaves: framed for its port, noted, and in pieces where it fits no packet otherwise."""

from mainmode.ike.effects import Exchange, Send, Step
from mainmode.ike.fragments import pieces_of
from mainmode.ike.sa import IkeSa, Turn, framed, resent
from mainmode.wire.message import Message
from mainmode.wire.natt import NON_ESP_MARKER

DEFAULT_MTU = 1500
"""Octets of an IP packet on an interface whose MTU is not configured."""

_HEADERS = 20 + 8
"""IPv4 and UDP."""


def send(sa: IkeSa, turn: Turn, octets: bytes, step: Step, exchange: Exchange, message: Message) -> Send:
    """Put a message on its way. `octets` is the message as it travels, `message` the same in clear.

    The result is the whole datagram, for a later repetition; what goes into the effects may be its pieces.
    """
    whole = Send(framed(octets, sa.path), sa.path, step, exchange, message)
    _leave(sa, turn, whole)
    return whole


def repeat(sa: IkeSa, turn: Turn, sent: Send) -> Send:
    """The same once more, along the path that holds now."""
    again = resent(sent, sa.path)
    _leave(sa, turn, again)
    return again


def _leave(sa: IkeSa, turn: Turn, whole: Send) -> None:
    sa.life.sent = turn.now
    room = turn.settings.mtus.get(sa.interface, DEFAULT_MTU) - _HEADERS
    if not sa.peer_fragments or len(whole.datagram) <= room:
        turn.effects.append(whole)
        return
    marker = NON_ESP_MARKER if whole.datagram.startswith(NON_ESP_MARKER) else b""
    sa.fragment_set = sa.fragment_set % 0xFFFF + 1
    for piece in pieces_of(whole.datagram[len(marker) :], room - len(marker), sa.fragment_set):
        octets = marker + piece.encode()
        turn.effects.append(
            Send(octets, whole.path, whole.step, whole.exchange, piece, retransmission=whole.retransmission)
        )

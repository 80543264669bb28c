"""Aggressive mode (RFC 2409 §5): not spoken here. What asks for it is named, and gets no answer.

The device answers an unknown group name with a made-up message, so that nobody can find out names (713256). Silence for
every name does the same, and gives away no hash either (CVE-2002-1623).
"""

from mainmode.base.codes import Flag, IdType
from mainmode.base.errors import Drop
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About
from mainmode.ike.effects import Exchange, Step
from mainmode.ike.sa import Turn
from mainmode.ike.table import NO_COOKIE
from mainmode.ike.voice import exchange_sources, say_decode
from mainmode.wire.message import Header, read_message
from mainmode.wire.payloads import Identification

_NAMES = (IdType.FQDN, IdType.USER_FQDN, IdType.KEY_ID)
_LONGEST = 64
"""Octets of a name that are printed."""


def refuse_aggressive_mode(header: Header, datagram: bytes, turn: Turn) -> None:
    """A message of an aggressive mode: its first one is told of, and all are dropped."""
    if turn.path is not None and header.responder_cookie == NO_COOKIE and not header.flags & Flag.ENCRYPTED:
        message = turn.message = read_message(datagram, header)
        about, exchange = About(ip=str(turn.path.remote.address)), Exchange(header.initiator_cookie, 0)
        say_decode(turn, about, "RECEIVED", message, Step.MM1, exchange)
        disabled = turn.settings.am_disable
        identity = message.first(Identification)
        name = _group_name(identity) if identity is not None else ""
        if name and not disabled and name not in turn.settings.groups:
            turn.say(lines.UNKNOWN_AGGRESSIVE_GROUP, about, Step.MM1, exchange, group=name)
        turn.say(
            lines.AGGRESSIVE_MODE_REFUSED, about, Step.MM1, exchange, exchange_sources(turn.settings, "am_disable"),
            why="disabled" if disabled else "not supported",
        )  # fmt: skip
    turn.drop(Drop.BAD_EXCHANGE, "aggressive mode", exchange_sources(turn.settings, "am_disable"))


def _group_name(identity: Identification) -> str:
    """The name that the peer gives, as one word; empty where the identity is no name."""
    if identity.id_type not in _NAMES:
        return ""
    return "_".join(identity.data[:_LONGEST].decode("ascii", "replace").split())

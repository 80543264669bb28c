"""A peer whose NAT gives it another address or port: it is followed, on the word of an authenticated packet only.

RFC 3947 §4 and RFC 3948 §2.1: the side that is reached through a mapping learns of a new one from a packet that
verifies (ESP with a good ICV, IKE with a good hash), and sends IKE and ESP there from then on.
"""

from dataclasses import replace

from mainmode.base.address import Endpoint, Path
from mainmode.ike.effects import MoveSa
from mainmode.ike.nat import FLOATED_PORT
from mainmode.ike.sa import IkeSa, Turn


def settle(sa: IkeSa, turn: Turn) -> None:
    """MM5 or MM6 was authenticated: the talk goes on along its path, where a NAT is in front of the peer or it floated.

    No hash covers ports. A peer without a NAT stays where it was: else a single MM5 with another port on it would send
    all answers, to repetitions too, where nobody listens.
    """
    path = turn.path
    if path is not None and (sa.nat.remote_behind or path.local.port != sa.path.local.port):
        sa.move(path)


def follow(sa: IkeSa, turn: Turn) -> None:
    """The message at hand was authenticated: its sender is where the peer is now, where a NAT is in front of it.

    A peer without one does not move: who held its message back and sends it from elsewhere gets nothing by that. Not
    back to port 500, once the talk moved on to 4500.
    """
    path = turn.path
    if path is None or path == sa.path or not sa.nat.remote_behind or not path.remote.port:
        return
    if sa.path.local.port == FLOATED_PORT != path.local.port:
        return
    sa.move(path)
    _take_along(sa, turn, path.remote)


def moved(sa: IkeSa, turn: Turn, remote: Endpoint) -> None:
    """ESP of this SA's peer verified and came from `remote`. Nothing changes where the peer is behind no NAT.

    Nor by ESP from port 0, as that of protocol 50 is told here: nothing could be sent there. Who held a packet of the
    peer back and sends it on so would silence the tunnel.
    """
    if not sa.nat.remote_behind or not remote.port:
        return
    if sa.path.remote != remote:
        sa.move(Path(sa.path.local, remote))
    _take_along(sa, turn, remote)


def _take_along(sa: IkeSa, turn: Turn, remote: Endpoint) -> None:
    for spi, child in sa.children.items():
        pair = child.pair
        if pair.udp_encapsulated and pair.path.remote != remote:
            path = Path(pair.path.local, remote)
            child.pair = replace(pair, path=path)
            turn.effects.append(MoveSa(spi, path))

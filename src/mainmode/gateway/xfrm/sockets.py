"""What the sockets of IKE need where the kernel does IPsec: a way past its policies, and ESP in UDP.

Sources: linux/in.h (IP_XFRM_POLICY), linux/udp.h (UDP_ENCAP, UDP_ENCAP_ESPINUDP), linux/xfrm.h.
"""

import socket
from ipaddress import IPv4Network

from mainmode.gateway.xfrm.layout import Direction, Selector
from mainmode.gateway.xfrm.policies import Policy, write_policy

_IP_XFRM_POLICY = 17
_UDP_ENCAP = 100
_ESP_IN_UDP = 2
_EVERYWHERE = IPv4Network("0.0.0.0/0")


def bypass(one: socket.socket) -> None:
    """What this socket sends and receives passes all policies in clear. Raises OSError; needs CAP_NET_ADMIN."""
    for direction in (Direction.IN, Direction.OUT):
        policy = Policy(Selector(_EVERYWHERE, _EVERYWHERE), direction, 0)
        one.setsockopt(socket.IPPROTO_IP, _IP_XFRM_POLICY, write_policy(policy))


def take_esp(one: socket.socket) -> None:
    """The kernel takes ESP out of the datagrams of this UDP socket (port 4500). Raises OSError."""
    one.setsockopt(socket.IPPROTO_UDP, _UDP_ENCAP, _ESP_IN_UDP)

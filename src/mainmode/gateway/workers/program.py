"""The program by which the kernel brings each packet to its worker: classic BPF (Linux socket filters, bpf(4)).

It looks at one address, which is placed or hashed as `share` says, so that IKE, ESP and ESP in UDP of a peer come to
the same worker, whatever NAT makes of the ports. For the UDP sockets of one port it answers with the number of the
socket (SO_ATTACH_REUSEPORT_CBPF; sockets count in the order in which they were bound); for a raw socket, of which each
worker has its own, with whether the packet is to be kept (SO_ATTACH_FILTER).
"""

import socket
import struct
from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mainmode.base.errors import InputError
from mainmode.gateway.workers.share import MULTIPLIER, SHIFT, Share

LONGEST = 4096
"""Instructions that the kernel takes (BPF_MAXINSNS)."""
_SO_ATTACH_FILTER, _SO_ATTACH_REUSEPORT_CBPF = 26, 51
_NETWORK_HEADER = 0x1_0000_0000 - 0x10_0000
"""SKF_NET_OFF: offsets from the IP header, where a UDP socket's program begins behind the UDP header."""
_SOURCE, _DESTINATION = 12, 16
_ICMP_HEADER = 8
_UNREACHABLE = 3
_LEAF = 16
"""Addresses that are compared one by one."""
_KEEP, _DROP = 0xFFFF_FFFF, 0
_LOAD, _LOAD_INDEXED, _LOAD_OCTET_INDEXED, _HEADER_LENGTH = 0x20, 0x40, 0x50, 0xB1
_EQUAL, _GREATER, _JUMP, _RETURN = 0x15, 0x25, 0x05, 0x06
_MULTIPLY, _SHIFT_RIGHT, _MODULO = 0x24, 0x74, 0x94


class Instruction(NamedTuple):
    """struct sock_filter: code, how far to jump where true and where false, and its number."""

    code: int
    true: int
    false: int
    number: int


Program = list[Instruction]


def choosing(share: Share) -> Program:
    """For the UDP sockets of a port: the number of the worker that has the source of the datagram."""
    return [_plain(_LOAD, _NETWORK_HEADER + _SOURCE), *_owner(share, lambda worker: worker)]


def keeping(share: Share) -> Program:
    """For this worker's own raw socket: whether it has the source of the packet."""
    return [_plain(_LOAD, _SOURCE), *_owner(share, lambda worker: _KEEP if worker == share.number else _DROP)]


def keeping_errors(share: Share) -> Program:
    """The same for ICMP: of an error it is the address to which the packet was sent that the error is about."""
    return [
        _plain(_HEADER_LENGTH, 0),
        _plain(_LOAD_OCTET_INDEXED, 0),
        Instruction(_EQUAL, 0, 2, _UNREACHABLE),
        _plain(_LOAD_INDEXED, _ICMP_HEADER + _DESTINATION),
        _plain(_JUMP, 1),
        _plain(_LOAD, _SOURCE),
        *_owner(share, lambda worker: _KEEP if worker == share.number else _DROP),
    ]


def choose_among(sockets: socket.socket, program: Program) -> None:
    """Bring datagrams to the sockets of this one's port by this program from here on. Raises OSError."""
    _attach(sockets, _SO_ATTACH_REUSEPORT_CBPF, program)


def keep_of(raw: socket.socket, program: Program) -> None:
    """Keep of what comes to this raw socket what the program says from here on. Raises OSError."""
    _attach(raw, _SO_ATTACH_FILTER, program)


def _attach(one: socket.socket, option: int, program: Program) -> None:
    octets = array("B", b"".join(struct.pack("=HBBI", *instruction) for instruction in program))
    place, _ = octets.buffer_info()
    one.setsockopt(socket.SOL_SOCKET, option, struct.pack("@HP", len(program), place))


def _owner(share: Share, answer: Callable[[int], int]) -> Program:
    """Answers for the address in the accumulator. Raises InputError where more are placed than a program holds."""
    placed = sorted(share.moved().items())
    hashing = [
        _plain(_MULTIPLY, MULTIPLIER),
        _plain(_SHIFT_RIGHT, SHIFT),
        _plain(_MODULO, share.count),
        *(Instruction(_EQUAL, 0, 1, worker) if odd == 0 else _plain(_RETURN, answer(worker))
          for worker in range(share.count) for odd in range(2)),
        _plain(_RETURN, _DROP),
    ]  # fmt: skip
    search = _search(placed, answer, 0)
    if len(search) + len(hashing) + 8 > LONGEST:
        raise InputError(
            f"{len(placed)} peers have to be placed, as their entries have further peers or access lists that overlap: "
            "more than the kernel's socket filters hold; start it without --workers"
        )
    return [*search, *hashing]


def _search(placed: Sequence[tuple[int, int]], answer: Callable[[int], int], behind: int) -> Program:
    """A binary search; who is not found goes on `behind` so many instructions after it."""
    if len(placed) <= _LEAF:
        return _leaf(placed, answer, behind)
    middle = len(placed) // 2
    upper = _search(placed[middle:], answer, behind)
    lower = _search(placed[:middle], answer, behind + len(upper))
    return [Instruction(_GREATER, 0, 1, placed[middle - 1][0]), _plain(_JUMP, len(lower)), *lower, *upper]


def _leaf(placed: Sequence[tuple[int, int]], answer: Callable[[int], int], behind: int) -> Program:
    """Compares, then the jump of who was not found, then the answers."""
    answers = sorted({worker for _, worker in placed})
    compares = [
        Instruction(_EQUAL, len(placed) - at + answers.index(worker), 0, address)
        for at, (address, worker) in enumerate(placed)
    ]
    returns = [_plain(_RETURN, answer(worker)) for worker in answers]
    return [*compares, _plain(_JUMP, len(returns) + behind), *returns] if placed else []


def _plain(code: int, number: int) -> Instruction:
    return Instruction(code, 0, 0, number)

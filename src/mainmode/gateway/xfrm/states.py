"""SAs in the kernel, which it calls states: what goes in, and what it reports of them.

Source: linux/xfrm.h (struct xfrm_usersa_info, xfrm_usersa_id, xfrm_encap_tmpl, xfrm_replay_state_esn).
"""

import socket
from dataclasses import field
from ipaddress import IPv4Address
from struct import Struct, pack

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.gateway.netlink.codec import attribute, attributes
from mainmode.gateway.xfrm.algorithms import write_algorithms
from mainmode.gateway.xfrm.layout import (
    ADDRESS_SIZE,
    ANYWHERE,
    CARRIED_SIZE,
    ID_SIZE,
    LIMITS_SIZE,
    NO_LIMITS,
    SELECTOR_SIZE,
    Attribute,
    Carried,
    KernelMode,
    Limits,
    SaId,
    Selector,
    fixed,
    read_address,
    read_id,
    read_selector,
    write_address,
    write_id,
    write_selector,
)
from mainmode.ipsec.dataplane import EspSuite, SaKeys

_TAIL = Struct("=IIIIIHBBB7x")
_BEFORE_TAIL = SELECTOR_SIZE + ID_SIZE + ADDRESS_SIZE + LIMITS_SIZE + CARRIED_SIZE
INFO_SIZE = _BEFORE_TAIL + _TAIL.size
"""Octets of struct xfrm_usersa_info."""

_NO_PMTU_DISCOVERY = 4
_ESP_IN_UDP = 2
_ENCAP = Struct("=H2s2s2x16s")
_ESN = Struct("=6I")
_REPLAY = Struct("=3I")
_SHORT_WINDOW = 32
_WORD = 32

_SEQUENCE_STEP = 1024
"""How far the sequence numbers of an SA that takes over jump, so that none of a packet under way is used twice."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The numbers of an SA: the last one sent, the highest one received, and the bitmap of those before it."""

    sent: int = 0
    received: int = 0
    seen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """One SA as it goes to the kernel. `window` is that of replay protection in packets, 0 for none.

    `encapsulation` are the UDP ports of source and destination. `clears_df`: the DF bit of an inner packet is not
    copied to the outer one. `carried` and `replay` stand where it carries on for another.
    """

    sa: SaId
    source: IPv4Address
    reqid: int
    mode: KernelMode
    suite: EspSuite
    keys: SaKeys = field(repr=False)
    window: int = 0
    limits: Limits = NO_LIMITS
    encapsulation: tuple[int, int] | None = None
    clears_df: bool = False
    carried: Carried | None = None
    replay: Replay | None = None


@dataclass(frozen=True, slots=True)
class StateReport:
    """What the kernel says of an SA; keys are not read. `last_used` in seconds since the epoch, None for never.

    `replays` are packets refused by number, `bad_icvs` those whose integrity check failed. `wanted` is the flow that
    asked for an SA that is not there yet: the kernel asks once in net.core.xfrm_acq_expires (30) seconds.
    """

    sa: SaId
    source: IPv4Address
    reqid: int
    mode: int
    limits: Limits
    carried: Carried
    replay: Replay
    replays: int = 0
    bad_icvs: int = 0
    last_used: int | None = None
    encapsulation: tuple[int, int] | None = None
    clears_df: bool = False
    wanted: Selector | None = None


def write_state(state: State) -> bytes:
    """The body of XFRM_MSG_NEWSA and XFRM_MSG_UPDSA. Raises UnknownSuiteError for a suite without words."""
    flags = _NO_PMTU_DISCOVERY if state.clears_df else 0
    long_window = state.window > _SHORT_WINDOW
    parts = [
        write_selector(None),
        write_id(state.sa),
        write_address(state.source),
        state.limits.encode(),
        bytes(CARRIED_SIZE),
        _TAIL.pack(
            *(0, 0, 0, 0, state.reqid, socket.AF_INET, state.mode),
            0 if long_window else state.window,
            flags,
        ),
        write_algorithms(state.suite, state.keys),
    ]
    if state.encapsulation is not None:
        source, destination = (port.to_bytes(2) for port in state.encapsulation)
        parts.append(attribute(Attribute.ENCAP, _ENCAP.pack(_ESP_IN_UDP, source, destination, bytes(ADDRESS_SIZE))))
    replay = state.replay or Replay()
    if long_window:
        words = -(-state.window // _WORD)
        numbers = (words, replay.sent, replay.received, 0, 0, state.window)
        seen = pack(f"={words}I", *(*replay.seen, *([0] * words))[:words]) if state.replay is not None else b""
        parts.append(attribute(Attribute.REPLAY_ESN, _ESN.pack(*numbers) + seen))
    elif state.replay is not None:
        parts.append(attribute(Attribute.REPLAY, _REPLAY.pack(replay.sent, replay.received, (*replay.seen, 0)[0])))
    if state.carried is not None:
        parts.append(attribute(Attribute.LIFETIME, state.carried.encode()))
    return b"".join(parts)


def succeeding(report: StateReport) -> Replay:
    """The numbers with which another SA carries on for the reported one."""
    sent = report.replay.sent
    return Replay(sent + _SEQUENCE_STEP if sent else 0, report.replay.received, report.replay.seen)


def write_state_id(sa: SaId) -> bytes:
    """struct xfrm_usersa_id: the body of XFRM_MSG_DELSA, and of XFRM_MSG_GETSA for one SA."""
    return pack("=16s4sHBx", write_address(sa.destination), sa.spi.to_bytes(4), socket.AF_INET, IpProtocol.ESP)


def any_state() -> bytes:
    """The body of XFRM_MSG_GETSA for all SAs of ESP."""
    return write_state_id(SaId(ANYWHERE, 0)) + attribute(Attribute.PROTOCOL, pack("=B", IpProtocol.ESP))


def read_state(body: bytes, start: int = 0) -> StateReport | None:
    """The SA of a message (struct xfrm_usersa_info at `start`); None for one of AH, IPComp or IPv6.

    Raises ValueError for a broken one.
    """
    numbers = fixed(_TAIL, body, start + _BEFORE_TAIL)
    too_old, again, bad_icvs, _, reqid, family, mode, _, flags = numbers
    at = start + SELECTOR_SIZE
    if family != socket.AF_INET or body[at + ID_SIZE - 4] != IpProtocol.ESP:
        return None
    limits = at + ID_SIZE + ADDRESS_SIZE
    found = attributes(body, start + INFO_SIZE)
    used = found.get(Attribute.LAST_USED)
    return StateReport(
        read_id(body, at),
        read_address(body, at + ID_SIZE),
        reqid,
        mode,
        Limits.decode(body, limits),
        Carried.decode(body, limits + LIMITS_SIZE),
        _replay(found),
        too_old + again,
        bad_icvs,
        fixed(Struct("=Q"), used)[0] if used is not None else None,
        _encapsulation(found),
        bool(flags & _NO_PMTU_DISCOVERY),
        read_selector(body, start) if read_id(body, at).spi == 0 else None,
    )


def _replay(found: dict[int, bytes]) -> Replay:
    esn = found.get(Attribute.REPLAY_ESN)
    if esn is not None:
        words, sent, received, _, _, _ = fixed(_ESN, esn)
        return Replay(sent, received, fixed(Struct(f"={min(words, 128)}I"), esn, _ESN.size))
    plain = found.get(Attribute.REPLAY)
    if plain is None:
        return Replay()
    sent, received, seen = fixed(_REPLAY, plain)
    return Replay(sent, received, (seen,))


def _encapsulation(found: dict[int, bytes]) -> tuple[int, int] | None:
    encap = found.get(Attribute.ENCAP)
    if encap is None:
        return None
    fixed(_ENCAP, encap)
    return int.from_bytes(encap[2:4]), int.from_bytes(encap[4:6])

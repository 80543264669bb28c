"""What people paste beside a debug: `show crypto isakmp sa` and `show crypto ipsec sa` of an ASA.

The first tells in which state an IKE SA hangs, the second what a tunnel carried in each direction. A record begins at
an SA's first row and takes the rows that belong to it.
"""

import re

from mainmode.base.address import Proxy
from mainmode.catalogue.dialects.asa_parts import MASKED_PROXY
from mainmode.catalogue.facts import (
    Carried,
    Fact,
    Phase,
    Proxies,
    State,
    Tag,
    Up,
    Whose,
)
from mainmode.catalogue.telling import role_of, waits_for
from mainmode.explain.dialect import Reading

_IKE = re.compile(r"[0-9]{1,6} +IKE Peer: ?(?P<peer>[^\s]{1,64})")
_IPSEC = re.compile(r"Crypto map tag: [^\s,]{1,64}, seq num: [0-9]{1,6}, local addr: ?(?P<local>\S{1,64})")
_ALONE = re.compile(
    r"IKEv[12] SAs:|(?:Active|Rekey) SA: [0-9]+(?: \(A tunnel will report .{0,80})?|Total IKE SA: [0-9]+"
    r"|There are no (?:IKEv[12] SAs|ipsec sas|isakmp sas)|IKEv2 SAs:|interface: [A-Za-z][\w./-]{0,64}"
    r"|(?:Session-id|Tunnel-id) +Local +Remote.{0,80}"
    r"|INFO: Number of sessions .{1,160} logged off : [0-9]+|INFO: There are presently no active sessions.{0,80}"
)
_IKE_ROW = re.compile(
    r"(?:Type|Role|Rekey|State|Encrypt|Hash|Auth|Lifetime|Lifetime Remaining|D-H Group|User)"
    r" *: ?\S.{0,120}"
)
_IPSEC_ROW = re.compile(
    r"access-list \S.{0,400}|(?:local|remote) +ident \(addr/mask/prot/port\): .{1,120}|current_peer:? .{1,80}"
    r"|#[A-Za-z][A-Za-z -]{0,40}: [0-9]+(?:, ?#?[A-Za-z][A-Za-z -]{0,44}: [0-9]+){0,6}"
    r"|local crypto endpt\.: .{1,120}|path mtu [0-9]+.{0,120}|current (?:in|out)bound spi ?: .{1,40}"
    r"|(?:in|out)bound (?:esp|ah|pcp) sas:|spi: 0x[0-9A-Fa-f]{1,8} ?\([0-9]+\)|SA State: \w{1,20}|transform: .{1,120}"
    r"|in use settings ?= ?\{.{0,160}|slot: [0-9]+, conn_id: .{1,120}|sa timing: .{1,120}|IV size: [0-9]+ bytes"
    r"|replay detection support: [YN].{0,80}|Anti replay bitmap:?|0x[0-9A-Fa-f]{8} 0x[0-9A-Fa-f]{8}"
    r"|PMTU time remaining.{1,160}|ICMP error validation: .{1,120}|TFC (?:rcv|packets|padding).{0,120}"
    r"|DF policy:? .{1,40}|Valid (?:ICMP|PMTU).{1,120}|dynamic allocated peer ip: .{1,64}|username: .{1,64}"
)
_VALUE = re.compile(r"(Type|Role|Rekey|State|Encrypt|Hash|Auth) *: ?([^\s:]{1,32})")
_IDENT = re.compile(r"(local|remote) +ident \(addr/mask/prot/port\): \(([^\s)]{1,100})\)")
_PEER = re.compile(r"current_peer:? ([^\s,]{1,64})")
_COUNT = re.compile(r"#pkts (encaps|decaps): ([0-9]{1,20})")


def begins(row: str) -> bool:
    """Whether a row begins what a show tells of one SA."""
    text = row.strip()
    return _IKE.fullmatch(text) is not None or _IPSEC.fullmatch(text) is not None


def is_next(first: str, row: str) -> bool:
    """Whether a row belongs to the SA that `first` began."""
    pattern = _IKE_ROW if _IKE.fullmatch(first.strip()) else _IPSEC_ROW
    return pattern.fullmatch(row.strip()) is not None


def read_show(text: str) -> Reading | None:
    """Read what a show tells of one SA, or one of its headings; None for anything else."""
    first, _, rest = text.strip().partition("\n")
    rows = [row.strip() for row in rest.split("\n") if row.strip()]
    ike, ipsec = _IKE.fullmatch(first.strip()), _IPSEC.fullmatch(first.strip())
    if ike is not None:
        return _ike(ike["peer"], rows) if all(map(_IKE_ROW.fullmatch, rows)) else None
    if ipsec is not None:
        return _ipsec(ipsec, rows) if all(map(_IPSEC_ROW.fullmatch, rows)) else None
    return Reading("SHOW_HEADING") if not rows and _ALONE.fullmatch(first.strip()) else None


def _ike(peer: str, rows: list[str]) -> Reading:
    values = {name: value for row in rows for name, value in _VALUE.findall(row)}
    name = values.get("State", "")
    facts: tuple[Fact, ...] = (State(name, waits_for(name)),) if name else ()
    if name in ("MM_ACTIVE", "AM_ACTIVE"):
        facts = (*facts, Up(Phase.ONE))
    return Reading("SHOW_IKE_SA", facts, Tag(peer=peer, role=role_of(values.get("Role", ""))), open=True)


def _ipsec(found: re.Match[str], rows: list[str]) -> Reading:
    text = "\n".join(rows)
    sides = {side: MASKED_PROXY.read(value) for side, value in _IDENT.findall(text)}
    own, peer = (side if isinstance(side, Proxy) else None for side in (sides.get("local"), sides.get("remote")))
    counts = {way: int(number) for way, number in _COUNT.findall(text)}
    partner = _PEER.search(text)
    facts: list[Fact] = []
    if own is not None and peer is not None:
        facts.append(Proxies(own, peer, Whose.OWN))
    if len(counts) == 2:
        facts.append(Carried(counts["encaps"], counts["decaps"], "packets"))
    tag = Tag(peer=partner[1] if partner else "", local=found["local"])
    return Reading("SHOW_IPSEC_SA", tuple(facts), tag, open=True)

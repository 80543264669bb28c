"""What people paste beside a router's debug: `show crypto isakmp sa` and `show crypto ipsec sa`.

The first has a row for each IKE SA: who answers, who began, and the state that it is in or hangs in. The second tells
what a tunnel carried; its record begins at the row that names the crypto map and takes the rows that belong to it.
"""

import re

from mainmode.base.address import Proxy
from mainmode.catalogue.dialects.asa_parts import MASKED_PROXY
from mainmode.catalogue.facts import Carried, Fact, Phase, Proxies, Role, State, Tag, Up, Whose
from mainmode.explain.dialect import Reading

_SPOT = r"[0-9x]{1,3}(?:\.[0-9A-Za-z]{1,3}){3}"
_ROW = re.compile(
    rf"(?P<dst>{_SPOT}) +(?P<src>{_SPOT}) +(?P<state>QM_IDLE|(?:MM|AG|OAK)_[A-Z_]{{2,24}}|CONF_[A-Z]{{2,12}})"
    r"(?: +[0-9]{1,10}){0,3}(?: +(?P<status>[A-Za-z][A-Za-z ()_-]{1,40}))?"
)
_WAITING = {
    "MM_NO_STATE": "MM2",
    "MM_SA_SETUP": "MM4",
    "MM_KEY_EXCH": "MM6",
    "AG_NO_STATE": "AM2",
    "AG_INIT_EXCH": "AM2",
}
"""What the one who began waits for in a state."""
_STANDS = frozenset({"QM_IDLE", "OAK_QM_IDLE"})
_ALONE = re.compile(
    r"IPv[46] Crypto I(?:SAKMP|KE) SA|(?:f_vrf/i_vrf +)?dst +src +state +.{0,60}|There are no (?:isakmp|ipsec) sas"
    r"|interface: [A-Za-z][\w./-]{0,64}|No SAs found"
)
_IPSEC = re.compile(r"Crypto map tag: [^\s,]{1,64}, local addr\.? (?P<local>\S{1,64})")
_IPSEC_ROW = re.compile(
    r"protected vrf: .{1,40}|(?:local|remote) +ident \(addr/mask/prot/port\): .{1,120}|current_peer:? .{1,80}"
    r"|PERMIT, flags=\{.{0,80}\}?|DENY, flags=\{.{0,80}|#[a-zA-Z][A-Za-z. -]{0,44}:? [0-9]+.{0,160}"
    r"|local crypto endpt\.: .{1,120}|(?:plaintext mtu|path mtu) [0-9]+.{0,120}"
    r"|current (?:in|out)bound spi ?: .{1,40}|PFS \(Y/N\): .{1,60}"
    r"|(?:in|out)bound (?:esp|ah|pcp) sas:|spi: 0x[0-9A-Fa-f]{1,8} ?\([0-9]+\)|transform: .{1,120}"
    r"|in use settings ?= ?\{.{0,160}|slot: [0-9]+, conn[_ ]id: .{1,120}|conn id: .{1,160}|sa timing: .{1,120}"
    r"|IV size: [0-9]+ bytes|replay detection support: [YN].{0,80}|Status: \w.{0,40}|Kilobyte Volume Rekey .{1,60}"
)
_IDENT = re.compile(r"(local|remote) +ident \(addr/mask/prot/port\): \(([^\s)]{1,100})\)")
_PEER = re.compile(r"current_peer:? ([^\s,]{1,64})")
_COUNT = re.compile(r"#pkts (encaps|decaps): ([0-9]{1,20})")


def begins(row: str) -> bool:
    """Whether a row begins what a show tells of one pair of IPsec SAs."""
    return _IPSEC.fullmatch(row.strip()) is not None


def is_next(row: str) -> bool:
    """Whether a row belongs to the pair that was begun."""
    return _IPSEC_ROW.fullmatch(row.strip(" \t,")) is not None


def read_show(text: str) -> Reading | None:
    """Read a row of the first show, a pair of the second, or a heading; None for anything else."""
    first, _, rest = text.strip().partition("\n")
    rows = [row.strip(" \t,") for row in rest.split("\n") if row.strip(" \t,")]
    found = _IPSEC.fullmatch(first.strip())
    if found is not None:
        return _ipsec(found, rows) if all(map(_IPSEC_ROW.fullmatch, rows)) else None
    if rows:
        return None
    row = _ROW.fullmatch(first.strip())
    if row is not None:
        return _ike(row)
    return Reading("SHOW_HEADING") if _ALONE.fullmatch(first.strip()) else None


def _ike(row: re.Match[str]) -> Reading:
    """The writer is taken for the one who began: who answers shows an SA of phase 1 seldom before it stands."""
    state = row["state"]
    facts: tuple[Fact, ...] = (State(state, _WAITING.get(state, "")),)
    if state in _STANDS and "deleted" not in (row["status"] or ""):
        facts = (*facts, Up(Phase.ONE))
    role = Role.INITIATOR if state in _WAITING else None
    return Reading("SHOW_IKE_SA", facts, Tag(peer=row["dst"], local=row["src"], role=role))


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
    name = partner[1].partition(":")[0] if partner else ""
    return Reading("SHOW_IPSEC_SA", tuple(facts), Tag(peer=name, local=found["local"].rstrip(",")), open=True)

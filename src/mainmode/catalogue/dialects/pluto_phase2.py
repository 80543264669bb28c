"""pluto: IPsec SAs, from what is proposed for them to their end, notifies, deletes, and dead peers."""

from dataclasses import replace

from mainmode.base.address import Proxy
from mainmode.catalogue import spelling
from mainmode.catalogue.dialects.parts import (
    ANY,
    LIST,
    NUMBER,
    WORD,
    first_selector,
    part,
    spi,
)
from mainmode.catalogue.dialects.pluto_parts import (
    BRACES,
    DRAWN,
    ESP_TRANSFORM,
    MORE,
    PROPOSALS,
    RUNS,
    STATE,
    US_THEM,
    Ends,
    established,
    role_of,
)
from mainmode.catalogue.dialects.pluto_phase1 import steps
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Exchange,
    Floated,
    Message,
    Offer,
    Phase,
    Proxies,
    Refused,
    Role,
    Spi,
    State,
    Symptom,
    Told,
    Up,
    Way,
    Whose,
)
from mainmode.catalogue.origins import RECALLED
from mainmode.catalogue.phrasebook import Values, says


def _proxies(own: Proxy | None, peer: Proxy | None, by: Whose) -> Facts:
    return (Proxies(own, peer, by),) if own or peer else ()


def _initiating(values: Values) -> Facts:
    group = values.get("group", "")
    group = "" if group.lower() in ("no-pfs", "none", "n/a") else spelling.group(group) if group else ""
    offers = tuple(
        Offer(Phase.TWO, Whose.OWN, replace(one, group=one.group or group), number)
        for number, one in enumerate(values.get("proposals", ()), 1)
    )
    return (Began(Phase.TWO, Role.INITIATOR, rekey="old" in values, exchange=Exchange.QUICK), *offers)


def _responding(values: Values) -> Facts:
    return (
        Began(Phase.TWO, Role.RESPONDER, exchange=Exchange.QUICK),
        Message(Way.RECEIVED, Exchange.QUICK, name="QM1"),
    )


def _spis(what: str) -> tuple[str, str]:
    """Inbound and outbound SPI of `ESP=>0xca1b8772 <0xaf6c20e5 …`."""
    outbound = inbound = ""
    for word in what.split():
        if "=>0x" in word and not outbound:
            outbound = _spi(word.partition("=>")[2])
        elif word.startswith("<0x") and not inbound:
            inbound = _spi(word[1:])
    return inbound, outbound


def _spi(text: str) -> str:
    try:
        return spi(text)
    except ValueError:
        return ""


def _up(values: Values) -> Facts:
    what = values.get("what", "")
    state = values.get("state", "")
    inbound, outbound = _spis(what)
    made = steps(state) if state == "STATE_QUICK_I2" else ()
    if state == "STATE_QUICK_R2":
        made = (Message(Way.RECEIVED, Exchange.QUICK, name="QM3"),)
    floated = (Floated(),) if "NAT=>" in what or "inUDP=>" in what else ()
    agreed = (Agreed(Phase.TWO, established(what)),) if "xfrm=" in what else ()
    return (*made, Up(Phase.TWO, role_of(state), inbound, outbound), *agreed, *floated)


def _installed(values: Values) -> Facts:
    inbound, outbound = _spis(values.get("what", ""))
    spis = (Spi(inbound, Whose.OWN), Spi(outbound, Whose.PEER)) if inbound and outbound else ()
    return (Message(Way.SENT, Exchange.QUICK, name="QM2"), State("STATE_QUICK_R1", "QM3"), *spis)


def _drawn(values: Values) -> Facts:
    ends: Ends = values["ends"]
    return _proxies(ends.own, ends.peer, Whose.PEER)


def _proposed(values: Values) -> Facts:
    return _proxies(first_selector(values["own"]), first_selector(values["peer"]), Whose.PEER)


_SHAPE = part("mode and policy", r"[^\s{}]{1,400}")
_SELECTOR = part("selector", r"[0-9A-Fa-f.:/%\[\]-]{2,120}")

SAYINGS = (
    says(
        "pluto.quick mode begins",
        "initiating Quick Mode {policy} {using isakmp#{parent} msgid:{id} proposal={proposals} pfsgroup={group}}",
        "initiating Quick Mode {policy} to replace #{old} {using isakmp#{parent} msgid:{id} proposal={proposals} "
        "pfsgroup={group}}",
        "initiating Quick Mode {policy} {using isakmp#{parent}}",
        "initiating Quick Mode {policy} to replace #{old} {using isakmp#{parent}}",
        "initiating Quick Mode {policy}",
        "initiating Quick Mode {rest}",
        origin=MORE,
        tells=_initiating,
        policy=_SHAPE,
        parent=NUMBER,
        id=part("message id", "[0-9A-Fa-f]{1,8}", lambda text: int(text, 16)),
        proposals=PROPOSALS,
        group=part("group", r"[^\s{}]{1,64}"),
        rest=LIST,
        old=NUMBER,
    ),
    says(
        "pluto.quick mode answered",
        "responding to Quick Mode proposal {msgid:{id}}",
        "responding to Quick Mode {msgid:{id}}",
        "responding to Quick Mode proposal {msgid:{id}} using ISAKMP SA {parent}",
        "responding to Quick Mode",
        origin=MORE,
        tells=_responding,
        parent=WORD,
        id=part("message id", "[0-9A-Fa-f]{1,8}", lambda text: int(text, 16)),
    ),
    says(
        "pluto.both sides",
        "us: {ends}",
        "them: {peer}",
        origin=MORE,
        tells=lambda values: _drawn(values) if "ends" in values else (),
        ends=US_THEM,
        peer=LIST,
    ),
    says(
        "pluto.peer proposed",
        "the peer proposed: {own} -<all>-> {peer}",
        "the peer proposed: {own} -> {peer}",
        "the peer proposed: {own} -{protocol}-> {peer}",
        "peer proposal was reject in a virtual connection policy: {rest}",
        origin=MORE,
        tells=lambda values: _proposed(values) if "own" in values else (),
        own=_SELECTOR,
        peer=_SELECTOR,
        protocol=WORD,
        rest=LIST,
    ),
    says(
        "pluto.no connection for selectors",
        "cannot respond to IPsec SA request because no connection is known for {ends}",
        origin=RUNS,
        tells=lambda values: (Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO), *_drawn(values)),
        ends=DRAWN,
    ),
    says(
        "pluto.selectors refused",
        "peer client ID {rest}",
        "our client ID {rest}",
        "IDci {rest}",
        "ID in message does not {rest}",
        "our client ID returned doesn't match my proposal",
        "peer client ID returned doesn't match my proposal",
        origin=RECALLED,
        tells=Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO),
        rest=LIST,
    ),
    says(
        "pluto.PFS missing",
        "we require PFS but Quick I1 SA specifies no GROUP_DESCRIPTION",
        "we require PFS but {rest}",
        origin=MORE,
        tells=(Told(Symptom.PFS_MISSING, Phase.TWO), Refused(Phase.TWO, "pfs", "none")),
        rest=LIST,
    ),
    says(
        "pluto.PFS unwanted",
        "missing KE in {rest}",
        "KE without GROUP_DESCRIPTION {rest}",
        "Quick I1 SA requires PFS but {rest}",
        "peer proposed PFS {rest}",
        "OAKLEY_GROUP {rest} not supported for PFS",
        origin=RECALLED,
        tells=Told(Symptom.PFS_UNWANTED, Phase.TWO),
        rest=ANY,
    ),
    says(
        "pluto.no proposal",
        "no acceptable Proposal in IPsec SA",
        "no acceptable ESP transform",
        "proposal refused",
        origin=RECALLED,
        tells=(Refused(Phase.TWO, everything=True), Told(Symptom.PROPOSAL_REFUSED, Phase.TWO)),
    ),
    says(
        "pluto.ESP transform refused",
        "ESP IPsec Transform [{offered}] refused",
        "ESP IPsec Transform [{offered}] refused due to {reason}",
        "IPsec Transform [{offered}] refused",
        "IPsec Transform [{offered}] refused due to {reason}",
        "IPSec Transform [{offered}] refused due to {reason}",
        "AH IPsec Transform [{offered}] refused",
        origin=RECALLED,
        tells=lambda values: (Offer(Phase.TWO, Whose.PEER, values["offered"]),),
        offered=ESP_TRANSFORM,
        reason=ANY,
    ),
    says(
        "pluto.ESP refused",
        "{protocol} transform {rest} not supported",
        "You should NOT use insecure ESP algorithms {rest}",
        "kernel algorithm does not like: {rest}",
        "unsupported {rest}",
        "esp_ealg_id={rest}",
        origin=RECALLED,
        protocol=WORD,
        rest=ANY,
        more=LIST,
    ),
    says(
        "pluto.child established",
        "IPsec SA established {mode} mode {{what}}",
        "IPsec SA established {mode} mode",
        "IPsec SA established {{what}}",
        "{state}: IPsec SA established {mode} mode {{what}}",
        "{state}: IPsec SA established {{what}}",
        "{state}: IPsec SA established",
        "{state}: sent {sent}, IPsec SA established {mode} mode {{what}}",
        "{state}: sent {sent}, IPsec SA established {{what}}",
        "{state}: sent {sent}, IPsec SA established",
        "{state}: sent {sent}, IPsec SA established {rest}",
        "{state}: IPsec SA established {rest}",
        "IPsec SA established {rest}",
        origin=MORE,
        tells=_up,
        mode=WORD,
        what=BRACES,
        state=STATE,
        sent=WORD,
        rest=LIST,
    ),
    says(
        "pluto.inbound installed",
        "sent Quick Mode reply, inbound IPsec SA installed, expecting confirmation {mode} mode {{what}}",
        "sent Quick Mode reply, inbound IPsec SA installed, expecting confirmation",
        "{state}: sent {sent}, inbound IPsec SA installed, expecting {answer} {mode} mode {{what}}",
        "{state}: sent {sent}, inbound IPsec SA installed, expecting {answer} {{what}}",
        "{state}: sent {sent}, inbound IPsec SA installed, expecting {answer}",
        origin=MORE,
        tells=_installed,
        mode=WORD,
        what=BRACES,
        state=STATE,
        sent=WORD,
        answer=WORD,
    ),
)
"""Every saying about phase 2, notifies and endings."""

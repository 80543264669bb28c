"""pluto: the IKE SA from its first message to the point where it stands, and why it does not."""

from mainmode.catalogue.dialects.parts import LIST, NAME, NUMBER, QUOTED, SPOT, WORD, part
from mainmode.catalogue.dialects.pluto_parts import (
    BRACES,
    FORUM,
    MORE,
    RUNS,
    STATE,
    established,
    exchange_of,
    phase_of,
    role_of,
    sent_in,
    waits_for,
)
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Configured,
    Exchange,
    Fact,
    GaveUp,
    Group,
    Identity,
    Message,
    Phase,
    Role,
    State,
    Symptom,
    Told,
    Up,
    Way,
    Whose,
)
from mainmode.catalogue.origins import RECALLED
from mainmode.catalogue.phrasebook import Values, says

_BEFORE = {"MM2": "MM1", "MM3": "MM2", "MM4": "MM3", "MM5": "MM4", "MM6": "MM5", "QM2": "QM1", "QM3": "QM2"}
"""The message that was received before this one was sent."""
_BEFORE |= {"AM2": "AM1", "AM3": "AM2"}


def steps(state: str, *, first: bool = True) -> tuple[Fact, ...]:
    """The messages that coming into a state tells of: what was received, then what was sent.

    `first` is False where the beginning line has told of the first message received.
    """
    sent = sent_in(state)
    exchange = exchange_of(state)
    found: list[Fact] = []
    before = _BEFORE.get(sent)
    if before and (first or before not in ("MM1", "AM1", "QM1")):
        found.append(Message(Way.RECEIVED, exchange, name=before))
    if sent:
        found.append(Message(Way.SENT, exchange, name=sent))
    return tuple(found)


_MODES = {"Main": "MAIN", "Aggressive": "AGGR", "Quick": "QUICK"}


def state_of(mode: str, place: str) -> str:
    """`Main`, `I2` → STATE_MAIN_I2."""
    return f"STATE_{_MODES.get(mode, mode.upper())}_{place}"


def _began(values: Values) -> Facts:
    mode = values.get("mode", "v2")
    return (Began(Phase.ONE, Role.INITIATOR, exchange=exchange_of(mode), name=values.get("name", "")),)


def _asked(values: Values) -> Facts:
    exchange = exchange_of(values.get("mode", "v2"))
    first = {Exchange.MAIN: "MM1", Exchange.AGGRESSIVE: "AM1"}.get(exchange or Exchange.IKEV2, "")
    return (Began(Phase.ONE, Role.RESPONDER, exchange=exchange), Message(Way.RECEIVED, exchange, name=first))


def _entered(values: Values) -> Facts:
    state = values["state"]
    return (*steps(state, first=False), State(state, waits_for(state)))


def _sent(values: Values) -> Facts:
    state = state_of(values["mode"], values.get("place", "I1"))
    return (*steps(state, first=False), State(state, waits_for(state)))


def _up(values: Values) -> Facts:
    state = values.get("state", "")
    made = steps(state) if state else ()
    if state == "STATE_MAIN_I4":
        made = (Message(Way.RECEIVED, Exchange.MAIN, name="MM6"),)
    elif state == "STATE_AGGR_R2":
        made = (Message(Way.RECEIVED, Exchange.AGGRESSIVE, name="AM3"),)
    return (*made, Up(Phase.ONE, role_of(state)), Agreed(Phase.ONE, established(values.get("what", ""))))


def _again(values: Values) -> Facts:
    state = values["state"]
    return (
        Message(Way.SENT, exchange_of(state), again=True, name=sent_in(state)),
        State(state, waits_for(state)),
    )


def _gave_up(values: Values) -> Facts:
    state = values["state"]
    phase = phase_of(state)
    lost = (Told(Symptom.NO_RESPONSE, phase),) if sent_in(state) in ("MM1", "AM1") else ()
    return (GaveUp(phase, waits_for(state), timeout=True), *lost)


def _identity(values: Values) -> Facts:
    value, kind = str(values["value"]), str(values["kind"]).removeprefix("ID_")
    kinds = {"IPV4_ADDR": "address", "IPV6_ADDR": "address", "USER_FQDN": "user FQDN"}
    kinds |= {"DER_ASN1_DN": "DN", "KEY_ID": "key id"}
    return (Identity(Whose.PEER, kinds.get(kind, kind), value),)


MODE = part("mode", "Main|Aggressive")
IDENTITY_KIND = part("identity's kind", "[A-Z0-9_%a-z]{1,40}")

SAYINGS = (
    says(
        "pluto.initiating",
        "initiating {mode} Mode",
        "initiating IKEv1 {mode} Mode connection",
        "initiating IKEv1 {mode} Mode connection to replace #{old}",
        "initiating {mode} Mode to replace #{old}",
        'initiating {mode} Mode #{old}, connection "{name}"',
        "initiating v2 parent SA",
        "initiating v2 parent SA to replace #{old}",
        "initiating IKEv2 connection",
        "initiating IKEv2 connection to replace #{old}",
        "initiating IKEv2 IKE SA",
        "initiating IKEv2 connection to {rest}",
        "initiating IKEv1 {mode} Mode connection to {rest}",
        origin=MORE,
        tells=_began,
        mode=MODE,
        old=NUMBER,
        name=QUOTED,
        rest=LIST,
    ),
    says(
        "pluto.responding",
        "responding to {mode} Mode",
        "responding to {mode} Mode from unknown peer {peer}",
        "responding to {mode} Mode from unknown peer {peer} on port {port}",
        'responding to {mode} Mode, state #{number}, connection "{name}" from {peer}',
        "responding to {mode} Mode, state #{number}, connection {name} from {peer}",
        "proposal {rest} chosen from remote proposals {more}",
        origin=MORE,
        tells=lambda values: _asked(values) if "mode" in values else (),
        mode=MODE,
        peer=SPOT,
        port=NUMBER,
        number=NUMBER,
        name=QUOTED,
        rest=WORD,
        more=LIST,
    ),
    says(
        "pluto.state",
        "{state}: initiate",
        "{state}: sent {sent}, expecting {answer}",
        "{state}: sent {sent}",
        origin=FORUM.but("further states recalled"),
        tells=_entered,
        state=STATE,
        sent=WORD,
        answer=WORD,
    ),
    says(
        "pluto.transition",
        "transition from state {before} to state {state}",
        origin=RECALLED,
        tells=lambda values: (State(values["state"], waits_for(values["state"])),),
        before=STATE,
        state=STATE,
    ),
    says(
        "pluto.sent",
        "sent {mode} Mode request",
        "sent {mode} Mode request, replacing #{old}",
        "sent {mode} Mode request, to replace #{old}",
        "sent {mode} Mode {place}",
        "sent {mode} Mode request to {peer}",
        origin=MORE,
        tells=_sent,
        mode=part("mode", "Main|Aggressive|Quick"),
        place=part("place", "[IR][1-3]"),
        old=NUMBER,
        peer=SPOT,
    ),
    says(
        "pluto.sent aggressive response",
        "sent Aggressive Mode response, expecting confirmation",
        origin=RUNS,
        tells=(Message(Way.SENT, Exchange.AGGRESSIVE, name="AM2"), State("STATE_AGGR_R1", "AM3")),
    ),
    says(
        "pluto.established",
        "IKE SA established {{what}}",
        "ISAKMP SA established {{what}}",
        "ISAKMP SA established",
        "sent {sent}, ISAKMP SA established",
        "sent {sent}, ISAKMP SA established {{what}}",
        "{state}: ISAKMP SA established {{what}}",
        "{state}: ISAKMP SA established",
        "{state}: sent {sent}, ISAKMP SA established {{what}}",
        "{state}: sent {sent}, ISAKMP SA established",
        "{state}: IKE SA established {{what}}",
        "{state}: sent {sent}, IKE SA established {{what}}",
        origin=MORE,
        tells=_up,
        state=STATE,
        sent=WORD,
        what=BRACES,
    ),
    says(
        "pluto.established v2",
        "{state}: received v2I2, PARENT SA established {rest}",
        "{state}: PARENT SA established {rest}",
        "{state}: v2 {rest}",
        "established IKE SA; {rest}",
        "established IKE SA{rest}",
        "initiator established IKE SA; {rest}",
        "responder established IKE SA; {rest}",
        "sent IKE_SA_INIT {rest}",
        "sent IKE_AUTH {rest}",
        "sent v2I1, expected v2R1",
        "processed IKE_SA_INIT {rest}",
        "processing decrypted IKE_AUTH {rest}",
        "local IKE proposals ({rest}",
        "local ESP/AH proposals ({rest}",
        "local proposals ({rest}",
        "authenticated using {rest}",
        "authenticated peer {rest}",
        "initiator established Child SA {rest}",
        "responder established Child SA {rest}",
        "negotiated connection {rest}",
        origin=RECALLED,
        tells=Began(Phase.ONE, exchange=Exchange.IKEV2),
        state=STATE,
        rest=LIST,
    ),
    says(
        "pluto.retransmission",
        "{state}: retransmission; will wait {time} seconds for response",
        "{state}: retransmission; will wait {time} for response",
        "{state}: retransmission; will wait {time}",
        origin=MORE,
        tells=_again,
        state=STATE,
        time=WORD,
    ),
    says(
        "pluto.gave up",
        "max number of retransmissions ({number}) reached {state}. {rest}",
        "max number of retransmissions ({number}) reached {state}",
        "{state}: max number of retransmissions ({number}) reached. {rest}",
        "{state}: {time} second timeout exceeded after {number} retransmits. {rest}",
        "{state}: {time} second timeout exceeded after {number} retransmits",
        origin=MORE,
        tells=_gave_up,
        number=NUMBER,
        state=STATE,
        time=WORD,
        rest=LIST,
    ),
    says(
        "pluto.incomplete",
        "deleting incomplete state after {seconds} seconds",
        "deleting incomplete state after {seconds}s",
        origin=MORE,
        tells=GaveUp(Phase.ONE, timeout=True),
        seconds=WORD,
    ),
    says(
        "pluto.attempt",
        "starting keying attempt {number} of {rest}",
        "not yet time to retry {rest}",
        "retransmission; already {rest}",
        origin=MORE,
        number=NUMBER,
        rest=LIST,
    ),
    says(
        "pluto.identity",
        "Peer ID is {kind}: '{value}'",
        "{mode} mode peer ID is {kind}: '{value}'",
        "IKEv2 mode peer ID is {kind}: '{value}'",
        "IKEv2 mode peer ID is {kind}: {value}",
        origin=MORE,
        tells=_identity,
        kind=IDENTITY_KIND,
        mode=WORD,
        value=QUOTED,
    ),
    says(
        "pluto.switched",
        'switched from "{old}" to "{name}"',
        'switched from "{old}"[{one}] {peer} to "{name}"',
        'switched from "{old}"[{one}] {peer} to "{name}"[{two}] {there}',
        'switched to "{name}"',
        'switched to "{name}"[{two}] {there}',
        origin=RECALLED,
        tells=lambda values: (Group(values["name"]),),
        old=NAME,
        name=NAME,
        one=NUMBER,
        two=NUMBER,
        peer=SPOT,
        there=SPOT,
    ),
    says(
        "pluto.loaded",
        "added IKEv1 connection",
        "added connection description",
        'added connection description "{name}"',
        "added unoriented IKEv1 connection",
        origin=MORE,
        tells=lambda values: (Configured(values.get("name", "")),),
        name=QUOTED,
    ),
    says(
        "pluto.loaded v2",
        "added IKEv2 connection",
        "added unoriented IKEv2 connection",
        origin=MORE,
        tells=Configured("", Exchange.IKEV2),
    ),
    says(
        "pluto.aggressive weak",
        "IKEv1 Aggressive Mode with PSK is vulnerable to dictionary attacks and is cracked on large scale by TLA's",
        "Aggressive mode with PSK is vulnerable to dictionary attacks and is cracked on large scale by TLA's",
        "sending INITIAL_CONTACT",
        "STATE_AGGR_R0: new state created",
        "multiple transforms were set in aggressive mode. Only first one used.",
        "transform ({transform}) ignored.",
        origin=MORE,
        transform=WORD,
    ),
)
"""Every saying about phase 1."""

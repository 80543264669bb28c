"""charon: the IKE SA from its first message to the point where it stands, and why it does not."""

from mainmode.catalogue.dialects.charon_parts import END, MORE, PROPOSAL, PROPOSALS, RUNS, SA_NAME, phase_of
from mainmode.catalogue.dialects.parts import ANY, LIST, NUMBER, QUOTED, SPOT, WORD, identity_kind
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Configured,
    Exchange,
    Group,
    Identity,
    LifetimeChanged,
    NatFound,
    Offer,
    Phase,
    Refused,
    Role,
    Symptom,
    Timer,
    Told,
    Up,
    Whose,
)
from mainmode.catalogue.origins import RECALLED
from mainmode.catalogue.phrasebook import Values, says
from mainmode.catalogue.suites import refusals

_MODES = {"Main": Exchange.MAIN, "Aggressive": Exchange.AGGRESSIVE}


def _identity(whose: Whose, value: str) -> Facts:
    value = value.strip("'\"")
    return (Identity(whose, identity_kind(value), value),) if value and value != "%any" else ()


def _established(values: Values) -> Facts:
    return (
        Up(Phase.ONE),
        *_identity(Whose.OWN, values["own"].identity),
        *_identity(Whose.PEER, values["peer"].identity),
    )


def _offers(whose: Whose, values: Values) -> Facts:
    found = values["proposals"]
    return tuple(Offer(phase_of(found), whose, one, number) for number, one in enumerate(found[:64], 1))


def _both(values: Values) -> Facts:
    """Both lists in one record: what was received, what is configured, and in what they differ."""
    received, configured = values["received"], values["configured"]
    phase = phase_of(received or configured)
    return (
        *_offers(Whose.PEER, {"proposals": received}),
        *_offers(Whose.OWN, {"proposals": configured}),
        *refusals(phase, received, configured),
    )


def _began(role: Role, values: Values) -> Facts:
    exchange = _MODES.get(values.get("mode", ""), Exchange.IKEV2)
    return (Began(Phase.ONE, role, name=values.get("name", ""), exchange=exchange),)


def _wrong_mode(values: Values) -> Facts:
    """In main mode keys are what nearly all are configured for: another method tells of itself, a key of the mode."""
    method = values["method"].lower()
    if values["mode"] == "Main" and "pre-shared" not in method and "psk" not in method:
        return (Refused(Phase.ONE, "authentication", values["method"], everything=True),)
    refused = Symptom.AGGRESSIVE_REFUSED if values["mode"] == "Aggressive" else Symptom.MAIN_REFUSED
    return (Told(refused, Phase.ONE, f"no matching configuration allows {values['method']}"),)


SAYINGS = (
    says(
        "charon.initiating",
        "initiating {mode} Mode IKE_SA {name}[{number}] to {peer}",
        "initiating IKE_SA {name}[{number}] to {peer}",
        "initiating IKE_SA to {peer}",
        origin=MORE,
        tells=lambda values: _began(Role.INITIATOR, values),
        mode=WORD,
        name=SA_NAME,
        number=NUMBER,
        peer=SPOT,
    ),
    says(
        "charon.is initiating",
        "{peer} is initiating a {mode} Mode IKE_SA",
        "{peer} is initiating an {mode} Mode IKE_SA",
        "{peer} is initiating an IKE_SA",
        origin=MORE,
        tells=lambda values: _began(Role.RESPONDER, values),
        mode=WORD,
        peer=SPOT,
    ),
    says(
        "charon.reauthenticating",
        "initiator did not reauthenticate as requested",
        "reauthenticating IKE_SA {name}[{number}]",
        "reauthenticating IKE_SA {name}[{number}] actively",
        "initiating rekeying of IKE_SA {name}[{number}]",
        "detected reauth of existing IKE_SA, adopting {rest}",
        "detected rekeying of IKE_SA {name}[{number}]",
        "schedule delete of duplicate IKE_SA {rest}",
        "adopting CHILD_SA {rest}",
        "IKE_SA {name}[{number}] rekeyed between {own}...{peer}",
        origin=RECALLED,
        name=SA_NAME,
        number=NUMBER,
        own=END,
        peer=END,
        rest=LIST,
    ),
    says(
        "charon.established",
        "IKE_SA {name}[{number}] established between {own}...{peer}",
        origin=RUNS,
        tells=_established,
        name=SA_NAME,
        number=NUMBER,
        own=END,
        peer=END,
    ),
    says(
        "charon.agreed",
        "selected proposal: {proposal}",
        origin=RUNS,
        tells=lambda values: (Agreed(phase_of((values["proposal"],)), values["proposal"]),),
        proposal=PROPOSAL,
    ),
    says(
        "charon.received proposals",
        "received proposals: {proposals}",
        origin=RUNS,
        tells=lambda values: _offers(Whose.PEER, values),
        proposals=PROPOSALS,
    ),
    says(
        "charon.configured proposals",
        "configured proposals: {proposals}",
        origin=RUNS,
        tells=lambda values: _offers(Whose.OWN, values),
        proposals=PROPOSALS,
    ),
    says(
        "charon.both proposals",
        "received proposals: {received}\nconfigured proposals: {configured}",
        origin=RUNS,
        tells=_both,
        received=PROPOSALS,
        configured=PROPOSALS,
    ),
    says(
        "charon.no proposal",
        "no proposal found",
        "no proposal found, sending NO_PROPOSAL_CHOSEN",
        origin=MORE,
        tells=Refused(Phase.ONE, everything=True),
    ),
    says(
        "charon.proposals unacceptable",
        "received proposals inacceptable",
        "received proposals unacceptable",
        origin=RECALLED,
        tells=Refused(Phase.ONE, everything=True),
    ),
    says(
        "charon.no IKE config",
        "no IKE config found for {own}...{peer}, sending NO_PROPOSAL_CHOSEN",
        "no IKE config found for {own}...{peer}",
        origin=MORE,
        tells=Told(Symptom.NO_TUNNEL_GROUP, Phase.ONE),
        own=SPOT,
        peer=SPOT,
    ),
    says(
        "charon.looking for a peer",
        "looking for {method} peer configs matching {own}...{peer}",
        "looking for peer configs matching {own}...{peer}",
        origin=MORE,
        tells=lambda values: (
            *_identity(Whose.OWN, values["own"].identity),
            *_identity(Whose.PEER, values["peer"].identity),
        ),
        method=ANY,
        own=END,
        peer=END,
    ),
    says(
        "charon.selected peer",
        'selected peer config "{name}"',
        'selected peer config "{name}" inacceptable: {reason}',
        'selected peer config "{name}" unacceptable: {reason}',
        'switching to peer config "{name}"',
        "selected peer config '{name}'",
        "selected peer config '{name}' inacceptable: {reason}",
        "selected peer config '{name}' unacceptable: {reason}",
        "switching to peer config '{name}'",
        origin=MORE,
        tells=lambda values: (
            (Told(Symptom.IDENTITY_MISMATCH, Phase.ONE, values["reason"][:120]),)
            if "reason" in values
            else (Group(values["name"]),)
        ),
        name=QUOTED,
        reason=ANY,
    ),
    says(
        "charon.no peer config",
        "no peer config found",
        "no matching peer config found",
        "no alternative config found",
        "peer config mismatch",
        origin=MORE,
        tells=Told(Symptom.IDENTITY_MISMATCH, Phase.ONE),
    ),
    says(
        "charon.wrong mode",
        "found {number} matching config, but none allows {method} authentication using {mode} Mode",
        "found {number} matching configs, but none allows {method} authentication using {mode} Mode",
        origin=MORE,
        tells=_wrong_mode,
        number=NUMBER,
        method=ANY,
        mode=WORD,
    ),
    says(
        "charon.aggressive disabled",
        "Aggressive Mode PSK disabled for security reasons",
        "Aggressive Mode PSK is not allowed for security reasons",
        origin=RECALLED,
        tells=Told(Symptom.AGGRESSIVE_REFUSED, Phase.ONE),
    ),
    says(
        "charon.no key",
        "no shared key found for '{own}'[{here}] - '{peer}'[{there}]",
        "no shared key found for '{own}' - '{peer}'",
        "no shared key found for {here} - {there}",
        "no shared key found",
        "no PSK found for {here} - {there}",
        "no EAP key found for hosts '{own}' - '{peer}'",
        "no XAuth secret found for '{own}' - '{peer}'",
        origin=RECALLED,
        tells=lambda values: (
            Told(Symptom.KEY_MISSING, Phase.ONE, str(values.get("peer") or values.get("there", ""))[:80]),
        ),
        own=QUOTED,
        peer=QUOTED,
        here=ANY,
        there=ANY,
    ),
    says(
        "charon.hash differs",
        "calculated HASH does not match HASH payload",
        "tried {count} shared keys for '{own}' - '{peer}', but MAC mismatched",
        "tried {count} shared key for '{own}' - '{peer}', but MAC mismatched",
        "HASH payload missing in message",
        "calculated HASH_{kind} does not match",
        origin=MORE,
        tells=Told(Symptom.KEY_WRONG, Phase.ONE),
        count=NUMBER,
        own=QUOTED,
        peer=QUOTED,
        kind=WORD,
    ),
    says(
        "charon.identity differs",
        "IDir '{found}' does not match to '{expected}'",
        "IDii '{found}' does not match to '{expected}'",
        "constraint check failed: identity '{expected}' required",
        "constraint check failed: identity '{expected}' required, not matched by '{found}'",
        "identity '{found}' not confirmed by certificate, defaulting to '{expected}'",
        "peer ID '{found}' does not match {rest}",
        origin=RECALLED,
        tells=lambda values: (
            *_identity(Whose.PEER, values.get("found", "")),
            Told(
                Symptom.IDENTITY_MISMATCH, Phase.ONE, f"expected {values['expected']}" if "expected" in values else ""
            ),
        ),
        found=QUOTED,
        expected=QUOTED,
        rest=LIST,
    ),
    says(
        "charon.group differs",
        "DH group {offered} inacceptable, requesting {wanted}",
        "DH group {offered} unacceptable, requesting {wanted}",
        "peer didn't accept DH group {offered}, it requested {wanted}",
        "peer didn't accept key exchange method {offered}, it requested {wanted}",
        "DH group inacceptable",
        "no shared DH group",
        "requested DH group {offered} not acceptable",
        "negotiated DH group not supported",
        "negotiated DH group {offered} not supported",
        "setting DH public value failed",
        "applying DH public value failed",
        "KE payload missing in message",
        "KE payload missing",
        origin=RECALLED,
        tells=Told(Symptom.DH_GROUP, Phase.ONE),
        offered=WORD,
        wanted=WORD,
    ),
    says(
        "charon.rekey timer",
        "scheduling rekeying in {seconds}s",
        "scheduling reauthentication in {seconds}s",
        "received AUTH_LIFETIME of {seconds}s, scheduling reauthentication in {again}s",
        "received AUTH_LIFETIME of {seconds}s, reauthentication already scheduled in {again}s",
        origin=MORE,
        tells=lambda values: (Timer("rekey", Phase.ONE, values["seconds"]),),
        seconds=NUMBER,
        again=NUMBER,
    ),
    says(
        "charon.lifetime of peer",
        "received lifetime {theirs}s does not match configured lifetime {ours}s",
        origin=RECALLED,
        tells=lambda values: (LifetimeChanged(Phase.ONE, values["ours"], values["theirs"], by=Whose.PEER),),
        theirs=NUMBER,
        ours=NUMBER,
    ),
    says(
        "charon.cannot go on",
        "configuration uses unsupported authentication",
        "negotiated authentication method {method} not supported",
        "key derivation for {method} failed",
        "received {method} authentication, but configured {rest}",
        "cancelling {mode} Mode due to uniqueness policy",
        "{mode} Mode authorization hook forbids IKE_SA, cancelling",
        "peer requested EAP, config inacceptable",
        "peer requested EAP, config unacceptable",
        "configured DH group {rest} not supported",
        origin=RECALLED,
        tells=lambda values: (Told(Symptom.CONFIGURATION, Phase.ONE, str(values.get("method", ""))[:80]),),
        method=ANY,
        mode=WORD,
        rest=ANY,
    ),
    says(
        "charon.lifetime",
        "maximum IKE_SA lifetime {seconds}s",
        origin=RUNS,
        tells=lambda values: (Timer("lifetime", Phase.ONE, values["seconds"]),),
        seconds=NUMBER,
    ),
    says(
        "charon.behind NAT here",
        "local host is behind NAT, sending keep alives",
        "local host is behind NAT",
        "faking NAT situation to enforce UDP encapsulation",
        origin=MORE,
        tells=NatFound(own=True),
    ),
    says("charon.behind NAT there", "remote host is behind NAT", origin=RUNS, tells=NatFound(peer=True)),
    says("charon.keep alive", "sending keep alive to {peer}", "sending keep alive", origin=RECALLED, peer=SPOT),
    says(
        "charon.endpoint",
        "local endpoint changed from {old} to {new}",
        "remote endpoint changed from {old} to {new}",
        "NAT mappings changed, {rest}",
        "NAT mappings of CHILD_SA {rest}",
        "DPD not supported by peer, disabled",
        "peer supports MOBIKE",
        "peer supports MOBIKE, but disabled in config",
        "MOBIKE support disabled",
        "path probing {rest}",
        origin=MORE,
        old=SPOT,
        new=SPOT,
        rest=LIST,
    ),
    says(
        "charon.loaded connection",
        "added vici connection: {name}",
        "updated vici connection: {name}",
        "added configuration '{name}'",
        "received stroke: add connection '{name}'",
        'added child to existing configuration "{name}"',
        "added child to existing configuration '{name}'",
        origin=MORE,
        tells=lambda values: (Configured(values["name"]),),
        name=QUOTED,
    ),
    says(
        "charon.key loaded",
        "loaded IKE shared key with id '{name}' for: {ends}",
        "loaded IKE shared key for: {ends}",
        "loaded IKE secret for {ends}",
        origin=MORE,
        tells=lambda values: (Configured(values.get("name", ""), ends=_ends(values["ends"])),),
        name=QUOTED,
        ends=LIST,
    ),
    says(
        "charon.addresses configured",
        "remote_addrs = {ends}",
        "right={ends}",
        origin=MORE,
        tells=lambda values: (Configured("", ends=_ends(values["ends"])),),
        ends=LIST,
    ),
    says(
        "charon.version configured",
        "version = {number}",
        "keyexchange={word}",
        "aggressive = {flag}",
        origin=MORE,
        tells=lambda values: _configured(values),
        number=NUMBER,
        word=WORD,
        flag=WORD,
    ),
    says(
        "charon.xauth",
        "XAuth authentication of '{name}' successful",
        "XAuth authentication of '{name}' failed",
        "XAuth authentication of '{name}' (myself) successful",
        "XAuth authentication failed",
        "no XAuth method found",
        "no XAuth method found for '{name}'",
        "loaded XAuth method {rest}",
        "destroying IKE_SA after failed XAuth authentication",
        "peer requested XAuth authentication, {rest}",
        "peer requested virtual IP {rest}",
        "assigning virtual IP {rest}",
        "assigning new lease to {rest}",
        "reassigning {rest}",
        "installing new virtual IP {rest}",
        "no virtual IP found for {rest}",
        "no virtual IP found, sending {rest}",
        "installing DNS server {rest}",
        "handling {name} attribute failed",
        "processing {name} attribute",
        "building {name} attribute",
        "acquiring {rest}",
        "sending {name} Mode Config {rest}",
        origin=RECALLED,
        tells=lambda values: (Told(Symptom.XAUTH, Phase.ONE),),
        name=QUOTED,
        rest=LIST,
    ),
)
"""Every saying about phase 1."""


def _ends(text: str) -> tuple[str, ...]:
    """`'10.0.0.1', '10.0.0.2'` or `10.0.0.1 10.0.0.2`; wildcards are none."""
    words = (one.strip("'\"") for one in text.replace(",", " ").split()[:32])
    return tuple(one for one in words if one and not one.startswith("%"))


def _configured(values: Values) -> Facts:
    if values.get("number") == 2 or values.get("word") == "ikev2":
        return (Configured("", Exchange.IKEV2),)
    if values.get("number") == 1 or values.get("word") == "ikev1":
        return (Configured("", Exchange.MAIN),)
    if values.get("flag") in ("1", "yes"):
        return (Configured("", Exchange.AGGRESSIVE),)
    return ()

"""pluto: why an IKE SA does not come to be."""

from mainmode.catalogue import spelling
from mainmode.catalogue.dialects.parts import ANY, LIST, NUMBER, QUOTED, SPOT, WORD, identity_kind, part
from mainmode.catalogue.dialects.pluto_parts import (
    MORE,
    TRANSFORM,
    exchange_of,
)
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Exchange,
    Identity,
    LifetimeChanged,
    Message,
    Offer,
    Phase,
    Refused,
    Symptom,
    Told,
    Way,
    Whose,
)
from mainmode.catalogue.origins import RECALLED
from mainmode.catalogue.phrasebook import Values, says


def _authorised(values: Values) -> Facts:
    exchange = exchange_of(values["mode"])
    name = {Exchange.MAIN: "MM1", Exchange.AGGRESSIVE: "AM1"}.get(exchange or Exchange.IKEV2, "")
    told = (
        Message(Way.RECEIVED, exchange, name=name),
        Told(Symptom.NO_TUNNEL_GROUP, Phase.ONE, str(values.get("policy", ""))[:120]),
    )
    if exchange is Exchange.AGGRESSIVE:
        return (*told, Told(Symptom.AGGRESSIVE_REFUSED, Phase.ONE))
    return told


_ATTRIBUTES = {
    "OAKLEY_ENCRYPTION_ALGORITHM": "encryption",
    "OAKLEY_HASH_ALGORITHM": "hash",
    "OAKLEY_GROUP_DESCRIPTION": "group",
    "OAKLEY_AUTHENTICATION_METHOD": "authentication",
    "OAKLEY_KEY_LENGTH": "key length",
    "OAKLEY_LIFE_DURATION": "lifetime",
}


def _attribute(values: Values) -> Facts:
    attribute = _ATTRIBUTES.get(values["attribute"], "")
    spelled = {
        "encryption": spelling.encryption,
        "hash": spelling.integrity,
        "group": spelling.group,
        "authentication": spelling.authentication,
    }.get(attribute, str)
    return (Refused(Phase.ONE, attribute, spelled(values["what"])),) if attribute else ()


def _differs(values: Values) -> Facts:
    found = values.get("found", "")
    expected = f"expected {values['expected']}" if "expected" in values else ""
    named = (Identity(Whose.PEER, identity_kind(found), found),) if found else ()
    return (*named, Told(Symptom.IDENTITY_MISMATCH, Phase.ONE, expected))


MODE = part("mode", "Main|Aggressive")


SAYINGS = (
    says(
        "pluto.no connection",
        "initial {mode} Mode message received but no connection has been authorized with {policy}",
        "initial {mode} Mode message received on {spot} but no connection has been authorized with {policy}",
        "initial {mode} Mode message received on {spot} but no connection has been authorized",
        "initial {mode} Mode message received but no connection has been authorized",
        "initial {mode} Mode message from {peer} but no (wildcard) connection has been configured with {policy}",
        "initial {mode} Mode message from {peer} but no (wildcard) connection has been configured",
        "initial {mode} Mode message received but no (wildcard) connection has been configured with {policy}",
        "initial {mode} Mode message received on {spot} but no (wildcard) connection has been configured with {policy}",
        "initial {mode} Mode message from {peer} but no connection has been authorized with {policy}",
        "initial {mode} Mode message received on {spot} but no suitable connection found with {policy}",
        "initial {mode} Mode message received on {spot} but {policy} forbids connection",
        "initial {mode} Mode message received but {policy} forbids connection",
        "initial {mode} Mode packet claiming to be from {policy} on {peer} but no connection has been authorized",
        origin=MORE,
        tells=_authorised,
        mode=MODE,
        policy=ANY,
        spot=SPOT,
        peer=SPOT,
    ),
    says(
        "pluto.version",
        "ignoring IKEv1 packet as policy is set to silently drop all IKEv1 packets",
        "rejecting IKEv1 packet as policy is set to reject all IKEv1 packets",
        "rejecting IKEv1 packet {rest}",
        "dropping IKEv1 packet {rest}",
        "dropping {exchange} message, IKEv1 {rest}",
        "initial parent SA message received on {spot} but no connection has been authorized with policy={policy}",
        "initial parent SA message received on {spot} but no suitable connection found with IKEv2 policy {rest}",
        "initial parent SA message received on {spot} but no suitable connection found with IKEv2 policy",
        "{exchange} request on {spot} but no suitable connection found with IKEv2 policy {rest}",
        "{exchange} message received on {spot} but no suitable connection found with IKEv2 policy {rest}",
        "{exchange} message received on {spot} but no suitable connection found with IKEv2 policy",
        "{exchange} request received on {spot} but no connection has been authorized with policy {rest}",
        "no connection found with IKEv2 policy {rest}",
        "IKEv2 {rest} not allowed",
        "peer requested IKEv2 {rest}",
        "peer attempted IKEv2 {rest}",
        "major version number {number} not supported",
        "IKE major version {number} not supported",
        "received IKEv2 {rest} but IKEv2 is disabled",
        "ignoring IKEv1 packet as policy is set to {rest}",
        "ignoring IKEv1 packet as global policy is set to {rest}",
        "dropping IKE packet with unsupported version {rest}",
        origin=RECALLED,
        tells=Told(Symptom.IKE_VERSION, Phase.ONE),
        spot=SPOT,
        policy=ANY,
        exchange=WORD,
        number=WORD,
        rest=LIST,
    ),
    says(
        "pluto.transform refused",
        "Oakley Transform [{offered}] refused",
        "Oakley Transform [{offered}] refused due to {reason}",
        origin=MORE,
        tells=lambda values: (Offer(Phase.ONE, Whose.PEER, values["offered"]),),
        offered=TRANSFORM,
        reason=ANY,
    ),
    says(
        "pluto.attribute refused",
        "{what} is not supported. Attribute {attribute}",
        "{what} not supported. Attribute {attribute}",
        "only {what} supported. Attribute {attribute}",
        "policy does not allow {what} authentication. Attribute {attribute}",
        "policy mandates {what} authentication. Attribute {attribute}",
        "peer wants {what}. Attribute {attribute}",
        origin=RECALLED,
        tells=_attribute,
        what=ANY,
        attribute=WORD,
    ),
    says(
        "pluto.lifetime too long",
        "peer requested {theirs} seconds which exceeds our limit {ours} seconds. Attribute {attribute}",
        "peer requested {theirs} seconds which exceeds our limit {ours} seconds",
        origin=RECALLED,
        tells=lambda values: (LifetimeChanged(Phase.ONE, values["theirs"], values["ours"]),),
        theirs=NUMBER,
        ours=NUMBER,
        attribute=ANY,
    ),
    says(
        "pluto.no key",
        "Can't authenticate: no preshared key found for `{own}' and `{peer}'. Attribute {attribute}",
        "Can't authenticate: no preshared key found for `{own}' and `{peer}'",
        "Can't authenticate: no preshared key found for '{own}' and '{peer}'. Attribute {attribute}",
        "Can't authenticate: no preshared key found for '{own}' and '{peer}'",
        "no PreShared Key: can't authenticate {rest}",
        "Can't find PSK for {rest}",
        "authentication failed: no preshared key found {rest}",
        origin=MORE,
        tells=lambda values: (Told(Symptom.KEY_MISSING, Phase.ONE, str(values.get("peer", ""))[:80]),),
        own=QUOTED,
        peer=QUOTED,
        attribute=WORD,
        rest=LIST,
    ),
    says(
        "pluto.keys ambiguous",
        "multiple ipsec.secrets entries with distinct secrets match endpoints: first secret used",
        "multiple DER_ASN1_DN secrets match endpoints {rest}",
        origin=RECALLED,
        tells=Told(Symptom.CONFIGURATION, Phase.ONE, "several keys fit the peer, the first is used"),
        rest=LIST,
    ),
    says(
        "pluto.no transform",
        "no acceptable Oakley Transform",
        "no acceptable Proposal in ISAKMP SA",
        "no acceptable Oakley transform found",
        origin=MORE,
        tells=Refused(Phase.ONE, everything=True),
    ),
    says(
        "pluto.key wrong",
        "probable authentication failure (mismatch of preshared secrets?): {rest}",
        "byte {number} of ISAKMP Identification Payload {rest}",
        "next payload type of ISAKMP Identification Payload has an unknown value: {value}",
        "next payload type of ISAKMP Identification Payload has an unknown value: {value} ({rest}",
        "{number}-byte length of ISAKMP Identification Payload {rest}",
        "length of ISAKMP Identification Payload {rest}",
        "ISAKMP Identification Payload {rest}",
        "received Hash Payload does not match computed value",
        "received 'Hash Payload' does not match computed value",
        "authentication failed: computed hash does not match received hash {rest}",
        origin=MORE,
        tells=Told(Symptom.KEY_WRONG, Phase.ONE),
        number=NUMBER,
        value=WORD,
        rest=LIST,
    ),
    says(
        "pluto.identity differs",
        "we require peer to have ID '{expected}', but peer declares '{found}'",
        "we require {version} peer to have ID '{expected}', but peer declares '{found}'",
        "Peer ID '{found}' mismatched on first found connection and no better connection found",
        "Peer ID '{found}' is not specified on the connection {rest}",
        "no suitable connection for peer '{found}'",
        "no suitable connection for {found}",
        "no more suitable connection found {rest}",
        "peer's ID '{found}' {rest}",
        origin=MORE,
        tells=_differs,
        expected=QUOTED,
        found=QUOTED,
        version=WORD,
        rest=LIST,
    ),
    says(
        "pluto.certificate trouble",
        "X509: Certificate rejected for this connection",
        "X509: CERT payload {rest}",
        "X509: {rest}",
        "X.509 certificate rejected",
        "X.509 certificate {rest}",
        "certificate verify failed{rest}",
        "Certificate {rest} failed {more}",
        "Certificate {rest} failed verification",
        "certificate subjectAltName {rest}",
        "issuer cacert not found",
        "NSS: {rest}",
        "unable to locate my private key for {rest}",
        "no RSA public key known for '{who}'",
        "no RSA public key known for '{who}'; {rest}",
        "no {method} public key known for '{who}'",
        "end certificate with identical subject and issuer not accepted",
        "Bad CRL {rest}",
        "no crl from issuer {rest}",
        origin=RECALLED,
        tells=Told(Symptom.CERTIFICATE, Phase.ONE),
        rest=ANY,
        more=ANY,
        who=QUOTED,
        method=WORD,
    ),
    says(
        "pluto.signature",
        "Signature check (on {who}) failed {rest}",
        "Signature check (on {who}) failed",
        "signature check failed {rest}",
        "{method} authentication of {rest} failed",
        origin=RECALLED,
        tells=Told(Symptom.SIGNATURE, Phase.ONE),
        who=ANY,
        method=WORD,
        rest=ANY,
    ),
)
"""Every refusal in phase 1."""

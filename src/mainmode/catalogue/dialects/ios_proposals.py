"""IOS: proposals checked, attribute by attribute, and what became of them.

Each attribute is a line of its own, so each tells an `Offer` with one field of a `Suite`; the line that begins a
transform has the offer's number. Together the offers up to the next number are one: `explain.offers` puts them
together. A refused attribute is no failure as long as another policy fits.
"""

from mainmode.catalogue import spelling
from mainmode.catalogue.dialects.ios_parts import (
    ADDRESS,
    NUMBER,
    PHRASE,
    VPI,
    WORD,
    mode_of,
    recalled,
    shown,
)
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Agreed,
    Offer,
    Phase,
    Refused,
    Suite,
    Symptom,
    Told,
    Whose,
)
from mainmode.catalogue.phrasebook import Values

_MODES = {1: "Tunnel", 2: "Transport", 3: "Tunnel-UDP", 4: "Transport-UDP", 61443: "Tunnel-UDP", 61444: "Transport-UDP"}


def _one(suite: Suite, number: int | None = None) -> Facts:
    return (Offer(Phase.ONE, Whose.PEER, suite, number),)


def _two(suite: Suite, number: int | None = None) -> Facts:
    return (Offer(Phase.TWO, Whose.PEER, suite, number),)


def _transform(values: Values) -> Facts:
    name = str(values["name"])
    protocol = "AH" if name.upper().startswith("AH") else "ESP"
    if protocol == "AH":
        return _two(Suite(integrity=spelling.integrity(name[3:]), protocol="AH"), values["number"])
    return _two(Suite(encryption=spelling.encryption(name), protocol="ESP"), values["number"])


def _authentication(values: Values) -> Facts:
    name = str(values["name"])
    return _one(Suite(authentication=spelling.authentication(name)))


PHASE_1 = (
    shown(
        "transform checked",
        "Checking ISAKMP transform {number} against priority {priority} policy",
        "Checking ISAKMP transfor {number} against priority {priority} policy",
        "Checking ISAKMP transform {number} against priority {priority}",
        tells=lambda values: _one(Suite(), values["number"]),
        number=NUMBER,
        priority=NUMBER,
    ),
    shown(
        "encryption",
        "encryption {name}",
        "encryption {name} {more}",
        tells=lambda values: _one(Suite(encryption=spelling.encryption(values["name"]))),
        name=WORD,
        more=PHRASE,
    ),
    shown(
        "key length",
        "keylength of {bits}",
        "key length of {bits}",
        tells=lambda values: _one(Suite(encryption=f"AES-{values['bits']}")),
        bits=NUMBER,
    ),
    shown(
        "hash",
        "hash {name}",
        tells=lambda values: _one(Suite(integrity=spelling.integrity(values["name"]))),
        name=WORD,
    ),
    shown(
        "group",
        "default group {name}",
        tells=lambda values: _one(Suite(group=spelling.group(values["name"]))),
        name=WORD,
    ),
    shown("authentication", "auth {name}", "auth {name} {more}", tells=_authentication, name=WORD, more=PHRASE),
    shown(
        "lifetime",
        "life duration (basic) of {seconds}",
        "life duration (VPI) of {octets}",
        "life duration (VPI) of {octets} ({seconds})",
        tells=lambda values: _one(Suite(seconds=values["octets"] if "octets" in values else values["seconds"])),
        seconds=NUMBER,
        octets=VPI,
    ),
    shown(
        "unit of a lifetime",
        "life type in seconds",
        "life type in kilobytes",
        "SA life type in seconds",
        "SA life type in kilobytes",
        "attributes in transform",
        "Unknown Attr: {more}",
        "Unknown Attr {more}",
        more=PHRASE,
    ),
    shown(
        "acceptable",
        "atts are acceptable. Next payload is {next}",
        "attrs are acceptable. Next payload is {next}",
        tells=Agreed(Phase.ONE),
        next=NUMBER,
    ),
    shown("acceptable as such", "atts are acceptable", "attrs are acceptable"),
    shown(
        "not acceptable",
        "Found matching IKE policy {next}",
        "atts are not acceptable. Next payload is {next}",
        "attrs are not acceptable. Next payload is {next}",
        "atts are NOT acceptable. Next payload is {next}",
        "atts are not acceptable",
        "atts not acceptable. Next payload is {next}",
        next=NUMBER,
    ),
    shown(
        "encryption refused",
        "Encryption algorithm offered does not match policy",
        "Encryption algorithm offered does not match policy{more}",
        tells=Refused(Phase.ONE, "encryption"),
        more=PHRASE,
    ),
    shown(
        "key length refused",
        "Proposed key length does not match policy",
        "Proposed key length does not match policy{more}",
        tells=Refused(Phase.ONE, "key length"),
        more=PHRASE,
    ),
    shown(
        "hash refused",
        "Hash algorithm offered does not match policy",
        "Hash algorithm offered does not match policy{more}",
        tells=Refused(Phase.ONE, "hash"),
        more=PHRASE,
    ),
    shown(
        "group refused",
        "Diffie-Hellman group offered does not match policy",
        "Diffie-Hellman group offered does not match policy{more}",
        "Diffie-Hellman group {offered} offered does not match policy",
        tells=Refused(Phase.ONE, "group"),
        more=PHRASE,
        offered=WORD,
    ),
    recalled(
        "authentication refused",
        "Authentication method offered does not match policy",
        "Authentication method offered does not match policy{more}",
        "Xauth authentication by pre-shared key offered but does not match policy",
        "Xauth authentication by RSA offered but does not match policy",
        "{how} authentication offered but does not match policy",
        tells=Refused(Phase.ONE, "authentication"),
        more=PHRASE,
        how=PHRASE,
    ),
    recalled(
        "pre-shared key refused",
        "Preshared authentication offered but does not match policy",
        "Preshared authentication offered but does not match policy{more}",
        tells=Refused(Phase.ONE, "authentication", offered="pre-shared key"),
        more=PHRASE,
    ),
    recalled(
        "signature refused",
        "RSA signature authentication offered but does not match policy",
        "RSA signature authentication offered but does not match policy{more}",
        tells=Refused(Phase.ONE, "authentication", offered="RSA signature"),
        more=PHRASE,
    ),
    recalled(
        "lifetime refused",
        "Lifetime duration offered does not match policy",
        "lifetime of {number} seconds offered does not match policy",
        tells=Refused(Phase.ONE, "lifetime"),
        number=NUMBER,
    ),
    shown(
        "all refused",
        "no offers accepted",
        "No offers accepted",
        "no offers accepted! phase 1 SA policy not acceptable! (local {own} remote {peer})",
        "phase 1 SA policy not acceptable! (local {own} remote {peer})",
        "phase 1 SA policy not acceptable",
        "phase 1 SA not acceptable",
        "SA not acceptable",
        "phase 1 SA policy not acceptable {more}",
        "SA negotiation failed - {more}",
        "SA negotiation failed",
        tells=Refused(Phase.ONE, everything=True),
        own=ADDRESS,
        peer=ADDRESS,
        more=PHRASE,
    ),
)

PHASE_2 = (
    shown(
        "IPsec proposal checked",
        "Checking IPSec proposal {number}",
        "Checking IPsec proposal {number}",
        number=NUMBER,
    ),
    shown(
        "transform",
        "transform {number}, {name}",
        tells=_transform,
        number=NUMBER,
        name=WORD,
    ),
    shown(
        "mode",
        "encaps is {number} ({name})",
        "encaps is {number}",
        tells=lambda values: _two(Suite(mode=mode_of(values.get("name") or _MODES.get(values["number"], "")))),
        number=NUMBER,
        name=PHRASE,
    ),
    shown(
        "SA lifetime",
        "SA life duration (basic) of {seconds}",
        "SA life duration (VPI) of {octets}",
        tells=lambda values: _two(
            Suite(seconds=values["seconds"]) if "seconds" in values else Suite(kilobytes=values["octets"])
        ),
        seconds=NUMBER,
        octets=VPI,
    ),
    shown(
        "authenticator",
        "authenticator is {name}",
        tells=lambda values: _two(Suite(integrity=spelling.integrity(values["name"]))),
        name=WORD,
    ),
    shown(
        "SA key length",
        "key length is {bits}",
        tells=lambda values: _two(Suite(encryption=f"AES-{values['bits']}")),
        bits=NUMBER,
    ),
    shown(
        "PFS group",
        "group is {name}",
        tells=lambda values: _two(Suite(group=spelling.group(values["name"]))),
        name=WORD,
    ),
    shown(
        "IPsec policy refused",
        "IPSec policy invalidated proposal with error {number}",
        "IPSec policy invalidated proposal",
        tells=lambda values: _INVALIDATED.get(
            values.get("number"),
            (Told(Symptom.CATCH_ALL, Phase.TWO, f"error {values.get('number', '')}".removesuffix(" ")),),
        ),
        number=NUMBER,
    ),
    shown(
        "all refused in phase 2",
        "phase 2 SA policy not acceptable! (local {own} remote {peer})",
        "phase 2 SA policy not acceptable",
        "phase 2 SA not acceptable",
        "phase 2 SA not acceptable! (local {own} remote {peer})",
        "SA not acceptable! (phase 2)",
        "IPSec SA not acceptable",
        tells=Refused(Phase.TWO, everything=True),
        own=ADDRESS,
        peer=ADDRESS,
    ),
)
_INVALIDATED: dict[int | None, Facts] = {
    8: (Told(Symptom.MAP_NOT_BOUND, Phase.TWO, "error 8"),),
    32: (Told(Symptom.ACL_MISMATCH, Phase.TWO, "error 32"),),
    64: (Told(Symptom.WRONG_PEER_FOR_ENTRY, Phase.TWO, "error 64"),),
    256: (Told(Symptom.PROPOSAL_REFUSED, Phase.TWO, "error 256"),),
}
"""What is known of the numbers: public cases show 8 after `invalid local address`, 32 after `proxy identities not
supported`, 64 after `peer address not found`, 256 after `transform proposal not supported`."""

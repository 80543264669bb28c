"""What pluto (Libreswan, Openswan) writes inside its lines: states, algorithms, ends of a connection."""

import re
from typing import NamedTuple

from mainmode.base.address import Proxy
from mainmode.catalogue import spelling
from mainmode.catalogue.dialects.parts import part, selector
from mainmode.catalogue.entry import Certainty
from mainmode.catalogue.facts import Exchange, Phase, Role, Suite
from mainmode.catalogue.origins import Origin

RUNS = Origin(Certainty.ATTESTED, "logs of Libreswan pluto 4.10 against itself and strongSwan charon 5.9.8")
FORUM = Origin(Certainty.ATTESTED, "public logs: Openswan against a Cisco VPN 3000 and a Meraki MX, ipsec auto --up")
MORE = RUNS.but("spellings of other releases and of Openswan recalled")

STATE = part(
    "state", "(?:STATE_)?(?:MAIN|AGGR|QUICK|XAUTH|MODE_CFG|INFO|V2|PARENT|IKE|UNDEFINED|MODECFG)[A-Z0-9_]{0,32}"
)

_WAITS = {
    "MAIN_I1": "MM2",
    "MAIN_I2": "MM4",
    "MAIN_I3": "MM6",
    "MAIN_R1": "MM3",
    "MAIN_R2": "MM5",
    "AGGR_I1": "AM2",
    "AGGR_R1": "AM3",
    "QUICK_I1": "QM2",
    "QUICK_R1": "QM3",
}
_SENT = {
    "MAIN_I1": "MM1",
    "MAIN_I2": "MM3",
    "MAIN_I3": "MM5",
    "MAIN_R1": "MM2",
    "MAIN_R2": "MM4",
    "MAIN_R3": "MM6",
    "AGGR_I1": "AM1",
    "AGGR_I2": "AM3",
    "AGGR_R1": "AM2",
    "QUICK_I1": "QM1",
    "QUICK_I2": "QM3",
    "QUICK_R1": "QM2",
}
_STANDS = frozenset({"MAIN_I4", "MAIN_R3", "AGGR_I2", "AGGR_R2", "QUICK_I2", "QUICK_R2"})


def waits_for(state: str) -> str:
    """The message that a state waits for; empty where none is known."""
    return _WAITS.get(state.removeprefix("STATE_"), "")


def sent_in(state: str) -> str:
    """The message that was sent on the way into a state; empty where none is known."""
    return _SENT.get(state.removeprefix("STATE_"), "")


def stands(state: str) -> bool:
    """Whether the SA stands in this state."""
    return state.removeprefix("STATE_") in _STANDS


def phase_of(state: str) -> Phase:
    """Which SA a state belongs to."""
    return Phase.TWO if "QUICK" in state else Phase.ONE


def role_of(state: str) -> Role | None:
    """STATE_MAIN_I2 → the initiator."""
    found = re.search(r"_([IR])[0-9]$", state)
    return None if found is None else Role.INITIATOR if found[1] == "I" else Role.RESPONDER


def exchange_of(state: str) -> Exchange | None:
    """The exchange that a state, or the name of a mode, belongs to."""
    upper = state.upper()
    for word, exchange in (
        ("MAIN", Exchange.MAIN),
        ("AGGR", Exchange.AGGRESSIVE),
        ("QUICK", Exchange.QUICK),
        ("V2", Exchange.IKEV2),
        ("PARENT", Exchange.IKEV2),
        ("XAUTH", Exchange.TRANSACTION),
        ("MODE_CFG", Exchange.TRANSACTION),
        ("INFO", Exchange.INFORMATIONAL),
    ):
        if word in upper:
            return exchange
    return None


_NUMBERED = re.compile(r"\([0-9]{1,5}\)")


def cipher(text: str) -> str:
    """`AES_CBC_128`, `aes_256`, `oakley_3des_cbc_192`, `AES(12)_256`, `AES_CBC (128)`."""
    sized = re.fullmatch(r"(.+?)[ _]\(?0*([0-9]{3})\)?", text)
    if sized is not None and "DES" not in text.upper():
        return spelling.encryption(sized[1], int(sized[2]) or None)
    return spelling.encryption(_NUMBERED.sub("", text).removesuffix("_0").removesuffix("_000").removesuffix("_192"))


def _xfrm(text: str) -> Suite:
    """`AES_CBC_128-HMAC_SHA1_96`, `AES_128-HMAC_SHA1`, `3DES_0-HMAC_MD5`, `AES_CBC_256-HMAC_SHA2_256_128-MODP2048`."""
    bare = _NUMBERED.sub("", text)
    first, *others = bare.split("-")
    integrity = group = ""
    for one in others:
        if re.match(r"(?:OAKLEY_GROUP_)?(?:MODP|DH|ECP)[_0-9]", one):
            group = spelling.group(one)
        elif not integrity and one not in ("NONE", "ENABLED+DISABLED", "DISABLED", "ENABLED"):
            integrity = spelling.integrity(re.sub(r"_0+$", "", one))
    return Suite(cipher(first), integrity, group)


def several(text: str) -> tuple[Suite, ...]:
    """A list of proposals behind `proposal=`; `defaults` names none."""
    if text.startswith("default"):
        return ()
    return tuple(_xfrm(one.strip()) for one in text.split(",")[:64] if one.strip())


def established(text: str) -> Suite:
    """Inside of the braces of an established SA: `auth=… cipher=… integ=… group=…` or `ESP=>… <… xfrm=…`."""
    said = dict(one.split("=", 1) for one in text.split() if "=" in one and not one.startswith(("ESP=", "AH=")))
    if "xfrm" in said:
        found = _xfrm(said["xfrm"])
        mode = "UDP " if "inUDP" in text or "/NAT" in text else ""
        return Suite(
            found.encryption, found.integrity, mode=f"{mode}tunnel", protocol="AH" if "AH=>" in text else "ESP"
        )
    return Suite(
        cipher(said["cipher"]) if "cipher" in said else "",
        spelling.integrity(said.get("integ", said.get("prf", ""))),
        spelling.group(said["group"]) if "group" in said else "",
        spelling.authentication(said["auth"]) if "auth" in said else "",
        protocol="IKE",
    )


def transform(text: str) -> Suite:
    """`AES_CBC (128), HMAC_SHA1, MODP2048` or `OAKLEY_AES_CBC (256), OAKLEY_SHA1, OAKLEY_GROUP_MODP1024`."""
    names = [one.strip() for one in text.split(",")]
    names += [""] * (3 - len(names))
    return Suite(
        cipher(names[0]), spelling.integrity(names[1]), spelling.group(names[2]) if names[2] else "", protocol="IKE"
    )


def esp_transform(text: str) -> Suite:
    """`AES_CBC (256), HMAC_SHA1` or `ESP_AES (128), AUTH_ALGORITHM_HMAC_SHA1`."""
    names = [one.strip() for one in text.split(",")]
    first = names[0].removeprefix("ESP_")
    return Suite(cipher(first), spelling.integrity(names[1]) if len(names) > 1 else "", protocol="ESP")


class Ends(NamedTuple):
    """A connection as pluto draws it: `192.168.2.0/24===10.0.0.2<…>[@id]...10.0.0.1===192.168.1.0/24`."""

    own: Proxy | None
    own_address: str
    peer_address: str
    peer: Proxy | None


_IN_BRACKETS = re.compile(r"<[^<>]{0,200}>|\[[^\[\]]{0,200}\]|---[^=.\s]{0,64}(?:\.[0-9]{1,3}){0,3}")


def _half(text: str) -> tuple[Proxy | None, str]:
    """A side's network and host, in either order; a host alone is its own network."""
    bare = _IN_BRACKETS.sub("", text)
    network, host = "", ""
    for one in bare.split("==="):
        words = one.split()
        if words and "/" in words[0]:
            network = words[0]
        elif words:
            host = words[0].partition(":")[0]
    if not network:
        return (selector(host) if host else None), host
    return selector(network), host


def ends(text: str) -> Ends:
    """Both sides of a drawn connection."""
    mine, _, theirs = text.partition("...")
    own, own_address = _half(mine)
    peer, peer_address = _half(theirs)
    return Ends(own, own_address, peer_address, peer)


def us_them(text: str) -> Ends:
    """`192.168.2.0/24===10.0.0.2 them: 10.0.0.1===192.168.1.0/24`, either side alone as well."""
    mine, _, theirs = text.partition("them:")
    own, own_address = _half(mine.removeprefix("us:"))
    peer, peer_address = _half(theirs)
    return Ends(own, own_address, peer_address, peer)


DRAWN = part("ends of a connection", r"[^\n]{1,600}", ends)
US_THEM = part("both sides", r"[^\n]{1,600}", us_them)
BRACES = part("what was agreed", r"[^{}\n]{0,400}")
PROPOSALS = part("proposals", r"[^\s{}]{1,1000}(?: ?, ?[^\s{}]{1,200}){0,32}", several)
ESP_TRANSFORM = part("transform of ESP", r"[^\[\]\n]{1,200}", esp_transform)
TRANSFORM = part("transform", r"[^\[\]\n]{1,200}", transform)

"""What charon (strongSwan) writes inside its lines: proposals, payload lists, ends of an IKE SA."""

import re
from typing import NamedTuple

from mainmode.catalogue import spelling
from mainmode.catalogue.dialects.parts import Spot, part
from mainmode.catalogue.entry import Certainty
from mainmode.catalogue.facts import Phase, Suite
from mainmode.catalogue.origins import Origin
from mainmode.catalogue.suites import SEPARATOR

RUNS = Origin(Certainty.ATTESTED, "logs of strongSwan charon 5.9.8 against itself and Libreswan pluto 4.10")
MORE = RUNS.but("spellings of other releases recalled, some seen in public logs")

_GROUP = re.compile(r"MODP_|ECP_|CURVE_|KE_|ML_KEM|X25519|X448", re.IGNORECASE)
_INTEGRITY = re.compile(r"HMAC_|AES_XCBC_96|AES_CMAC_96|CAMELLIA_XCBC", re.IGNORECASE)
_MOST = 256
"""Proposals that are read of one line."""


def suite(text: str) -> Suite:
    """`IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048`; several of one type are all named."""
    protocol, _, rest = text.strip().partition(":")
    found: dict[str, list[str]] = {"encryption": [], "integrity": [], "prf": [], "group": []}
    for name in rest.split("/")[:64]:
        if "EXT_SEQ" in name or not name or name == "MODP_NONE":
            continue
        if name.startswith("PRF_"):
            kind, value = "prf", spelling.integrity(name)
        elif _GROUP.match(name):
            kind, value = "group", spelling.group(name)
        elif _INTEGRITY.match(name):
            kind, value = "integrity", spelling.integrity(name)
        else:
            kind, value = "encryption", spelling.encryption(name)
        if value not in found[kind]:
            found[kind].append(value)
    said = {kind: SEPARATOR.join(values) for kind, values in found.items()}
    return Suite(said["encryption"], said["integrity"] or said["prf"], said["group"], protocol=protocol)


def suites(text: str) -> tuple[Suite, ...]:
    """A line's list of proposals."""
    return tuple(suite(one) for one in text.split(", ")[:_MOST] if ":" in one)


def phase_of(suites: tuple[Suite, ...]) -> Phase:
    """What the proposals are for."""
    return Phase.ONE if suites and suites[0].protocol == "IKE" else Phase.TWO


class End(NamedTuple):
    """One end of an IKE SA: `10.0.0.1[hq.example.net]`; either may be empty."""

    spot: Spot
    identity: str


def _end(text: str) -> End:
    address, _, rest = text.partition("[")
    return End(Spot(address), rest.removesuffix("]"))


_WORD = re.compile(r"[^\s()]{1,64}(?:\((?:[^()]{0,256}|\([^()]{0,32}\))\))?")


def payloads(text: str) -> tuple[str, ...]:
    """`SA V V N(INITIAL_CONTACT)`: as printed."""
    return tuple(_WORD.findall(text))


PROPOSAL = part("proposal", "(?:IKE|ESP|AH):[^\\s,]{0,1024}", suite)
PROPOSALS = part("proposals", "(?:(?:IKE|ESP|AH):[^\n]{0,6000})?", suites)
END = part("end of an IKE SA", r"[0-9A-Za-z.:%_<>{}*#@-]{1,64}(?:\[[^\n]{0,256}?\])?", _end)
MESSAGE_PAYLOADS = part("payloads", r"[^\[\]\n]{0,2048}", payloads)
EXCHANGE = part("exchange", "[A-Z][A-Z0-9_]{2,32}")
SA_NAME = part("name of an SA", r"[^\s\[\]{}\"']{1,128}")

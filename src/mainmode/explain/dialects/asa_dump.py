"""Messages that a debug level of 254 and more dumps: `RECV PACKET from A`, then every header and payload, row by row.

A dump tells what the lines around it do not: what each side proposes, identities, the names of notifies. Its rows are
`Name: value` under `Payload …` or rows of octets; a dump that was cut, or rows without their beginning, are
recognised and tell what is there.
"""

import re
from collections.abc import Iterator
from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.catalogue import spelling
from mainmode.catalogue.facts import (
    NO_TAG,
    Agreed,
    Fact,
    Identity,
    Notify,
    Offer,
    Phase,
    Suite,
    Tag,
    Vendor,
    Way,
    Whose,
)
from mainmode.explain.dialect import Reading
from mainmode.explain.packets.names import vendor_name

_BEGINNING = re.compile(
    r"(?P<way>RECV|RECEIVED?|SEND|SENDING|SENT) PACKET (?:from|to) (?P<peer>[^\s:]{1,64}?)(?::[0-9]{1,5})?"
    r"|(?P<sealed>BEFORE ENCRYPTION|AFTER DECRYPTION)|RAW PACKET DUMP on (?:SEND|RECEIVE|RECV)|ISAKMP Header",
    re.IGNORECASE,
)
HEADS = r"(?:RECV|SENDING|SEND) PACKET (?:from|to) |BEFORE ENCRYPTION|AFTER DECRYPTION"
"""How a dump begins, as a part of a regular expression."""
_LABELS = frozenset(
    """initiator cookie|responder cookie|next payload|version|exchange type|flags|messageid|message id|length|reserved
    |reserved2|payload length|doi|situation|proposal #|protocol-id|spi size|# of transforms|transform #|transform-id
    |encryption algorithm|key length|hash algorithm|group description|authentication method|authentication algorithm
    |life type|life duration|life duration (hex)|encapsulation mode|data|data (in hex)|spi|notify type|id type|id data
    |protocol id (udp/tcp, etc...)|protocol id|port|# of spis|spi (hex dump)|address|subnet|mask|notification data
    |certificate encoding|certificate type|hash|nonce|attribute|type|value|identifier|mode|encryption alg|hash alg
    |field size|group type|prf algorithm|compression algorithm|sa life type|sa life duration|nat-d|oa""".replace(
        "\n", ""
    )
    .replace("    ", "")
    .split("|")
)
_OCTETS = re.compile(r"[0-9A-Fa-f]{2}(?: {1,2}[0-9A-Fa-f]{2}){0,31}(?: {0,8}\|.{0,80})?(?: {1,20}\S{1,32})?")
_PAYLOAD = re.compile(r"Payload [A-Z][A-Za-z0-9 /()-]{0,40}")
_ID_KINDS = {
    "ipv4 address": "address",
    "fqdn": "FQDN",
    "user fqdn": "user FQDN",
    "der asn1 dn": "DN",
    "key id": "key id",
}


def is_beginning(row: str) -> bool:
    """Whether a row begins a dump."""
    return _BEGINNING.fullmatch(row.strip()) is not None


def is_row(row: str) -> bool:
    """Whether a row can stand in a dump."""
    text = row.strip()
    label, colon, _ = text.partition(":")
    if colon and len(label) <= 40 and label.strip().lower() in _LABELS:
        return True
    return _PAYLOAD.fullmatch(text) is not None or _OCTETS.fullmatch(text) is not None


@dataclass
class _Dump:
    """What was gathered of a dump so far."""

    peer: str = ""
    whose: Whose | None = None
    sealed: bool = False
    header: dict[str, str] = field(default_factory=dict)
    sections: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def add(self, row: str) -> bool:
        """Take a row; False where it is none of a dump."""
        begins = _BEGINNING.fullmatch(row)
        if begins is not None:
            self._begin(begins)
            return True
        if _PAYLOAD.fullmatch(row):
            self.sections.append((row[8:].lower(), {}))
            return True
        label, colon, value = row.partition(":")
        name = label.strip().lower()
        into = self.sections[-1][1] if self.sections else self.header
        if colon and name in _LABELS:
            if name.startswith("life duration"):
                _add_lifetime(into, value.replace(" ", ""), 16 if "hex" in name else 10)
            elif name == "life type" or name not in into:
                into[name] = value.strip()
            return True
        if _OCTETS.fullmatch(row) is None:
            return False
        if "data (in hex)" in into or "data" in into:
            into["octets"] = into.get("octets", "") + row.partition("|")[0].replace(" ", "")
        return True

    def _begin(self, begins: re.Match[str]) -> None:
        if begins["way"]:
            self.peer = begins["peer"]
            self.whose = Whose.PEER if begins["way"].upper().startswith("RE") else Whose.OWN
        elif begins["sealed"]:
            self.sealed = True
            self.whose = Whose.PEER if begins["sealed"].upper().startswith("AFTER") else Whose.OWN

    @property
    def way(self) -> Way:
        return Way.RECEIVED if self.whose is Whose.PEER else Way.SENT

    def facts(self) -> Iterator[Fact]:
        """What the payloads tell."""
        answered = bool(self.header.get("responder cookie", "0").strip("0 "))
        main = "quick" not in self.header.get("exchange type", "").lower()
        protocol = number = ""
        for kind, values in self.sections:
            if kind == "proposal":
                protocol, number = values.get("protocol-id", ""), values.get("proposal #", "")
            elif kind == "transform" and self.whose is not None:
                yield self._proposed(values, protocol, number, answered)
            elif kind.startswith("vendor") and self.whose is not None:
                name = _vendor(values.get("octets", ""))
                if name:
                    yield Vendor(self.whose, name)
            elif kind.startswith("notif") and values.get("notify type"):
                yield Notify(self.way, _notify(values["notify type"]), self.sealed)
            elif kind.startswith("identification") and main and self.whose is not None and "id data" in values:
                printed = values.get("id type", "").partition("(")[0].strip()
                yield Identity(self.whose, _ID_KINDS.get(printed.lower(), printed), values["id data"].partition(":")[0])

    def _proposed(self, values: dict[str, str], protocol: str, number: str, answered: bool) -> Fact:
        phase = Phase.ONE if "ISAKMP" in protocol.upper() else Phase.TWO
        suite = _suite(values, phase)
        if phase is Phase.ONE and answered:
            return Agreed(phase, suite)
        count = values.get("transform #", "") if phase is Phase.ONE else number
        return Offer(phase, self.whose or Whose.PEER, suite, int(count) if count.isdigit() else None)


def _notify(text: str) -> str:
    name = spelling.notify(text)
    for front in ("STATUS-", "ERROR-", "DPD-"):
        name = name.removeprefix(front)
    return name


def _vendor(octets: str) -> str:
    try:
        return vendor_name(bytes.fromhex(octets))
    except ValueError:
        return ""


def _add_lifetime(values: dict[str, str], text: str, base: int) -> None:
    """A duration belongs to the life type before it; a transform may have one of each."""
    try:
        duration = int(text, base)
    except ValueError:
        return
    values["kilobytes" if "kilo" in values.get("life type", "").lower() else "seconds"] = str(duration)


def _suite(values: dict[str, str], phase: Phase) -> Suite:
    bits = values.get("key length", "")
    transform = values.get("transform-id", "")
    cipher = values.get("encryption algorithm") or transform.removeprefix("ESP_").replace("_", " ")
    hashed = values.get("hash algorithm") or values.get("authentication algorithm", "")
    return Suite(
        encryption=spelling.encryption(cipher, int(bits) if bits.isdigit() else None) if cipher else "",
        integrity=spelling.integrity(hashed) if hashed else "",
        group=spelling.group(values["group description"]) if "group description" in values else "",
        authentication=spelling.authentication(values.get("authentication method", "")),
        seconds=int(values["seconds"]) if "seconds" in values else None,
        kilobytes=int(values["kilobytes"]) if "kilobytes" in values else None,
        mode=values.get("encapsulation mode", "").lower().replace("udp-encapsulated-", "UDP "),
        protocol="IKE" if phase is Phase.ONE else "AH" if transform.startswith("AH") else "ESP",
    )


def read_dump(text: str) -> Reading | None:
    """Read a dump, or rows of one; None where a row is none of a dump."""
    dump = _Dump()
    for row in text.split("\n"):
        stripped = row.strip()
        if stripped and not dump.add(stripped):
            return None
    cookie = dump.header.get("initiator cookie", "").replace(" ", "").lower()
    message_id = dump.header.get("messageid", dump.header.get("message id", ""))
    try:
        number: int | None = int(message_id, 16) if message_id else None
    except ValueError:
        number = None
    tag = Tag(peer=dump.peer, cookie=cookie, message_id=number)
    return Reading("PACKET_DUMP", tuple(dump.facts()), NO_TAG if tag == NO_TAG else tag, open=True)

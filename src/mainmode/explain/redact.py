"""Redaction: addresses, names and keys replaced in a whole explanation, consistently, before anything is written.

What an address or a name becomes depends only on the order in which they are met, so the same input gives the same
output, and nothing in the output leads back. Keys are masked always (`without_keys`).
"""

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from mainmode.base.address import Proxy
from mainmode.base.provenance import Absent, Default, Statement
from mainmode.catalogue.facts import Began, Group, Identity, Symptom, Tag, Told, Wanted
from mainmode.explain.dialect import Reading
from mainmode.explain.explanation import Explanation, Sketch
from mainmode.explain.finding import Commands
from mainmode.explain.masking import masked
from mainmode.explain.names import Named, is_telling, names_in, replaced_in_place
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.rebuilding import Rebuilding, Value, everything
from mainmode.explain.record import Log, Noted, Record, Sample
from mainmode.explain.renumbering import Plan, is_mask
from mainmode.ladder.transcript import Device, LineSaid

_QUAD = re.compile(r"(?<![0-9])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9])")
_NETWORK = re.compile(
    r"(?<![0-9])((?:[0-9]{1,3}\.){3}[0-9]{1,3})"
    r"(?:/([0-9]{1,2})(?![0-9.])|(?:/|,? (?:[Mm]ask |[Nn]etmask )?)((?:[0-9]{1,3}\.){3}[0-9]{1,3}))(?![0-9])"
)
_SIX = re.compile(r"(?<![0-9A-Za-z:.])(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{2,44})[0-9A-Fa-f:]{2,39}(?![0-9A-Za-z:])")
_HEXADECIMAL = re.compile(r"(?<![0-9A-Fa-f])(0x)?([0-9A-Fa-f]{8})(?![0-9A-Fa-f])")
_TOKEN = re.compile(r"\w(?:[\w.@+/:-]*\w)?")
_SEPARATOR = re.compile(r"([.@+/:-])")
_ONE_TOKEN = re.compile(r"\w(?:[\w.@+/:-]*\w)?")
_PLACES = ("standard input", "-")
_NAMED_IN_DETAIL = (
    *(Symptom.NO_TUNNEL_GROUP, Symptom.IDENTITY_MISMATCH, Symptom.CERTIFICATE, Symptom.KEY_FROM_DEFAULT),
    *(Symptom.KEY_MISSING, Symptom.WRONG_PEER_FOR_ENTRY),
)
_SPELLED: dict[str, str] = {
    "mail": "user-{}@example.org",
    "domain": "name-{}.example",
    "log": "log-{}",
    "config": "config-{}.cfg",
    "file": "file-{}",
}


def without_keys(explanation: Explanation) -> Explanation:
    """The explanation with every key as stars. Commands and sketches are ours and hold none, but places for them."""
    known: dict[str, str] = {}

    def text(one: str) -> str:
        found = known.get(one)
        if found is None:
            found = known[one] = masked(one)
        return found

    def plain(value: object) -> bool:
        """A record tells what stands in its text: where no key is in that, none is in its facts.

        Of a record whose text was let go the parts are looked at, its facts once for all records that tell the same.
        """
        record = value.record if isinstance(value, Noted) else value
        if not isinstance(record, Record):
            return False
        if record.text:
            return text(record.text) == record.text
        fact = value.fact if isinstance(value, Noted) else None
        return rebuilding.of(fact) is fact and rebuilding.of(record.reading) is record.reading

    rebuilding = Rebuilding(text, kept=(Commands, Sketch), plain=plain)
    return rebuilding.of(explanation)


class Redaction:
    """What the addresses and names of one explanation become."""

    def __init__(self, explanation: Explanation) -> None:
        networks: list[IPv4Network] = []
        addresses: list[IPv4Address] = []
        names: list[Named] = []
        for value in everything(explanation):
            names.extend(_structured(value))
            match value:
                case IPv4Address():
                    addresses.append(value)
                case Proxy() if value.mask is not None:
                    networks.append(IPv4Network((int(value.first), str(value.mask))))
                case str():
                    networks.extend(_networks(value))
                    addresses.extend(_addresses(value))
        self._plan = Plan(networks, addresses)
        self._hexadecimal = {f"{old:08x}": f"{new:08x}" for old, new in self._plan.known().items()}
        self._names = _Names(names)
        self._six: dict[IPv6Address, str] = {}
        self._known: dict[str, str] = {}

    def text(self, text: str) -> str:
        """A text without the addresses and names."""
        if text not in self._known:
            self._known[text] = self._addresses(self._names.text(text))
        return self._known[text]

    def without_names(self, text: str) -> str:
        """A text without the names; its addresses stay."""
        return self._names.text(text)

    def of(self, value: Value) -> Value:
        """A value with every text and address in it replaced."""
        return Rebuilding(self.text, self._plan.of, self._range).of(value)

    def _range(self, value: object) -> object:
        """A range of addresses that is no network keeps its order."""
        if not isinstance(value, Proxy) or value.mask is not None:
            return value
        ends = sorted((value.first, value.last), key=self._plan.of)
        return value if list(ends) == [value.first, value.last] else Proxy(ends[0], ends[1], value.protocol, value.port)

    def _addresses(self, text: str) -> str:
        if "." in text:
            text = _QUAD.sub(self._quad, text)
        if ":" in text:
            text = _SIX.sub(self._six_of, text)
        return _HEXADECIMAL.sub(self._hexadecimal_of, text) if len(text) > 7 else text

    def _quad(self, found: re.Match[str]) -> str:
        address = _address(found[0])
        return found[0] if address is None else str(self._plan.of(address))

    def _hexadecimal_of(self, found: re.Match[str]) -> str:
        return f"{found[1] or ''}{self._hexadecimal.get(found[2].lower(), found[2])}"

    def _six_of(self, found: re.Match[str]) -> str:
        try:
            address = IPv6Address(found[0])
        except ValueError:
            return found[0]
        if address.is_loopback or address.is_unspecified or address.is_multicast:
            return found[0]
        block = "fe80:" if address.is_link_local else "2001:db8:" if address.is_global else "fd00:"
        return self._six.setdefault(address, f"{block}:{len(self._six) + 1:x}")


def redacted(explanation: Explanation) -> Explanation:
    """The explanation without the addresses, names and keys of those whom it is about."""
    return Redaction(explanation).of(without_keys(explanation))


def _address(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text)
    except ValueError:
        # Leading zeros are refused as ambiguous; here they only must not hide an address.
        parts = [int(part) for part in text.split(".")]
        return IPv4Address(bytes(parts)) if max(parts) < 256 else None


def _addresses(text: str) -> Iterable[IPv4Address]:
    return (one for found in _QUAD.findall(text) if (one := _address(found)) is not None)


def _networks(text: str) -> Iterable[IPv4Network]:
    for found in _NETWORK.finditer(text):
        address, mask = _address(found[1]), _address(found[3]) if found[3] else None
        if address is None or (found[3] and (mask is None or not is_mask(int(mask)))):
            continue
        try:
            yield IPv4Network((str(address), found[2] if mask is None else str(mask)), strict=False)
        except ValueError:
            continue


def _structured(value: object) -> Iterable[Named]:
    """The names that a value says to be names, and those in what it holds of a log or a configuration."""
    match value:
        case Record(text=text) | Sample(text=text) | LineSaid(text=text):
            return names_in(text)
        case Negotiation():
            return (Named("host", value.device), Named("group", value.group))
        case Tag():
            return (Named("group", value.group), Named("name", value.sa.partition("[")[0]))
        case Reading():
            return (Named("host", value.host),)
        case Group():
            return (Named("group", value.name),)
        case Began() | Wanted():
            return (Named("map", value.name.replace(",", " ").split(" ")[0]),)
        case Identity():
            return (*names_in(value.value), Named("name", value.value))
        case Told(symptom=symptom, detail=detail) if symptom in _NAMED_IN_DETAIL and " " not in detail:
            return (Named("name", detail),)
        case Told(detail=detail):
            return names_in(detail)
        case Device():
            held = (name for line in value.config for name in names_in(line))
            return (Named("host", value.hostname), Named("config", value.file), Named("log", value.log), *held)
        case Statement():
            return (Named("config", value.file), *names_in(value.text))
        case Default() | Absent():
            return (Named("config", value.file),)
        case Log():
            return (Named("log", value.name), Named("log", value.name.rpartition("/")[2]))
        case _:
            return ()


class _Names:
    """Names and what they become; upper and lower case count as the same."""

    def __init__(self, names: Iterable[Named]) -> None:
        self._became: dict[str, str] = {}
        counts: dict[str, int] = {}
        wanted = {name.lower(): kind for kind, name in reversed([one for one in names if _is_name(one)])}
        for name, kind in reversed(wanted.items()):
            whole = next((one for one in self._became if kind == "log" and one.endswith(f"/{name}")), None)
            if whole is not None:
                self._became[name] = self._became[whole]
                continue
            while True:
                counts[kind] = counts.get(kind, 0) + 1
                spelled = _SPELLED.get(kind, kind + "-{}").format(counts[kind])
                if spelled not in wanted:
                    break
            self._became[name] = spelled
        telling = [name for name in self._became if is_telling(name)]
        self._telling = {name for name in telling if _ONE_TOKEN.fullmatch(name)}
        self._longest = max((len(_SEPARATOR.split(name)) for name in self._telling), default=0)
        several = sorted((name for name in telling if name not in self._telling), key=len, reverse=True)
        self._several = _any_of(several)

    def text(self, text: str) -> str:
        """A text with its names replaced."""
        whole = self._became.get(text.lower())
        if whole is not None:
            return whole
        if self._several is not None:
            text = self._several.sub(lambda found: self._became[found[0].lower()], text)
        return _TOKEN.sub(self._token, replaced_in_place(text, self._instead))

    def _instead(self, name: str) -> str:
        return self._became.get(name.strip().lower(), name)

    def _token(self, found: re.Match[str]) -> str:
        """A token that is a name, or one whose parts, or neighbouring parts, are."""
        token = found[0]
        if token.lower() in self._telling:
            return self._became[token.lower()]
        parts = _SEPARATOR.split(token)
        if len(parts) == 1 or not self._longest:
            return token
        made, start = [], 0
        while start < len(parts):
            ends = range(min(start + self._longest, len(parts)), start, -1)
            end = next((one for one in ends if "".join(parts[start:one]).lower() in self._telling), start + 1)
            part = "".join(parts[start:end])
            made.append(self._became[part.lower()] if part.lower() in self._telling else part)
            start = end
        return "".join(made)


def _is_name(named: Named) -> bool:
    name = named.name
    return bool(name) and name not in _PLACES and not (_QUAD.fullmatch(name) or _SIX.fullmatch(name) or name == "%any")


def _any_of(names: list[str]) -> re.Pattern[str] | None:
    if not names:
        return None
    pattern: Callable[[str], str] = re.escape
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(pattern, names))})(?!\w)", re.IGNORECASE)

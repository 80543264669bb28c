"""The typed parts of commands that have several forms: `host A`, `A MASK`, `object NAME`, `eq PORT` and the like."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from ipaddress import IPv4Address
from typing import Any

from mainmode.device.config import model
from mainmode.device.config.grammar import Syntax
from mainmode.device.config.kinds import NETMASK, Token, is_netmask
from mainmode.device.config.parts import INVALID, Kind, MismatchError, Miss, Spelling, Tokens, UnwritableError
from mainmode.device.config.vocabulary import kind_named

_FORMS: dict[str, Kind] = {}


def kind(name: str) -> Kind:
    """The kind that a declaration names, of several forms or of one token. Raises ValueError for an unknown one."""
    return _FORMS.get(name) or kind_named(name)


def _declare(name: str, one: Kind) -> None:
    _FORMS[name] = one


_Form = tuple[Syntax, type[Any], Callable[..., Any]]


class FormError(Exception):
    """Parts that do not go together. The text is the device's wording; `expected` what should have stood there."""

    def __init__(self, wording: str, expected: str = "") -> None:
        self.expected = expected
        super().__init__(wording)


class VariantsKind:
    """One of several forms, each a syntax whose parts are the arguments of what builds the value.

    A builder is a dataclass, or a function of one that raises FormError. `older` forms are
    tried first and never written.
    """

    secret = False
    words = ()

    def __init__(
        self,
        label: str,
        expected: str,
        *forms: tuple[str, type[Any], Callable[..., Any]],
        older: tuple[tuple[str, type[Any], Callable[..., Any]], ...] = (),
    ) -> None:
        self.label = label
        self.expected = expected
        self._written = [(Syntax(text, kind), cls, build) for text, cls, build in forms]
        self._forms = [*((Syntax(text, kind), cls, build) for text, cls, build in older), *self._written]
        starts = [syntax.starts for syntax, _, _ in self._forms]
        known = [words for words in starts if words is not None]
        self.starts = frozenset().union(*known) if len(known) == len(starts) else None
        started = list(zip(self._forms, starts, strict=True))
        self._by_start = {
            word: tuple(form for form, words in started if words is None or word in words)
            for word in frozenset().union(*known)
        }
        self._others = tuple(form for form, words in started if words is None)

    @property
    def syntaxes(self) -> tuple[Syntax, ...]:
        """All forms."""
        return tuple(syntax for syntax, _, _ in self._forms)

    @property
    def forms(self) -> tuple[str, ...]:
        """All forms, as a command reference prints them."""
        return tuple(syntax.reference() for syntax, _, _ in self._forms)

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The value of the first form that fits. Raises MismatchError where none does."""
        forms = self._by_start.get(tokens.lowered[at], self._others)
        found = self._first(forms, tokens, at, None)
        if found is not None:
            return found
        miss = Miss()
        self._first(self._forms, tokens, at, miss)
        if miss.at <= at and not miss.wording:
            raise MismatchError(at, self.expected)
        raise MismatchError(miss.at, " or ".join(miss.expected), miss.wording)

    def _first(self, forms: Iterable[_Form], tokens: Tokens, at: int, miss: Miss | None) -> tuple[Any, int] | None:
        for syntax, _, build in forms:
            found = syntax.read_prefix(tokens, at, miss)
            if found is None:
                continue
            values, end = found
            try:
                return build(**values), end
            except FormError as error:
                if miss is not None:
                    miss.note(end - 1, error.expected or self.expected, str(error))
        return None

    def write(self, value: Any, spelling: Spelling) -> str:
        """The value in the first form that can say it. Raises UnwritableError."""
        for syntax, cls, _ in self._written:
            if isinstance(value, cls):
                values = {one.name: getattr(value, one.name) for one in fields(cls)}
                try:
                    return syntax.write({name: one for name, one in values.items() if one is not None}, spelling)
                except UnwritableError:
                    continue
        raise UnwritableError(self.expected)


class EitherKind:
    """One of several kinds, tried in turn."""

    secret = False
    starts = None
    words = ()

    def __init__(self, label: str, expected: str, *names: str) -> None:
        self.label = label
        self.expected = expected
        self.kinds = [kind(name) for name in names]

    @property
    def forms(self) -> tuple[str, ...]:
        """All kinds, as a command reference prints them."""
        return tuple(one.label for one in self.kinds)

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The first kind's value that fits. Raises MismatchError where none does."""
        furthest = MismatchError(at, self.expected)
        for kind in self.kinds:
            try:
                return kind.read(tokens, at)
            except MismatchError as mismatch:
                furthest = mismatch if mismatch.at > furthest.at else furthest
        raise furthest

    def write(self, value: Any, spelling: Spelling) -> str:
        """The value by the first kind that can say it. Raises UnwritableError."""
        for kind in self.kinds:
            try:
                return kind.write(value, spelling)
            except UnwritableError:
                continue
        raise UnwritableError(self.expected)


def _group_name(value: Any) -> str:
    if not isinstance(value, model.GroupRef):
        raise ValueError(value)
    return value.name


def subnet(address: IPv4Address, mask: IPv4Address) -> model.Subnet:
    """The subnet. Raises FormError where the address has bits outside the mask, or the mask has holes."""
    is_mask = is_netmask(mask)
    if int(address) & ~int(mask):
        expected = "" if is_mask else f"{NETMASK} (not a wildcard mask)"
        raise FormError(f"ERROR: IP address,mask <{address},{mask}> doesn't pair", expected)
    if not is_mask:
        raise FormError(INVALID, f"{NETMASK}, its ones in one piece")
    return model.Subnet(address, mask)


def address_range(first: IPv4Address, last: IPv4Address) -> model.AddressRange:
    """The range. Raises FormError where it runs backwards."""
    if first > last:
        raise FormError(INVALID)
    return model.AddressRange(first, last)


_TextForm = tuple[str, type[Any], Callable[..., Any]]


def _form(text: str, cls: type[Any], build: Callable[..., Any] | None = None) -> _TextForm:
    return text, cls, build or cls


_HOST = _form("host {address:address}", model.Host)
_NETWORK = _form("{address:address} {mask:any-mask}", model.Subnet, subnet)
_IPV6_HOST = _form("host {address:ipv6-address}", model.Ipv6Host)
_IPV6 = _form("{prefix:ipv6-prefix}", model.Ipv6Prefix)
_OBJECT = _form("object {name:name}", model.ObjectRef)
_GROUP = _form("object-group {name:name}", model.GroupRef)

_declare("object", VariantsKind("object NAME", "object NAME", _OBJECT))
_declare("group", VariantsKind("object-group NAME", "object-group NAME", _GROUP))
_declare("group-name", Token("NAME", "an object-group's name", model.GroupRef, _group_name))
_declare("other-protocol", EitherKind("PROTOCOL", "a protocol by name or number", "protocol-number", "object"))
_declare(
    "object-content",
    VariantsKind(
        "CONTENT",
        "host, subnet, range or fqdn",
        _HOST,
        _form("subnet {address:address} {mask:any-mask}", model.Subnet, subnet),
        _form("range {first:address} {last:address}", model.AddressRange, address_range),
        _form("fqdn [{version:v4|v6}] {name:name}", model.Fqdn),
        _form("host {address:ipv6-address}", model.Ipv6Host),
        _form("subnet {prefix:ipv6-prefix}", model.Ipv6Prefix),
        _form("range {first:ipv6-address} {last:ipv6-address}", model.Ipv6Range),
    ),
)
_declare(
    "group-member", VariantsKind("MEMBER", "host A, A MASK or object NAME", _HOST, _OBJECT, _NETWORK, _IPV6, _IPV6_HOST)
)
_declare(
    "acl-address",
    VariantsKind(
        "ADDRESS",
        "any, host A, A MASK, object NAME, object-group NAME or interface NAMEIF",
        _form("{word:any|any4|any6}", model.AnyAddress),
        _HOST,
        _OBJECT,
        _GROUP,
        _form("interface {name:name}", model.InterfaceRef),
        _NETWORK,
        _IPV6,
        _IPV6_HOST,
    ),
)
_declare(
    "standard-address",
    VariantsKind("ADDRESS", "any4, host A or A MASK", _form("{word:any|any4}", model.AnyAddress), _HOST, _NETWORK),
)
_PORT_GROUP = _form("object-group {name:service-group}", model.GroupRef)
for _side in ("tcp", "udp", "any"):
    _PORTS = (
        _form(f"{{operator:eq|lt|gt|neq}} {{port:{_side}-port}}", model.PortIs),
        _form(f"range {{first:{_side}-port}} {{last:{_side}-port}}", model.PortRange),
    )
    _declare(f"{_side}-match", VariantsKind("PORTS", "eq, lt, gt, neq or range", *_PORTS))
    _declare(
        f"{_side}-match-or-known-group",
        VariantsKind("PORTS-OR-GROUP", "eq, lt, gt, neq, range or object-group", *_PORTS, _PORT_GROUP),
    )
    _declare(
        f"{_side}-match-or-group",
        VariantsKind("PORTS-OR-GROUP", "eq, lt, gt, neq, range or object-group", *_PORTS, _GROUP),
    )
for _side, _ports in (("tcp", "tcp"), ("udp", "udp"), ("tcp-udp", "any")):
    _MEMBERS = (
        _form(f"{{operator:eq|}} {{port:{_ports}-port}}", model.PortIs),
        _form(f"range {{first:{_ports}-port}} {{last:{_ports}-port}}", model.PortRange),
    )
    _declare(f"{_side}-ports", VariantsKind("PORTS", "eq or range", *_MEMBERS))
_ICMP = _form("{type:icmp-type} [{code:0-255}]", model.IcmpMatch)
_ICMP6 = _form("{type:icmp6-type} [{code:0-255}]", model.IcmpMatch)
_declare("icmp-match", VariantsKind("ICMP", "an ICMP type", _ICMP))
_declare("icmp6-match", VariantsKind("ICMP6", "an ICMPv6 type", _ICMP6))
_declare("icmp-match-or-group", VariantsKind("ICMP-OR-GROUP", "an ICMP type", _GROUP, _ICMP))
_declare("icmp6-match-or-group", VariantsKind("ICMP6-OR-GROUP", "an ICMPv6 type", _GROUP, _ICMP6))


def _services() -> tuple[tuple[_TextForm, ...], tuple[_TextForm, ...]]:
    """The forms of a service, and the older ones, which leave out the word destination."""
    forms, older = [], []
    for side, ports in (("tcp", "tcp"), ("udp", "udp"), ("tcp-udp", "any"), ("sctp", "any")):
        head = f"{{protocols:only-{side}}} [source {{source_port:{ports}-match}}]"
        forms.append(_form(f"{head} [destination {{destination_port:{ports}-match}}]", model.Service))
        older.append(_form(f"{{protocols:only-{side}}} {{destination_port:{ports}-match}}", model.Service))
    forms.append(_form("{protocols:only-icmp} [{icmp:icmp-match}]", model.Service))
    forms.append(_form("{protocols:only-icmp6} [{icmp:icmp6-match}]", model.Service))
    forms.append(_form("{protocols:only-protocol}", model.Service))
    return tuple(forms), tuple(older)


_SERVICES, _OLDER_SERVICES = _services()
_SERVICE = "a protocol, with ports or an ICMP type"
_declare("service", VariantsKind("SERVICE", _SERVICE, *_SERVICES, older=_OLDER_SERVICES))
_declare(
    "service-member",
    VariantsKind("SERVICE-OR-OBJECT", f"{_SERVICE}, or object NAME", *_SERVICES, _OBJECT, older=_OLDER_SERVICES),
)
_declare(
    "global-pool",
    EitherKind(
        "{A.B.C.D | FIRST-LAST | interface}",
        "an address, two of them or interface",
        "address-span",
        "address",
        "name",
    ),
)
_declare(
    "nat-mapped", EitherKind("{A.B.C.D | OBJECT | interface}", "an address, an object or interface", "address", "name")
)
_declare(
    "nat-service",
    VariantsKind(
        "REAL-MAPPED-PORTS",
        "tcp or udp and two ports",
        _form("{protocol:tcp} {real:tcp-port} {mapped:tcp-port}", model.NatService),
        _form("{protocol:udp} {real:udp-port} {mapped:udp-port}", model.NatService),
    ),
)
_declare(
    "log-target",
    VariantsKind(
        "DESTINATION LEVEL",
        "a destination and a severity",
        _form("{destination:buffered|console|history|mail|monitor|trap|asdm} {level:log-level}", model.LogTarget),
    ),
)
_declare(
    "device-id",
    VariantsKind(
        "DEVICE-ID",
        "hostname, ipaddress, string, context-name or cluster-id",
        _form("{method:hostname|context-name|cluster-id}", model.DeviceId),
        _form("{method:ipaddress|} {value:name}", model.DeviceId),
        _form("{method:string|} {value:rest}", model.DeviceId),
    ),
)
_declare("trustpoint", VariantsKind("TRUSTPOINT", "a trustpoint", _form("{name:name} [chain]", model.Trustpoint)))
_declare(
    "logging",
    VariantsKind(
        "LOG",
        "log",
        _form(
            "log [{level:emergencies|alerts|critical|errors|warnings|notifications|informational|debugging|"
            "0|1|2|3|4|5|6|7|disable|default}] [interval {interval:1-600}]",
            model.Logging,
        ),
    ),
)
_declare(
    "phase1-mode",
    VariantsKind(
        "MODE",
        "main or aggressive",
        _form("{mode:main|}", model.Phase1Mode),
        _form("{mode:aggressive|} [{group:pfs-group}]", model.Phase1Mode),
    ),
)
_declare(
    "identity",
    VariantsKind(
        "IDENTITY",
        "auto, address, hostname or key-id",
        _form("{method:auto|address|hostname}", model.Identity),
        _form("{method:key-id|} {value:name}", model.Identity),
    ),
)


def glossary() -> dict[str, tuple[str, ...]]:
    """The parts of several forms: label as it stands in a reference, and the forms."""
    found = {one.label: one.forms for one in _FORMS.values() if isinstance(one, VariantsKind | EitherKind)}
    return {label: forms for label, forms in found.items() if forms != (label,)}

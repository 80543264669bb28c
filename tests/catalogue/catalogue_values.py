"""Generated values for every kind of part."""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from hypothesis import strategies as st

from mainmode.base.address import Proxy
from mainmode.catalogue import kinds
from mainmode.catalogue.entry import About, Entry, Kind, Line

_VISIBLE = st.characters(categories=("L", "N", "P", "S"))
_NAMES = st.text(_VISIBLE, min_size=1, max_size=24)
_WORDS = st.lists(st.text("abcXYZ019-/()", min_size=1, max_size=8), min_size=1, max_size=4).map(" ".join)
_PORT = st.integers(0, 0xFFFF)
_PROTOCOL = st.integers(0, 255)
_SUBNETS = st.builds(
    lambda number, bits, protocol, port: Proxy.of(IPv4Network((number, bits), strict=False), protocol, port),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
    _PROTOCOL,
    _PORT,
)
_RANGES = st.builds(
    lambda first, size, protocol, port: Proxy(IPv4Address(first), IPv4Address(first + size), protocol, port),
    st.integers(0x0A000000, 0x0AFFFFFF),
    st.integers(1, 2000),
    _PROTOCOL,
    _PORT,
)
_PAIRS = st.tuples(st.text("MQ_WAITSG19", min_size=1, max_size=16), st.from_regex(r"\AEV_[A-Z]{1,12}\Z"))
_PAYLOADS = st.builds("{} ({})".format, st.sampled_from(["SA", "NAT-D", "IOS KEEPALIVE", "X_1"]), st.integers(1, 255))

_WIDTHS = {
    kinds.NUMBER: 10**12,
    kinds.SPI: 2**32 - 1,
    kinds.SPI_UPPER: 2**32 - 1,
    kinds.SPI_OR_NUMBER: 2**32 - 1,
    kinds.HEX: 2**32 - 1,
    kinds.HEX8: 2**32 - 1,
    kinds.HEX8_UPPER: 2**32 - 1,
    kinds.MSGID: 2**32 - 1,
    kinds.MSGID_SHORT: 2**32 - 1,
    kinds.WORD: 2**32 - 1,
    kinds.POINTER: 2**64 - 1,
    kinds.POINTER_UPPER: 2**64 - 1,
    kinds.DURATION: 10**7,
}
_OTHERS: dict[Kind, st.SearchStrategy[Any]] = {
    kinds.NAME: _NAMES,
    kinds.WITH_SERVICE: st.from_regex(r"\A[0-9.]{1,15}/[a-z0-9]{1,9}\Z"),
    kinds.PHRASE: _WORDS,
    kinds.ATTRIBUTE: _WORDS,
    kinds.NOTIFY_NAME: st.from_regex(r"\A[A-Z][A-Z0-9_]{0,30}\Z"),
    kinds.IPV4: st.integers(0, 2**32 - 1).map(IPv4Address),
    kinds.PROXY: st.one_of(_SUBNETS, _RANGES),
    kinds.SERVICE_PROXY: st.one_of(_SUBNETS, _RANGES),
    kinds.LOCAL_PROXY: st.one_of(_SUBNETS, _RANGES),
    kinds.REMOTE_PROXY: st.one_of(_SUBNETS, _RANGES),
    kinds.PAYLOADS: st.lists(_PAYLOADS, max_size=12).map(tuple),
    kinds.FSM_HISTORY: st.lists(_PAIRS, min_size=1, max_size=10).map(tuple),
    kinds.DUMP: st.binary(max_size=kinds.DUMPED_OCTETS),
}
GENERATED = frozenset(_WIDTHS) | frozenset(_OTHERS)


def values_of(kind: Kind) -> st.SearchStrategy[Any]:
    """Values of a kind: generated where the set is open, else its examples (all spellings of a closed set)."""
    if kind in _WIDTHS:
        return st.integers(0, _WIDTHS[kind])
    return _OTHERS[kind] if kind in _OTHERS else st.sampled_from(kind.examples)


_ABOUTS = st.builds(
    About,
    group=st.one_of(st.just(""), st.sampled_from(["10.0.0.2", "DefaultL2LGroup", "a=b"])),
    username=st.one_of(st.just(""), st.just("someone")),
    ip=st.one_of(st.just(""), st.just("203.0.113.9")),
)


def lines_of(entry: Entry) -> st.SearchStrategy[Line]:
    """Lines of an entry with generated parts and prefix."""
    parts = st.fixed_dictionaries({part: values_of(kind) for part, kind in entry.kinds.items()})
    return st.builds(Line, st.just(entry), parts, _ABOUTS)

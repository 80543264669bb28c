"""A folder of configurations: who is whose peer, by an index of all addresses, and what stays without a partner."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.check.report import Lonely
from mainmode.device.config.model import Configuration
from mainmode.lab.facing import entries

_MOST_NAMED = 10
"""Files that one note names."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address of a device: its interface, and whether IKE or a crypto map is on it."""

    address: IPv4Address
    interface: str
    facing: bool
    standby: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A peer that an entry of a crypto map names, and the line that does."""

    address: IPv4Address
    line: str


@dataclass(frozen=True, slots=True)
class Card:
    """What has to be known of a configuration to find its pairs; `awaits`: its dynamic maps take peers of any address.

    It is small: whoever reads the configurations elsewhere sends these.
    """

    file: str
    hostname: str
    places: tuple[Place, ...]
    peers: tuple[Named, ...]
    awaits: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The pairs as two places in the list of cards, the lower first; peers in no file; what else was noticed.

    `guessed`: there is one pair, and neither of the two names the other.
    """

    pairs: tuple[tuple[int, int], ...]
    lonely: tuple[Lonely, ...]
    notes: tuple[str, ...]
    guessed: bool = False


def card_of(configuration: Configuration) -> Card:
    """The card of one configuration."""
    return Card(
        configuration.file,
        configuration.settings.hostname.value,
        tuple(_places(configuration)),
        tuple(_peers(configuration)),
        any(entry.dynamic is not None for entry in entries(configuration)),
    )


def pairs_of(cards: Sequence[Card]) -> Found:
    """Every two cards of which one names an address of the other as its peer, each pair once.

    A file that is a copy of an earlier one beside it (its hostname, and an address that faces peers) is left out. Where
    several devices have one address, those are taken that use it for IKE, then those of the asker's own folder (folders
    may hold one network at several times), then those that name the asker too. Several in other folders are none.
    Two cards alone are a pair though neither names the other, which may be the fault, unless both name one peer: then
    they are two sites of it.
    """
    copies = dict(_copies(cards))
    owners: dict[IPv4Address, list[tuple[int, Place]]] = {}
    for number, card in enumerate(cards):
        for place in card.places if number not in copies else ():
            owners.setdefault(place.address, []).append((number, place))
    pairs: dict[tuple[int, int], None] = {}
    lonely: list[Lonely] = []
    notes: dict[str, None] = {}
    for number, card in enumerate(cards):
        if number in copies:
            notes[_copied(card, cards[copies[number]])] = None
            continue
        for peer in card.peers:
            others, remarks = _owners_of(peer, number, owners.get(peer.address, ()), cards)
            notes |= dict.fromkeys(remarks)
            if not others:
                lonely.append(Lonely(card.file, str(peer.address), peer.line))
            for other in others:
                pairs[min(number, other), max(number, other)] = None
    guessed = dict.fromkeys(_alone(cards)) if not pairs else {}
    pairs |= guessed
    told = dict.fromkeys((*notes, *_silent(cards, pairs, copies)))
    return Found(tuple(sorted(pairs)), tuple(lonely), tuple(told), bool(guessed))


def _places(configuration: Configuration) -> Iterator[Place]:
    """The addresses of interfaces, those that are shut down too: a peer may name one."""
    facing = {enabled.value for enabled in configuration.enabled}
    facing.update(bound.value for one in configuration.crypto_maps.values() for bound in one.interfaces)
    for interface in configuration.interfaces:
        if interface.nameif is not None and interface.address is not None:
            nameif, address = interface.nameif.value, interface.address.value
            yield Place(address.address, nameif, nameif in facing)
            if address.standby is not None:
                yield Place(address.standby, nameif, nameif in facing, standby=True)


def _peers(configuration: Configuration) -> Iterator[Named]:
    seen: set[IPv4Address] = set()
    for entry in entries(configuration):
        for address in entry.peers.value if entry.peers is not None else ():
            if address not in seen and entry.peers is not None:
                seen.add(address)
                yield Named(address, str(entry.peers.source))


def _copies(cards: Sequence[Card]) -> Iterator[tuple[int, int]]:
    """The cards that are copies of earlier ones in the same folder, each with that one."""
    first: dict[tuple[str, str, IPv4Address], int] = {}
    for number, card in enumerate(cards):
        ours = [place.address for place in card.places if place.facing and not place.standby]
        marks = [(_folder(card), card.hostname, address) for address in ours]
        earlier = next((first[mark] for mark in marks if mark in first), None)
        if earlier is not None:
            yield number, earlier
        else:
            first |= dict.fromkeys(marks, number)


def _folder(card: Card) -> str:
    return card.file.rpartition("/")[0]


def _copied(card: Card, earlier: Card) -> str:
    shared = next(
        place
        for place in card.places
        if place.facing and any(other.facing and other.address == place.address for other in earlier.places)
    )
    return (
        f"{card.file} is left out: it has the hostname {card.hostname} and the address {shared.address} of "
        f"{earlier.file}, and is taken for a copy of it"
    )


def _owners_of(
    peer: Named, asker: int, held: Iterable[tuple[int, Place]], cards: Sequence[Card]
) -> tuple[tuple[int, ...], list[str]]:
    """The devices that are meant by a peer's address, and what is to be said of it."""
    candidates = [(number, place) for number, place in held if number != asker]
    if not candidates:
        own = any(number == asker for number, _ in held)
        return (), [f"{peer.line}: this is the device's own address"] if own else []
    if all(place.standby for _, place in candidates):
        files = _listed(cards[number].file for number, _ in candidates)
        return (), [f"{peer.line}: this is the standby address of {files}, which answers no peer while it stands by"]
    candidates = [(number, place) for number, place in candidates if not place.standby]
    facing = [number for number, place in candidates if place.facing] or [number for number, _ in candidates]
    addresses = {place.address for place in cards[asker].places}
    near = [number for number in facing if _folder(cards[number]) == _folder(cards[asker])]
    mutual = [number for number in near or facing if any(named.address in addresses for named in cards[number].peers)]
    chosen = tuple(dict.fromkeys(mutual or near or facing))
    if len(chosen) == 1:
        return chosen, []
    said = f"{peer.line}: {peer.address} is an address of {_listed(cards[number].file for number in chosen)}"
    if near:
        return chosen, [f"{said}: each is checked"]
    return (), [f"{said}, all in other folders than this file: which of them is meant is not known"]


def _alone(cards: Sequence[Card]) -> Iterator[tuple[int, int]]:
    if len(cards) == 2:
        first, second = ({peer.address for peer in card.peers} for card in cards)
        if first.isdisjoint(second):
            yield 0, 1


def _silent(cards: Sequence[Card], pairs: Iterable[tuple[int, int]], copies: Mapping[int, int]) -> Iterator[str]:
    """The configurations that neither name a peer nor are named by one."""
    paired = {number for pair in pairs for number in pair}
    alone = [
        card for number, card in enumerate(cards) if number not in paired and number not in copies and not card.peers
    ]
    waiting = [card.file for card in alone if card.awaits]
    without = [card.file for card in alone if not card.awaits]
    if waiting:
        yield f"not checked: {_listed(waiting)}: only a dynamic crypto map, and no other file names an address of it"
    if without:
        yield f"not checked: {_listed(without)}: names no peer, and no other file names an address of it as one"


def _listed(files: Iterable[str]) -> str:
    names = list(dict.fromkeys(files))
    shown = names[:_MOST_NAMED]
    more = len(names) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more} more"
    return ", ".join(shown[:-1]) + " and " + shown[-1] if len(shown) > 1 else shown[0]

"""The exec commands that change a device or ask it: what each prints, and what it does to the device.

They are declared once, for the steps of scenarios, a gateway's control socket, and the console. That the device answers
`logoff` with a count of sessions, and with the text for none, is seen in public scripts that read it; the counts of
connections and translations are recalled.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.counters import Counters
from mainmode.device.decision import BoxEffect
from mainmode.device.line.complaining import refusal
from mainmode.device.line.declaration import Asked, Command, Surety, command
from mainmode.device.line.lookup import Found, LineError, look_up
from mainmode.device.line.places import (
    ACCESS_LIST,
    ADDRESS,
    CRYPTO_MAP,
    INTERFACE,
    NAME,
    SPI,
    TUNNEL_GROUP,
)
from mainmode.ike.views import SessionView
from mainmode.ipsec.dataplane import SaPair

if TYPE_CHECKING:
    from mainmode.device.show.commands import Handler as Shown


@dataclass(frozen=True, slots=True)
class Tally:
    """What a command prints that tells how many it was done to."""

    count: int
    spelled: Callable[[int], str]

    def __str__(self) -> str:
        return self.spelled(self.count)


Done = tuple[str | Tally, list[BoxEffect]]
"""What a command printed, and what follows from it."""


Action = Callable[[Box, Instant], list[BoxEffect]]

_CONTAINED = "a fault in mainmode itself: the log of what runs this device says where; it goes on"


@dataclass(frozen=True, slots=True)
class Order:
    """What a command does to a box. `question`: what a person is asked before, unless the line says noconfirm.

    `do` raises InputError for what cannot be done; then it did nothing.
    """

    do: Callable[[Box, Asked, Instant], Done]
    question: str = ""
    shows: "Shown | None" = None
    """What it shows, of a command that changes nothing."""

    @property
    def looks(self) -> bool:
        """It shows something and changes nothing."""
        return self.shows is not None

    def carried_out(self, act: Callable[[Action], None], asked: Asked) -> str:
        """Let a shell's `act` do it; what it prints.

        Raises InputError for what cannot be done, and where the shell contained a fault of ours.
        """
        return str(self.told(act, asked))

    def told(self, act: Callable[[Action], None], asked: Asked) -> str | Tally:
        """The same as a value, which those of several processes are put together from."""
        told: list[str | Tally | InputError] = []

        def action(box: Box, now: Instant) -> list[BoxEffect]:
            try:
                output, effects = self.do(box, asked, now)
            except InputError as error:
                told.append(error)
                return []
            told.append(output)
            return effects

        act(action)
        answer = told[0] if told else InputError(_CONTAINED)
        if isinstance(answer, InputError):
            raise answer
        return answer


_CONFIRM = "Do you want to logoff the VPN session(s)? [confirm]"
_NO_SESSIONS = "INFO: There are presently no active sessions of the type specified\n"


def _quietly(do: Callable[[Box, Asked, Instant], list[BoxEffect]]) -> Order:
    """What prints nothing."""
    return Order(lambda box, asked, now: ("", do(box, asked, now)))


def _counting(clear: Callable[[Counters, Asked], None]) -> Order:
    """What sets counters to nothing, and prints nothing."""

    def do(box: Box, asked: Asked, _: Instant) -> Done:
        clear(box.counters, asked)
        return "", []

    return Order(do)


def _clear_map(box: Box, asked: Asked, now: Instant) -> list[BoxEffect]:
    return box.clear_ipsec(None, now, lambda pair: pair.map_name == asked.get(CRYPTO_MAP))


def _clear_entry(box: Box, asked: Asked, now: Instant) -> list[BoxEffect]:
    destination, spi = asked.address, int(asked.places[SPI], 0)

    def named(pair: SaPair) -> bool:
        ends = (pair.path.remote.address, pair.outbound_spi), (pair.path.local.address, pair.inbound_spi)
        return (destination, spi) in ends

    effects = box.clear_ipsec(None, now, named)
    if not effects:
        raise InputError(f"ERROR: there is no SA to {destination} with SPI {spi:#010x}")
    return effects


def _clear_statistics(counters: Counters, asked: Asked) -> None:
    if "ipsec" not in asked:
        counters.clear_ike()
    if "ikev1" not in asked:
        counters.clear_ipsec()


def _clear_interfaces(box: Box, asked: Asked, _: Instant) -> list[BoxEffect]:
    name = asked.get(INTERFACE)
    named = [
        one.nameif.value
        for one in box.configuration.interfaces
        if one.nameif is not None and name is not None and name.lower() in (one.nameif.value.lower(), one.name.lower())
    ]
    if name is not None and not named:
        raise InputError(f"ERROR: interface {name} does not exist")
    for nameif in named or (None,):
        box.counters.clear_traffic(nameif)
    return []


def _clear_hits(box: Box, asked: Asked, _: Instant) -> list[BoxEffect]:
    name = asked.get(ACCESS_LIST)
    if name is not None and name not in box.configuration.access_lists:
        raise InputError(f"ERROR: access-list <{name}> does not exist")
    box.counters.clear_access_lists(name)
    return []


def _clear_connections(box: Box, asked: Asked, _: Instant) -> Done:
    return Tally(box.clear_connections(asked.address), lambda count: f"{count} connection(s) deleted.\n"), []


def _clear_hosts(box: Box, asked: Asked, _: Instant) -> list[BoxEffect]:
    box.clear_connections(asked.address)
    return []


def _clear_translations(box: Box, _: Asked, __: Instant) -> Done:
    count = len(box.translations)
    box.clear_connections()
    return Tally(count, lambda count: f"INFO: {count} xlate{'' if count == 1 else 's'} deleted\n"), []


def _log_off_all(box: Box, _: Asked, now: Instant) -> Done:
    count = len(box.sessions)
    return _logged_off('of type "Site-to-Site VPN"', count), box.log_off(None, now)


def _log_off_address(box: Box, asked: Asked, now: Instant) -> Done:
    count = sum(session.peer == asked.address for session in box.sessions)
    return _logged_off(f'with IP address "{asked.address}"', count), box.log_off(asked.address, now)


def _log_off_group(box: Box, asked: Asked, now: Instant) -> Done:
    name = asked.get(TUNNEL_GROUP)
    return _log_off_named(box, f'from tunnel group "{name}"', lambda session: session.group_name == name, now)


def _log_off_name(box: Box, asked: Asked, now: Instant) -> Done:
    name = asked.get(NAME)
    return _log_off_named(box, f'with name "{name}"', lambda session: session.group_name == name, now)


def _log_off_named(box: Box, what: str, named: Callable[[SessionView], bool], now: Instant) -> Done:
    sessions = [session for session in box.sessions if named(session)]
    peers = dict.fromkeys(session.peer for session in sessions)
    return _logged_off(what, len(sessions)), [effect for peer in peers for effect in box.log_off(peer, now)]


def _log_off_index(box: Box, asked: Asked, now: Instant) -> Done:
    index = int(asked.places["index"])
    peer = next((session.peer for session in box.sessions if session.index == index), None)
    if peer is None:
        raise InputError(f"ERROR: there is no session {index}: show vpn-sessiondb l2l lists them")
    return _logged_off(f'with index "{index}"', 1), box.log_off(peer, now)


def _logged_off(what: str, count: int) -> Tally:
    def spelled(count: int) -> str:
        return f"INFO: Number of sessions {what} logged off : {count}\n" if count else _NO_SESSIONS

    return Tally(count, spelled)


_IKE_WORDS = {"sa": "Take down IKE SAs and all below them", "stats": "Set IKE's counters to nothing"}
_LOGOFF = "vpn-sessiondb logoff"

ORDERS: tuple[Command[Order], ...] = (
    command(
        "clear {crypto {isakmp|ikev1}|isakmp} sa [A.B.C.D]",
        _quietly(lambda box, asked, now: box.clear(asked.address, now)),
        "Take down the IKE SAs with one peer, or all, with everything under them, and tell the peers.",
        Surety.ATTESTED,
        words=_IKE_WORDS | {ADDRESS: "Only those with this peer"},
    ),
    command(
        "clear [crypto] ipsec sa [peer A.B.C.D]",
        _quietly(lambda box, asked, now: box.clear_ipsec(asked.address, now)),
        "Take down the IPsec SAs with one peer, or all; an IKE SA ends with its last one.",
        Surety.ATTESTED,
        words={"sa": "Take down IPsec SAs", "peer": "Only those with one peer"},
    ),
    command(
        f"clear [crypto] ipsec sa map {CRYPTO_MAP}",
        _quietly(_clear_map),
        "Take down the IPsec SAs of one crypto map.",
        Surety.ATTESTED,
        words={"map": "Only those of one crypto map"},
    ),
    command(
        f"clear [crypto] ipsec sa entry A.B.C.D esp {SPI}",
        _quietly(_clear_entry),
        "Take down the pair of IPsec SAs to which the one with this destination and SPI belongs.",
        Surety.ATTESTED,
        words={"entry": "One SA, with its counterpart", "entry A.B.C.D": "Where its packets go", "esp": "Its protocol"},
    ),
    command(
        "clear [crypto] ipsec sa counters",
        _counting(lambda counters, _: counters.clear_ipsec()),
        "Counters of IPsec are back to nothing, those of each SA, too. Lifetimes run on.",
        Surety.ATTESTED,
        words={"counters": "Set their counters to nothing"},
    ),
    command(
        "clear {crypto {isakmp|ikev1}|isakmp} stats",
        _counting(lambda counters, _: counters.clear_ike()),
        "What IKE counted is back to nothing.",
        Surety.INFERRED,
        words=_IKE_WORDS,
    ),
    command(
        "clear crypto protocol statistics {ikev1|ipsec|all}",
        _counting(_clear_statistics),
        "What was asked of cryptography is back to nothing, with the other counters of the protocol.",
        Surety.INFERRED,
        words={"protocol": "Cryptography by protocol", "statistics": "Set its counters to nothing", "all": "Of both"},
    ),
    command(
        f"clear access-list [{ACCESS_LIST}] counters",
        _quietly(_clear_hits),
        "Hit counts of one access list, or of all, are back to nothing.",
        Surety.ATTESTED,
        words={"access-list": "Hit counts of access lists", "counters": "Set them to nothing"},
    ),
    command(
        "clear nat counters",
        _counting(lambda counters, _: counters.clear_nat()),
        "Hit counts of translation rules are back to nothing.",
        Surety.ATTESTED,
        words={"nat": "Hit counts of translation rules", "counters": "Set them to nothing"},
    ),
    command(
        "clear conn [all] [address A.B.C.D]",
        Order(_clear_connections),
        "Connections are forgotten with their translations: all, or those of one address.",
        Surety.PARTLY,
        "How the answer is written is recalled.",
        words={
            "conn": "Forget connections",
            "all": "Those of the device itself, too",
            "address": "Only those of one address",
            "address A.B.C.D": "An address at either end",
        },
    ),
    command(
        "clear xlate",
        Order(_clear_translations),
        "Translations are forgotten, and the connections that use them.",
        Surety.PARTLY,
        "How the answer is written is recalled.",
        words={"xlate": "Forget translations"},
    ),
    command(
        "clear local-host [A.B.C.D] [all]",
        _quietly(_clear_hosts),
        "What is known of one host, or of all, is forgotten: connections and translations.",
        Surety.PARTLY,
        words={"local-host": "Forget what is known of hosts", "all": "That of the device itself, too"},
    ),
    command(
        "clear asp drop",
        _counting(lambda counters, _: counters.clear_drops()),
        "The counts of what was dropped are back to nothing.",
        Surety.ATTESTED,
        words={"asp": "The data path", "drop": "Set the counts of drops to nothing"},
    ),
    command(
        f"clear interface [{INTERFACE}]",
        _quietly(_clear_interfaces),
        "What passed through one interface, or all, is counted anew.",
        Surety.ATTESTED,
        words={"interface": "Set the counters of interfaces to nothing"},
    ),
    command(
        f"{_LOGOFF} {{all|l2l}} [noconfirm]",
        Order(_log_off_all, _CONFIRM),
        "End every session: all are of LAN to LAN.",
        Surety.PARTLY,
        "The type's name in the answer is recalled.",
        words={"all": "Every session", "l2l": "Every LAN-to-LAN session: there are no others"},
    ),
    command(
        f"{_LOGOFF} ipaddress A.B.C.D [noconfirm]",
        Order(_log_off_address, _CONFIRM),
        "End the session with one peer.",
        Surety.PARTLY,
        words={"ipaddress": "The session with one peer"},
    ),
    command(
        f"{_LOGOFF} tunnel-group {TUNNEL_GROUP} [noconfirm]",
        Order(_log_off_group, _CONFIRM),
        "End the sessions of one tunnel-group.",
        Surety.PARTLY,
        words={"tunnel-group": "The sessions of one tunnel-group"},
    ),
    command(
        f"{_LOGOFF} name {NAME} [noconfirm]",
        Order(_log_off_name, _CONFIRM),
        "End the sessions of one name, as `show vpn-sessiondb l2l` prints it: that of their tunnel-group.",
        Surety.ATTESTED,
        words={"logoff name": "The sessions of one name"},
    ),
    command(
        f"{_LOGOFF} index index=<1-4294967295> [noconfirm]",
        Order(_log_off_index, _CONFIRM),
        "End the session with this index, as `show vpn-sessiondb l2l` prints it, and others with the same peer.",
        Surety.PARTLY,
        words={"logoff index": "One session by its number"},
    ),
)
"""What changes a box."""


@cache
def exec_table() -> tuple[Command[Order], ...]:
    """Everything that can be typed at a box without a prompt: all that it shows, and what changes it.

    The `show` commands are loaded when the table is asked for: most boxes are asked for none.
    """
    from mainmode.device.show.commands import PROMPTED

    return (*(_shown(one) for one in PROMPTED), *ORDERS)


def _shown(one: "Command[Shown]") -> Command[Order]:
    def do(box: Box, asked: Asked, now: Instant) -> Done:
        return one.handler(box.standing(now), asked), []

    return command(one.syntax, Order(do, shows=one.handler), one.help, one.surety, one.note, words=one.words)


def typed(text: str, box: Box | None = None) -> Found[Order]:
    """The command that a text is, at this box or at any. Raises InputError in the device's words."""
    try:
        return look_up(exec_table(), text.split(), box.configuration if box is not None else None)
    except LineError as error:
        raise refusal(error, f"{box.hostname}# " if box is not None else "", text) from None

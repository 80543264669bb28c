"""Who is logged in over SSH: `show ssh`, `show ssh sessions`, `ssh disconnect`, `who`, `kill`."""

from typing import TYPE_CHECKING

from mainmode.console.commands.handling import Handler
from mainmode.console.roster import Present, Way, roster_of
from mainmode.device.config.model import ClientNetwork
from mainmode.device.line.declaration import Asked, Command, Surety, command

if TYPE_CHECKING:
    from mainmode.console.session import Session

_NUMBER = "<0-4>"
_ALGORITHMS = ("Encryption", "Hmac    ")
_ENDED = "Administratively disconnected"
_WORDS = {
    "sessions": "Who is logged in",
    "ssh": "SSH to this device: how it is configured, and its sessions",
    "disconnect": "End a session",
    "who": "Who is logged in over Telnet",
}


async def _show_ssh(session: "Session", asked: Asked) -> str:
    said = session.configuration.settings.administration
    rows = [
        f"Timeout: {said.ssh_timeout.value} minutes",
        "Version allowed: 2",
        *(
            f"{one.address} {one.mask} {one.interface}"
            if isinstance(one, ClientNetwork)
            else f"{one.prefix} {one.interface}"
            for one in said.ssh_clients
        ),
    ]
    return "".join(f"{row}\n" for row in rows)


async def _show_sessions(session: "Session", asked: Asked) -> str:
    ways = [
        (one, mode, way)
        for one in roster_of(session.firewall)
        for mode, way in (("IN", one.inward), ("OUT", one.outward))
    ]
    cipher, mac = (max([len(head), *lengths]) for head, lengths in zip(_ALGORITHMS, _lengths(ways), strict=True))
    rows = [f"SID Client IP       Version Mode {'Encryption':{cipher}} {'Hmac':{mac}} State            Username"]
    for one, mode, way in ways:
        first = f"{one.number:<3} {one.address:<15} {'2.0':<7}" if mode == "IN" else ""
        rows.append(f"{first:27} {mode:<4} {way.cipher:{cipher}} {way.mac:{mac}} {'SessionStarted':16} {one.user}")
    return "".join(f"{row}\n" for row in rows)


def _lengths(ways: list[tuple[Present, str, Way]]) -> tuple[list[int], list[int]]:
    return [len(way.cipher) for _, _, way in ways], [len(way.mac) for _, _, way in ways]


async def _who(session: "Session", asked: Asked) -> str:
    # Sessions of Telnet, of which there are none.
    return ""


async def _disconnect(session: "Session", asked: Asked) -> str:
    number = int(asked.get(_NUMBER) or 0)
    found = roster_of(session.firewall).find(number)
    if found is None:
        return f"ERROR: Invalid session ID {number}\n"
    found.end(_ENDED)
    return ""


SHELLS: tuple[Command[Handler], ...] = (
    command(
        "show ssh",
        _show_ssh,
        "How SSH is configured: the timeout, and from where clients may come.",
        Surety.PARTLY,
        words=_WORDS,
    ),
    command(
        "show ssh sessions",
        _show_sessions,
        "Who is logged in over SSH.",
        Surety.PARTLY,
        "The table is that of older releases; columns grow with longer names of ciphers.",
        words=_WORDS,
    ),
    command(
        f"ssh disconnect {_NUMBER}",
        _disconnect,
        "End a session of SSH, by its number in show ssh sessions.",
        Surety.PARTLY,
        "What it answers where there is no such session is inferred.",
        words=_WORDS,
    ),
    command("who", _who, "Who is logged in over Telnet: nobody.", Surety.ATTESTED, words=_WORDS),
    command("show who", _who, "Who is logged in over Telnet: nobody.", Surety.ATTESTED, words=_WORDS),
)

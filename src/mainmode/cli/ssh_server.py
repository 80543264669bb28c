"""`mainmode ssh`: an SSH server for the devices of a lab."""

import asyncio
import os
import signal
from argparse import Namespace
from pathlib import Path

from mainmode.base.errors import InputError
from mainmode.base.secret import Secret
from mainmode.cli.console import print_output
from mainmode.cli.lab_at_hand import lab_of, passing_time
from mainmode.cli.parser import EXIT_UP
from mainmode.console.lab.firewall import LabFirewall
from mainmode.console.lab.lab import Lab
from mainmode.console.passwords import LONGEST, LocalUsers, Verifier

try:
    from mainmode.console.ssh.host_key import fingerprint, host_key, usual_place
    from mainmode.console.ssh.server import Guest, Listening, SshServer
except ModuleNotFoundError as missing:
    if missing.name != "asyncssh":
        raise
    raise InputError("mainmode ssh needs asyncssh; type: pip install 'mainmode[ssh]'") from missing

PASSWORD_VARIABLE = "MAINMODE_SSH_PASSWORD"  # noqa: S105 (the name of a variable)
_USUAL_PORT, _HIGHEST_PORT = 2222, 65535
_USUAL_ADDRESS = "127.0.0.1"
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TOLD = "The lab ends."


def ssh(arguments: Namespace) -> int:
    """Carry out the command and return its exit code. Raises InputError for everything that the user can mend."""
    lab = lab_of(arguments)
    places = [_place(text) for text in arguments.listen or [f"{_USUAL_ADDRESS}:{_USUAL_PORT}"]]
    firewalls = list(lab.firewalls.values())
    if len(places) > len(firewalls):
        raise InputError(f"--listen is there {len(places)} times, for a lab of {len(firewalls)}")
    if arguments.user is None:
        for firewall in firewalls[: len(places)]:
            _check_users(firewall)
    path = Path(arguments.host_key) if arguments.host_key is not None else usual_place()
    key = host_key(path)
    server = SshServer([key], _guest(arguments))
    listening = list(zip(firewalls, places, strict=False))
    return asyncio.run(_serve(lab, server, listening, f"{fingerprint(key)} ({path})"))


async def _serve(
    lab: Lab, server: SshServer, places: list[tuple[LabFirewall, tuple[str, int]]], host_key_shown: str
) -> int:
    """Until a signal comes, or the lab has ended by a fault, which is raised."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in _ENDING:
        loop.add_signal_handler(number, over.set)
    async with passing_time(lab) as time:
        try:
            listening = [await server.listen(firewall, *place) for firewall, place in places]
            print_output(_told(lab, listening, host_key_shown))
            await asyncio.wait({time, loop.create_task(over.wait())}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await server.close(_TOLD)
        if time.done():
            time.result()
    return EXIT_UP


def _told(lab: Lab, listening: list[Listening], host_key_shown: str) -> str:
    """Which device listens where, and how to log in."""
    rows = []
    for name, firewall in lab.firewalls.items():
        place = next((one for one in listening if one.firewall is firewall), None)
        if place is None:
            rows.append(f"{lab.hostname(name)}: by lab device {name} from a session at another device")
        else:
            rows.append(f"{lab.hostname(name)}: ssh -p {place.port} USER@{place.address}")
    return "\n".join([*rows, f"host key: {host_key_shown}", "Ctrl-C ends it.", ""])


def _place(text: str) -> tuple[str, int]:
    """`ADDRESS:PORT`, `[IPV6]:PORT` or `PORT`. Raises InputError."""
    address, colon, port = text.rpartition(":")
    bare = address.removeprefix("[").removesuffix("]") if address.startswith("[") else address
    if not (port.isascii() and port.isdigit() and int(port[:6]) <= _HIGHEST_PORT) or (colon and not bare):
        raise InputError(f"--listen {text}: write ADDRESS:PORT, such as {_USUAL_ADDRESS}:{_USUAL_PORT}")
    return bare or _USUAL_ADDRESS, int(port)


def _check_users(firewall: LabFirewall) -> None:
    """Raises InputError for a device that nobody could log in to."""
    configuration = firewall.running.configuration
    if LocalUsers(configuration).anybody:
        return
    name = configuration.settings.hostname.value
    why = "the passwords of its users are masked" if configuration.users else "it has no users"
    raise InputError(
        f"{configuration.file}: nobody can log in to {name}: {why}. Give it a line such as\n"
        "  username admin password PASSWORD privilege 15\n"
        "or let mainmode ssh have a user of its own: --user admin"
    )


def _guest(arguments: Namespace) -> Guest | None:
    if arguments.user is None:
        if arguments.password_fd is not None:
            raise InputError("--password-fd gives the password of --user NAME, which is not there")
        return None
    if not arguments.user or not arguments.user.isprintable():
        raise InputError("--user needs a name")
    password = _password(arguments)
    if not 0 < len(password) <= LONGEST:
        raise InputError(f"the password of --user has to have 1 to {LONGEST} characters")
    return Guest(arguments.user, Verifier(password))


def _password(arguments: Namespace) -> Secret:
    """The password of `--user`: from a descriptor, from the environment, else from the terminal. Never an argument."""
    if arguments.password_fd is not None:
        try:
            with os.fdopen(arguments.password_fd, "rb") as file:
                return Secret(file.readline(LONGEST + 3).rstrip(b"\r\n"))
        except (OSError, ValueError, OverflowError) as error:
            raise InputError(f"--password-fd {arguments.password_fd} cannot be read") from error
    given = os.environ.pop(PASSWORD_VARIABLE, None)
    if given is not None:
        return Secret(os.fsencode(given))
    return _asked(arguments.user)


def _asked(user: str) -> Secret:
    import getpass

    try:
        with open("/dev/tty", "r+b", buffering=0):
            pass
        return Secret(getpass.getpass(f"password of {user}: ").encode())
    except (OSError, EOFError):
        raise InputError(
            f"--user asks for a password at a terminal, and there is none; set {PASSWORD_VARIABLE}, or give "
            "--password-fd N"
        ) from None

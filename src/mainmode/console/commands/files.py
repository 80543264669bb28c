"""The configuration as a whole: typed at, shown, saved, and started with again.

How `write memory`, `copy` and `reload` ask and answer is seen in public sessions; `dir` is ours.
"""

import asyncio
from hashlib import md5
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant, between, seconds
from mainmode.catalogue.lines import ERASED, WRITING_BEGUN, WRITING_ENDED
from mainmode.console import configuring
from mainmode.console.commands.handling import Handler
from mainmode.device.config.masking import masked_typed
from mainmode.device.line.declaration import REST, Asked, Command, Level, Surety, command
from mainmode.device.line.lookup import LineError
from mainmode.device.running import GLOBAL

if TYPE_CHECKING:
    from mainmode.console.session import Session

_END = ": end\n"


def _checksum(text: str) -> str:
    """The MD5 of a configuration with masked keys: it tells configurations apart and gives no key away."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _in_parts(text: str) -> str:
    checksum = _checksum(text)
    return " ".join(checksum[start : start + 8] for start in range(0, len(checksum), 8))


async def _show_checksum(session: "Session", asked: Asked) -> str:
    return f"Cryptochecksum: {_in_parts(session.firewall.running.text())}\n"


async def _configure(session: "Session", asked: Asked) -> str:
    configuring.begin(session)
    return ""


# --- shown -----------------------------------------------------------------------------------------------------------


async def _show_running(session: "Session", asked: Asked) -> str:
    running = session.firewall.running
    section = asked.get(REST)
    try:
        text = await asyncio.to_thread(running.writer(section, defaults="all" in asked))
    except LineError:
        return f'ERROR: % Ambiguous command:  "{masked_typed(f"show running-config {section}")}"\n'
    if section is not None:
        return text
    return f"{text.removesuffix(_END)}Cryptochecksum:{_checksum(text)}\n{_END}"


async def _show_startup(session: "Session", asked: Asked) -> str:
    running = session.firewall.running
    if not running.startup:
        return "No Configuration\n"
    return running.shown_startup()


async def _more(session: "Session", asked: Asked) -> str:
    if not session.sees_keys:
        raise InputError(
            "ERROR: keys are shown to root and the user that the gateway runs as; show running-config hides them"
        )
    return await asyncio.to_thread(session.firewall.running.writer(reveal=True))


async def _directory(session: "Session", asked: Asked) -> str:
    startup = session.firewall.running.startup
    row = f"1      -rw-  {len(startup.encode()):<11}startup-config" if startup else "No files in directory"
    return f"\nDirectory of disk0:/\n\n{row}\n\n"


# --- saved -----------------------------------------------------------------------------------------------------------


async def _save(session: "Session") -> str:
    """Keep the running configuration; what is printed of it. Raises InputError where it cannot be kept."""
    firewall, begun = session.firewall, session.firewall.now
    running = firewall.running
    text = await asyncio.to_thread(running.writer(reveal=True))
    place = session.user.place
    session.tell(WRITING_BEGUN(place=place, target="memory"))
    try:
        told = await firewall.saved(text)
    except InputError:
        session.tell(WRITING_ENDED(place=place, result="FAILED"))
        raise
    if running.text(reveal=True) == text:
        # Otherwise somebody has typed on meanwhile, and that is not saved.
        running.save()
    session.tell(WRITING_ENDED(place=place, result="OK"))
    warnings = "".join(f"{line}\n" for line in told)
    copied = f"{len(text.encode())} bytes copied in {_elapsed(begun, firewall.now)} secs"
    return f"{warnings}Cryptochecksum: {_in_parts(running.text())} \n\n{copied}\n"


def _elapsed(begun: Instant, now: Instant) -> str:
    return f"{between(begun, now) / seconds(1):.3f}"


async def _write_memory(session: "Session", asked: Asked) -> str:
    return f"Building configuration...\n{await _save(session)}[OK]\n"


async def _write_erase(session: "Session", asked: Asked) -> str:
    if not await session.screen.confirm("Erase configuration in flash memory? [confirm] "):
        return ""
    await session.firewall.saved("")
    session.firewall.running.erase()
    session.tell(ERASED(place=session.user.place))
    return "[OK]\n"


async def _copy_to_startup(session: "Session", asked: Asked) -> str:
    if "/noconfirm" not in asked:
        session.screen.write("\n")
        name = (await session.screen.ask("Source filename [running-config]? ")).strip()
        if name not in ("", "running-config"):
            return f"%Error opening system:/{name} (No such file or directory)\n"
    return f"\n{await _save(session)}"


async def _copy_to_running(session: "Session", asked: Asked) -> str:
    if "/noconfirm" not in asked:
        session.screen.write("\n")
        name = (await session.screen.ask("Destination filename [running-config]? ")).strip()
        if name not in ("", "running-config"):
            return f"%Error opening system:/{name} (No such file or directory)\n"
    return await _merge_startup(session, asked)


async def _merge_startup(session: "Session", asked: Asked) -> str:
    """Type every line of the startup configuration."""
    running = session.firewall.running
    startup, place, printed = running.startup, GLOBAL, []
    for line in startup.splitlines():
        typed = running.take(place, line)
        place = typed.place
        printed += [row for row in typed.printed if row.startswith("ERROR")]
    session.applying.settle()
    size = len(startup.encode())
    return "".join(f"{row}\n" for row in printed) + f"\n{size} bytes copied in 0.000 secs\n"


# --- started again ---------------------------------------------------------------------------------------------------


async def _reload(session: "Session", asked: Asked) -> str:
    if session.firewall.running.modified and "noconfirm" not in asked:
        answer = (await session.screen.ask("System config has been modified. Save? [Y]es/[N]o:  ")).strip().lower()
        if answer.startswith("y"):
            session.screen.write(await _save(session))
        elif not answer.startswith("n"):
            return ""
    if "noconfirm" not in asked and not await session.screen.confirm("Proceed with reload? [confirm] "):
        return ""
    session.screen.write("\n***\n*** --- START GRACEFUL SHUTDOWN ---\n***\n")
    session.place = None
    try:
        await session.firewall.reload()
    except InputError as error:
        return f"ERROR: {error}\n"
    session.start_again()
    return ""


FILES: tuple[Command[Handler], ...] = (
    command("configure terminal", _configure, "Configure the device line by line.", Surety.ATTESTED),
    command(
        "configure memory",
        _merge_startup,
        "Type the startup configuration into the running one.",
        Surety.INFERRED,
    ),
    command(
        f"show running-config [all] [{REST}]",
        _show_running,
        "The configuration that is in force, or the commands that begin with some words.",
        Surety.ATTESTED,
        "Keys are masked; the checksum is ours and does not depend on them.",
    ),
    command(
        "show checksum",
        _show_checksum,
        "What tells one configuration from another.",
        Surety.PARTLY,
        level=Level.USER,
        words={"checksum": "What tells one configuration from another"},
    ),
    command("show startup-config", _show_startup, "What the device starts with.", Surety.PARTLY),
    command(
        "more system:running-config", _more, "The configuration that is in force, its keys in clear.", Surety.ATTESTED
    ),
    command("write terminal", _show_running, "The configuration that is in force.", Surety.ATTESTED),
    command("write memory", _write_memory, "Start with what runs now.", Surety.ATTESTED),
    command("write", _write_memory, "Start with what runs now.", Surety.ATTESTED),
    command("write erase", _write_erase, "Start with nothing.", Surety.ATTESTED),
    command(
        "copy [/noconfirm] running-config startup-config",
        _copy_to_startup,
        "Start with what runs now.",
        Surety.ATTESTED,
    ),
    command(
        "copy [/noconfirm] startup-config running-config",
        _copy_to_running,
        "Type the startup configuration into the running one.",
        Surety.INFERRED,
    ),
    command("dir [disk0:|flash:]", _directory, "The files of the device.", Surety.INFERRED),
    command("reload [noconfirm]", _reload, "Start anew with the startup configuration.", Surety.ATTESTED),
)

"""`show logging`: the settings of the system log with what it counted, and the buffer.

The rows are those of public outputs (ntc-templates fixtures `show_logging`); 8.x lacks three of them. Messages to
hosts are counted where they go; the gateway sends them, the lab does not.
"""

from collections.abc import Iterator

from mainmode.device.config.model import Destination, DeviceId, LogHost, Release
from mainmode.device.show.layout import text
from mainmode.device.show.standing import LogView, Standing
from mainmode.device.syslog import LEVELS


def logging(standing: Standing, *, setting: bool = False) -> str:
    """The whole output; with `setting` without the buffer."""
    kept = () if setting else standing.journal.log.messages
    return text([*_settings(standing), *kept])


def _settings(standing: Standing) -> Iterator[str]:
    settings, log = standing.configuration.settings.logging, standing.journal.log
    new = standing.release is Release.NEW
    yield f"Syslog logging: {_switch(settings.enabled.value)}"
    yield f"    Facility: {settings.facility.value}"
    yield f"    Timestamp logging: {_switch(settings.timestamp.value is not None)}"
    if new:
        yield "    Hide Username logging: disabled"
    yield f"    Standby logging: {_switch(settings.standby.value)}"
    yield f"    Debug-trace logging: {_switch(settings.debug_trace.value)}"
    yield f"    Console logging: {_level(settings.console.value, log, 'console')}"
    yield f"    Monitor logging: {_level(settings.monitor.value, log, 'monitor')}"
    yield f"    Buffer logging: {_level(settings.buffered.value, log, 'buffered')}"
    yield f"    Trap logging: {_level(settings.trap.value, log, 'trap', settings.facility.value)}"
    for host in settings.hosts:
        yield f"        Logging to {_host(host)}"
    if new:
        yield f"    Permit-hostdown logging: {_switch(settings.permit_hostdown.value)}"
    yield f"    History logging: {_level(settings.history.value, log, 'history')}"
    yield f"    Device ID: {_device_id(settings.device_id.value)}"
    yield "    Mail logging: disabled"
    yield "    ASDM logging: disabled"


def _switch(on: bool) -> str:
    return "enabled" if on else "disabled"


def _level(wanted: Destination | None, log: LogView, name: str, facility: int | None = None) -> str:
    if wanted is None:
        return "disabled"
    what = f"level {LEVELS[wanted]}" if isinstance(wanted, int) else f"list {wanted}"
    where = f", facility {facility}" if facility is not None else ""
    return f"{what}{where}, {log.logged(name)} messages logged"


def _host(host: LogHost) -> str:
    transport = f", {host.transport.protocol.upper()}/{host.transport.port}" if host.transport is not None else ""
    return f"{host.interface} {host.address}{transport}"


def _device_id(wanted: DeviceId | None) -> str:
    if wanted is None:
        return "disabled"
    return f'{wanted.method} "{wanted.value}"' if wanted.value is not None else wanted.method

"""How a message of the system log is written: in the buffer, on a console, and on the wire to a host.

The forms on the wire are those that public logs and the vendor's guide show:

    <166>Nov 14 2023 22:13:20 asa1 : %ASA-6-602303: IPSEC: An inbound …      logging timestamp, logging device-id
    <166>2023-11-14T22:13:20Z asa1 : %ASA-6-602303: IPSEC: An inbound …      logging timestamp rfc5424
    <166>:Nov 14 22:13:20 UTC: %ASA-vpn-6-602303: IPSEC: An inbound …        format emblem, which never has a device-id

The clock of the device is UTC.
"""

from datetime import UTC, datetime, timedelta

from mainmode.base.instant import Instant
from mainmode.device.config.model import Configuration, LogHost
from mainmode.device.log_rules import Message

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEVERITIES = 8


class LogForms:
    """The forms of one configuration: its timestamp, device-id and facility."""

    def __init__(self, configuration: Configuration) -> None:
        self._method = configuration.settings.logging.timestamp.value
        self._device_id = _device_id(configuration)
        self._facility = configuration.settings.logging.facility.value

    def local(self, message: Message, now: Instant) -> str:
        """As the buffer and the console show it: `[time] [device-id] : %ASA-5-713119: text`."""
        stamp = _stamp(now, self._method)
        if self._device_id:
            return f"{stamp} {self._device_id} : ".lstrip() + bare(message)
        return f"{stamp}: {bare(message)}" if stamp else bare(message)

    def on_wire(self, message: Message, now: Instant, host: LogHost | None = None) -> str:
        """As a host gets it, `<PRI>` (RFC 3164) in front; without `host` in the usual form."""
        priority = self.priority(message)
        if host is None or not host.emblem:
            return f"{priority}{self.local(message, now)}"
        stamp = _stamp(now, self._method, emblem=True)
        front = f"{stamp}: " if stamp else ""
        named = f"{message.message_class}-" if message.message_class else ""
        return f"{priority}:{front}%ASA-{named}{message.severity}-{message.id:06d}: {message.text}"

    def priority(self, message: Message) -> str:
        """`<166>`: the facility times eight and the severity."""
        return f"<{self._facility * _SEVERITIES + message.severity}>"


def bare(message: Message) -> str:
    """`%ASA-5-713119: text`."""
    return f"%ASA-{message.severity}-{message.id:06d}: {message.text}"


def _stamp(now: Instant, method: str | None, *, emblem: bool = False) -> str:
    """`Aug 15 2019 13:44:38`, `Aug 15 13:44:38 UTC` in EMBLEM, or `2019-08-15T13:44:38Z` in the manner of RFC 5424."""
    if method is None:
        return ""
    when = _EPOCH + timedelta(microseconds=now)
    if method == "rfc5424":
        return f"{when:%Y-%m-%dT%H:%M:%SZ}"
    day = f"{_MONTHS[when.month - 1]} {when.day:02d}"
    return f"{day} {when:%H:%M:%S} UTC" if emblem else f"{day} {when.year} {when:%H:%M:%S}"


def _device_id(configuration: Configuration) -> str:
    """The name that `logging device-id` puts into each message; empty without."""
    found = configuration.settings.logging.device_id.value
    match found.method if found is not None else None:
        case "hostname":
            return configuration.settings.hostname.value
        case "string":
            return (found.value if found is not None else None) or ""
        case "ipaddress":
            interface = configuration.interface((found.value if found is not None else None) or "")
            address = interface.address if interface is not None else None
            return str(address.value.address) if address is not None else ""
        case _:
            return ""

"""How an entry is declared: the rules that fill in what the declaration leaves out."""

from collections.abc import Mapping

from mainmode.catalogue.entry import Channel, Entry, Facts, Kind, Syslog, Tells, teller
from mainmode.catalogue.facts import Fact
from mainmode.catalogue.origins import Origin

NOTICE = 5
"""The severity that a line without a message id counts as."""


def level_of(channel: Channel, severity: int) -> int:
    """The lowest debug level that shows a line.

    The device's own levels are not published beyond "1 by default shows little, 127 shows all text, 254 dumps
    packets". Ours follow the severity of the syslog twin: errors (0 to 3) at 1, warnings at 2, notices at 3,
    informational at 5, debugging ones at 50 (`[IKEv1]`, `[IKEv1 DECODE]`) or 100 (`[IKEv1 DEBUG]`, `IPSEC:`).
    """
    if severity < 7:
        return {4: 2, 5: 3, 6: 5}.get(severity, 1)
    return 50 if channel in (Channel.IKE, Channel.IKE_DECODE) else 100


def entry(
    name: str,
    template: str,
    channel: Channel,
    syslog: str | None,
    origin: Origin,
    meaning: str,
    /,
    *,
    aliases: tuple[str, ...] = (),
    level: int | None = None,
    syslog_by: Mapping[str, Mapping[str, str]] | None = None,
    tells: Tells | Fact | Facts = (),
    peer_in: str = "peer",
    **kinds: Kind,
) -> Entry:
    """Declare a line. `syslog` is severity and id as people write them, `5-713119`; None where it has no id.

    `syslog_by` gives a part's values ids of their own: `{"unit": {"Kbs": "5-713076"}}`.

    `tells` is one fact, several, or what makes them of the parts' values; `peer_in` names the part that is the peer.

    A part must not be called like a parameter of the engine's `say`: entry, about, step, exchange, sources.
    """
    twin = _syslog(syslog) if syslog is not None else None
    if level is None:
        level = level_of(channel, twin.severity if twin else NOTICE)
    by_part = {part: {value: _syslog(text) for value, text in ids.items()} for part, ids in (syslog_by or {}).items()}
    return Entry(
        name,
        template,
        channel,
        kinds,
        twin,
        level,
        origin.certainty,
        origin.source,
        aliases,
        meaning,
        by_part,
        teller(tells),
        peer_in,
    )


def _syslog(text: str) -> Syslog:
    severity, _, number = text.partition("-")
    return Syslog(int(severity), int(number))

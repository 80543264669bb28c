"""A message to the engineer of the other side: what we see, what to check there, what we need; no secrets, no names."""

from collections.abc import Callable, Iterator, Sequence

from mainmode.base.instant import Instant
from mainmode.catalogue.facts import Whose
from mainmode.explain.choosing import how_far
from mainmode.explain.explanation import Letter, Sketch
from mainmode.explain.finding import Finding
from mainmode.explain.masking import masked
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.portrait import VENDORS, Portrait
from mainmode.ladder.spelling import clean, iso, wrap

MOST_FINDINGS = 3
WIDTH = 76
"""Columns of the letter; commands and sketches are not broken."""

LOGS = {
    "asa": (
        "the output of these commands while the tunnel is tried:",
        ("debug crypto condition peer {own}", "debug crypto ikev1 127", "debug crypto ipsec 127"),
        ("show crypto ikev1 sa detail", "show crypto ipsec sa peer {own}", "show running-config crypto"),
    ),
    "ios": (
        "the output of these commands while the tunnel is tried:",
        ("debug crypto condition peer ipv4 {own}", "debug crypto isakmp", "debug crypto ipsec"),
        ("show crypto isakmp sa detail", "show crypto ipsec sa peer {own}", "show running-config | section crypto"),
    ),
    "swanctl": (
        "the output of these commands while the tunnel is tried:",
        ("swanctl --log", "journalctl -u strongswan --since '-10 min'"),
        ("swanctl --list-conns", "swanctl --list-sas"),
    ),
    "ipsec.conf": (
        "the output of these commands while the tunnel is tried:",
        ("journalctl -u ipsec --since '-10 min'",),
        ("ipsec status", "ipsec trafficstatus"),
    ),
}
"""For each language: what to collect, the commands that log, and those that show."""


def letter(
    negotiation: Negotiation,
    peer: Portrait,
    findings: Sequence[Finding],
    drawn: Sketch | None,
    nameless: Callable[[str], str],
) -> Letter:
    """The message about one negotiation. `nameless` takes the names out of a text."""
    subject = f"IPsec tunnel between {peer.own or 'our gateway'} and {peer.peer or 'your gateway'}"
    shown = [clean(masked(nameless(row))) for row in _body(negotiation, peer, findings[:MOST_FINDINGS], drawn)]
    body = "\n".join(part for row in shown for part in _wrapped(row))
    return Letter(peer.peer, clean(masked(nameless(subject))), body)


def _body(negotiation: Negotiation, peer: Portrait, findings: Sequence[Finding], drawn: Sketch | None) -> Iterator[str]:
    yield from ("Hello,", "")
    yield (
        f"the tunnel between {peer.own or 'our gateway'} (our side) and {peer.peer or 'yours'} (your side) "
        f"{_state(negotiation)}.{_when(negotiation.started, negotiation.ended)}"
    )
    yield from ("", 'What our side sees ("the peer" in it is your gateway):')
    for finding in findings:
        yield f"- {finding.title}: {finding.sees or finding.why}"
    checks = [check.text for finding in findings for check in finding.checks if check.where is Whose.PEER]
    on_the_way = [check.text for finding in findings for check in finding.checks if check.where is None]
    known = f" (it looks like {VENDORS[peer.language]}: {peer.ground})" if peer.is_known else ""
    yield from ("", f"Please check on your side{known}:")
    for text in dict.fromkeys(checks):
        yield f"- {text}"
    for text in dict.fromkeys(on_the_way):
        yield f"- on the way between us: {text}"
    if drawn is not None:
        yield "- that your configuration fits ours. As far as our log shows, this would fit (the key left out):"
        yield ""
        for line in drawn.lines:
            yield f"    {line}"
    what, logging, showing = LOGS[peer.language]
    yield from ("", f"If that does not solve it, please send us {what}")
    for command in (*logging, *showing):
        yield f"    {command.format(own=peer.own or '<our address>')}"
    yield from (
        "with the time of the attempt and your clock's offset. Please leave out the pre-shared key; rather than "
        "compare it, we set a new one together by telephone.",
        "",
        "Kind regards",
    )


def _wrapped(row: str) -> list[str]:
    """Prose in short rows; commands and sketches as they are."""
    return [row] if row.startswith("    ") else wrap(row, WIDTH, 2 if row.startswith("- ") else 0)


def _state(negotiation: Negotiation) -> str:
    if negotiation.reached == "phase 2":
        return "comes up, but does not work as it should"
    return f"does not come up ({how_far(negotiation)})"


def _when(started: Instant | None, ended: Instant | None) -> str:
    """The times by our clock; a stamp without a year lies in 1972 and is told without it."""
    if started is None:
        return ""
    if ended is None or ended == started:
        return f" It was {_clock(started)} by our clock."
    return f" Our log has it from {_clock(started)} to {_clock(ended)} by our clock."


def _clock(at: Instant) -> str:
    text = iso(at)[:19].replace("T", " ")
    return text[5:] if text.startswith("1972-") else text

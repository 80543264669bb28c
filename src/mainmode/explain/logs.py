"""One log from its source to its negotiations: a text through the dialects, a capture message by message."""

from mainmode.base.dataclass import dataclass
from mainmode.capture.reading import is_capture
from mainmode.capture.secrets import NO_SECRETS, Secrets
from mainmode.explain.assembler import Assembler
from mainmode.explain.captured import CapturedLog
from mainmode.explain.correlate import Correlator
from mainmode.explain.dialects import DIALECTS
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.reading import Progress, Source
from mainmode.explain.record import Log


@dataclass(frozen=True, slots=True)
class ReadLog:
    """What one log gave. `notes` are for the user; `beginnings` are its files and the line with which each began."""

    log: Log
    negotiations: tuple[Negotiation, ...]
    notes: tuple[str, ...] = ()
    beginnings: tuple[tuple[str, int], ...] = ()


def read_log(
    source: Source,
    number: int = 0,
    progress: Progress | None = None,
    peer: str = "",
    own: str = "",
    secrets: Secrets = NO_SECRETS,
) -> ReadLog:
    """Read a log. `peer` keeps only negotiations with that address or group; `own` is the viewpoint in a capture.

    Raises OSError where a file cannot be read, InputError where a capture cannot for want of a package.
    """
    correlator = Correlator(number, peer)
    if is_capture(source.first_octets()):
        capture = CapturedLog(source.stream(progress), number, source.name, own, peer, secrets)
        correlator.feed_records(capture)
        return ReadLog(capture.log(), correlator.finish(), (*capture.notes, *correlator.notes))
    assembler = Assembler(DIALECTS)
    for several in source.lines(progress):
        correlator.feed(assembler.feed(several))
    correlator.feed(assembler.finish())
    log = assembler.tally.log(number, source.name)
    return ReadLog(log, correlator.finish(), correlator.notes, tuple(source.beginnings))

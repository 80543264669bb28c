"""Records into negotiations: sorted by who writes, the peer and what else a record names, in bounded memory.

A record goes by its SA's name, cookie or message id where it tells one, else by its peer, else to what the same writer
spoke of just before, or just after where it announces something. What ended and went the way of others before is
counted only; when much is held, texts of what went well are let go first.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any, TypeVar

from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.facts import NO_TAG, Began, Phase, Tag
from mainmode.explain.clocks import YEARLESS, since_1972
from mainmode.explain.dialect import Clock
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.record import Piece, Record, piece_of
from mainmode.explain.talk import Talk

BUDGET = 12_000
"""Values (records and facts) that are held with their texts, all negotiations together."""
MOST_HELD = 80_000
"""Values that are kept of all negotiations, when as little as possible is kept of each; beyond, whole ones go."""
MAX_TALKS = 8_000
"""Negotiations that are held; of those beyond, the oldest that went well are only counted."""
MAX_WRITERS = 4096
"""Devices in one log whose names are kept apart at a time."""
KEPT_ALIKE = 8
"""Negotiations with one peer that went the same way and are kept apart; those after them are counted."""
_FEW = 200
"""Up to so many negotiations, those that went well come with all their lines."""
_OPEN_TALKS = 4
_MAX_ORPHANS = 32
_MAX_SPUN = 8
_NEAR_LINES = 60
_NEAR_TIME = 2 * SECOND
_WAITING = 90 * SECOND
"""How long a negotiation whose peer is not told waits for a line that names one."""
_YEAR = 366 * 86400 * SECOND
_NOBODY = ("", "0", "0:0", "(0)", "(0:0)")

Key = TypeVar("Key")


class _Writer:
    """Who writes: one device in one dialect. Maps lead from what a record names to negotiations."""

    def __init__(self) -> None:
        self.peers: dict[str, list[Talk]] = {}
        self.current: dict[str, Talk] = {}
        self.groups: dict[str, Talk] = {}
        self.sas: dict[str, Talk] = {}
        self.cookies: dict[str, Talk] = {}
        self.messages: dict[int, Talk] = {}
        self.threads: dict[str, Talk] = {}
        self.last: Talk | None = None
        self.nobody: Talk | None = None
        self.orphans: list[Piece] = []
        self.spun: dict[str, list[Piece]] = {}
        self.now: Instant | None = None
        self.years = 0


class Correlator:
    """Negotiations of one log. `peer` keeps only those with this address or group."""

    def __init__(self, log: int = 0, peer: str = "") -> None:
        self._log = log
        self._peer = peer
        self._writers: dict[tuple[str, str], _Writer] = {}
        self._latest: dict[str, str] = {}
        self._talks: dict[int, Talk] = {}
        self._alike: dict[tuple[object, ...], list[Talk]] = {}
        self._held = 0
        self._limit = BUDGET
        self._count = 0
        self.forgotten = 0

    def feed(self, pieces: Iterable[Piece]) -> None:
        """Sort records, in the order of the log."""
        writer, dialect, host = _Writer(), "", ""
        for piece in pieces:
            _, _, _, spoken, _, tag, clock, sense = piece
            if spoken is not dialect or clock.host is not host:
                dialect, host = spoken, clock.host
                writer = self._writer(dialect, host)
            at = clock.at
            if at is not None:
                if writer.years or (writer.now is not None and at < writer.now):
                    piece = self._dated(writer, piece, at)
                else:
                    writer.now = at
            talk = writer.current.get(tag.peer)
            if (
                talk is None
                or talk.over
                or writer.orphans
                or tag.sa
                or tag.cookie
                or tag.thread
                or sense.begins_one
                or sense.opening is not None
            ):
                self._sort(writer, piece)
            else:
                writer.last = talk
                if tag.message_id:
                    writer.messages[tag.message_id] = talk
                self._held += talk.add(piece)
            if self._held > self._limit:
                self._slim()

    def _writer(self, dialect: str, host: str) -> _Writer:
        """Who writes; a line without a host is of whoever wrote in this dialect before."""
        if not host:
            host = self._latest.get(dialect, "")
        elif (dialect, "") in self._writers:
            self._writers[dialect, host] = self._writers.pop((dialect, ""))
        self._latest[dialect] = host
        writer = self._writers.get((dialect, host))
        if writer is None:
            writer = self._writers[dialect, host] = _Writer()
            if len(self._writers) > MAX_WRITERS:
                for old in _oldest(self._writers):
                    self._close(self._writers.pop(old))
        return writer

    def _close(self, writer: _Writer) -> None:
        """Give what still waits for another record of this writer to whom it may belong."""
        for thread, held in writer.spun.items():
            for piece in held:
                self._give(writer.threads.get(thread) or writer.last or self._nobody(writer, piece), piece)
        for piece in writer.orphans:
            self._give(writer.last or self._nobody(writer, piece), piece)
        writer.orphans, writer.spun = [], {}

    def feed_records(self, records: Iterable[Record]) -> None:
        """Sort records that are values already."""
        self.feed(piece_of(one.first, one.last, one.text, one.dialect, one.reading) for one in records)

    def finish(self) -> tuple[Negotiation, ...]:
        """All negotiations, in the order in which they began."""
        for writer in self._writers.values():
            self._close(writer)
        talks = [one for one in self._talks.values() if one.records and self._wanted(one)]
        talks.sort(key=lambda one: one.first)
        for number, talk in enumerate(talks, 1):
            talk.number = number
        few = len(talks) <= _FEW
        return tuple(talk.negotiation(self._log, few or not talk.healthy) for talk in talks)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user has to know about what was let go."""
        if not self.forgotten:
            return ()
        return (f"{self.forgotten} older negotiations were let go to bound the memory: --peer looks at one peer only",)

    def _wanted(self, talk: Talk) -> bool:
        return not self._peer or self._peer in (talk.peer, talk.group)

    # time

    def _dated(self, writer: _Writer, piece: Piece, at: Instant) -> Piece:
        """The record with a stamp that goes on where a stamp without a year began anew at New Year.

        Among stamps with a year, one without lies in theirs.
        """
        if writer.now is not None and at < YEARLESS <= writer.now:
            writer.now = Instant(at + since_1972(writer.now))
            return piece._replace(clock=Clock(piece.clock.stamp, writer.now, piece.clock.host))
        if writer.now is not None and at + writer.years * _YEAR < writer.now - 300 * 86400 * SECOND and at < 3 * _YEAR:
            writer.years += 1
        if writer.years:
            at = Instant(at + writer.years * _YEAR)
            piece = piece._replace(clock=Clock(piece.clock.stamp, at, piece.clock.host))
        writer.now = at
        return piece

    # sorting

    def _sort(self, writer: _Writer, piece: Piece) -> None:
        tag = piece.tag
        if tag is NO_TAG or not _names(tag):
            self._untagged(writer, piece)
            return
        if tag.thread and not tag.peer and self._holds(writer, piece):
            return
        talk = self._named(writer, tag)
        if talk is None or talk.refuses(piece):
            refused, talk = talk, self._by_peer(writer, piece, talk) or self._new(writer, piece, talk)
            taken = refused.give_back(tag.thread) if refused is not None and tag.thread else None
            if taken is not None:
                self._held += talk.add(taken) - 1
        if tag.thread in writer.spun:
            for held in writer.spun.pop(tag.thread):
                self._give(talk, held)
        if writer.orphans:
            for orphan in writer.orphans:
                self._give(talk, orphan)
            writer.orphans = []
        self._give(talk, piece)
        self._remember(writer, talk, tag)

    def _holds(self, writer: _Writer, piece: Piece) -> bool:
        """Whether a daemon's thread speaks of a message that it is about to send, to whom it says next."""
        tag = piece.tag
        held = writer.spun.get(tag.thread)
        if held is None:
            if not piece.sense.sends and (tag.thread in writer.threads or tag.group or tag.sa):
                return False
            held = writer.spun[tag.thread] = []
        if len(held) >= _MAX_SPUN:
            del writer.spun[tag.thread]
            for one in held:
                self._give(writer.threads.get(tag.thread) or writer.last or self._nobody(writer, piece), one)
            return False
        held.append(piece)
        return True

    def _named(self, writer: _Writer, tag: Tag) -> Talk | None:
        """The negotiation that a record names by more than its peer."""
        if tag.cookie and tag.cookie in writer.cookies:
            return writer.cookies[tag.cookie]
        if tag.sa not in _NOBODY and tag.sa in writer.sas:
            return writer.sas[tag.sa]
        if tag.message_id:
            talk = writer.messages.get(tag.message_id)
            if talk is not None and (not tag.peer or talk.peer in ("", tag.peer)):
                return talk
        if tag.peer:
            return None
        if tag.group and tag.group in writer.groups:
            return writer.groups[tag.group]
        if tag.thread and tag.thread in writer.threads:
            return writer.threads[tag.thread]
        return None

    def _by_peer(self, writer: _Writer, piece: Piece, refused: Talk | None) -> Talk | None:
        """The open negotiation with the record's peer that the record fits best."""
        tag = piece.tag
        talks: list[Talk] = []
        if tag.peer:
            talks = writer.peers.get(tag.peer, [])
            last = writer.last
            if (
                not talks
                and last is not None
                and not last.peer
                and last is not writer.nobody
                and _near(last, piece, _WAITING)
            ):
                talks = [last]
        else:
            if tag.group and tag.group in writer.groups:
                talks = writer.peers.get(writer.groups[tag.group].peer, [writer.groups[tag.group]])
            last = writer.last
            bare = not tag.group and not tag.thread and tag.sa in _NOBODY
            if last is not None and last is not refused and last not in talks and (bare or last.sa in _NOBODY):
                talks = [*talks, last]
        fitting = [one for one in talks if one is not refused and _fits(one, piece) and not one.refuses(piece)]
        if not fitting:
            return None
        if len(fitting) > 1:
            role = tag.role or next((one.role for one in piece.said.facts if isinstance(one, Began)), None)
            same = [one for one in fitting if role is not None and one.role is role]
            fitting = same or fitting
        return fitting[-1]

    def _new(self, writer: _Writer, piece: Piece, refused: Talk | None) -> Talk:
        tag = piece.tag
        self._count += 1
        talk = Talk(self._count, piece.dialect, piece.clock.host)
        if not tag.peer:
            talk.peer = refused.peer if refused is not None else ""
            if not talk.peer and tag.group in writer.groups:
                talk.peer = writer.groups[tag.group].peer
        self._talks[self._count] = talk
        peer = tag.peer or talk.peer
        if peer:
            several = writer.peers.setdefault(peer, [])
            several.append(talk)
            if len(several) > _OPEN_TALKS:
                several.pop(0)
            if len(several) > 1:
                self._fold(several[-2])
        return talk

    def _remember(self, writer: _Writer, talk: Talk, tag: Tag) -> None:
        writer.last = talk
        if tag.group:
            writer.groups[tag.group] = talk
        if tag.cookie:
            writer.cookies[tag.cookie] = talk
        if tag.sa not in _NOBODY:
            writer.sas[tag.sa] = talk
        if tag.message_id:
            writer.messages[tag.message_id] = talk
        if tag.thread:
            writer.threads[tag.thread] = talk
        if tag.peer:
            several = writer.peers.setdefault(tag.peer, [])
            if talk not in several:
                several.append(talk)
            elif several[-1] is not talk and not talk.over:
                several.remove(talk)
                several.append(talk)
            if len(several) == 1 or all(one.over for one in several[:-1]):
                writer.current[tag.peer] = several[-1]
            else:
                writer.current.pop(tag.peer, None)
        names = (writer.cookies, writer.sas, writer.groups, writer.threads, writer.messages)
        _bound(*names, writer.peers, writer.current)

    # records that name nobody

    def _untagged(self, writer: _Writer, piece: Piece) -> None:
        last = writer.last
        if piece.sense.announces or last is None or last.gone or writer.orphans or not _near(last, piece):
            writer.orphans.append(piece)
            if len(writer.orphans) > _MAX_ORPHANS:
                self._give(self._nobody(writer, piece), writer.orphans.pop(0))
            return
        self._give(last, piece)

    def _nobody(self, writer: _Writer, piece: Piece) -> Talk:
        if writer.nobody is None or writer.nobody.gone:
            self._count += 1
            writer.nobody = Talk(self._count, piece.dialect, piece.clock.host)
            self._talks[self._count] = writer.nobody
        return writer.nobody

    def _give(self, talk: Talk, piece: Piece) -> None:
        self._held += talk.add(piece)

    # bounds

    def _fold(self, talk: Talk) -> None:
        """Count a negotiation that another one with the peer followed, where enough others went its way."""
        if not talk.over and talk.outcome.name == "OPEN":
            return
        _bound(self._alike)
        way = (talk.dialect, talk.device, *talk.way_it_went())
        alike = self._alike[way] = [one for one in self._alike.get(way, ()) if one.number in self._talks]
        if len(alike) < KEPT_ALIKE:
            alike.append(talk)
        elif talk not in alike and self._talks.pop(talk.number, None) is not None:
            alike[-1].similar += 1 + talk.similar
            self._held -= 0 if talk.slim else talk.cost()

    def _slim(self) -> None:
        """Hold less, beginning with what went well and is over or old."""
        newest = {id(one) for one in list(self._talks.values())[-256:]}
        for hard, healthy in ((True, True), (False, False)):
            for talk in self._talks.values():
                if not talk.slim and id(talk) not in newest and (talk.healthy or not healthy):
                    self._held -= talk.cost()
                    talk.let_go(hard)
            if self._held < self._limit * 3 // 4:
                break
        self._held = sum(talk.cost() for talk in self._talks.values())
        if self._held > MOST_HELD or len(self._talks) > MAX_TALKS:
            self._forget(newest)
        self._limit = max(BUDGET, self._held + BUDGET // 4)

    def _forget(self, newest: set[int]) -> None:
        """Let whole negotiations go: first what went well, of that the oldest; the newest stay."""
        old = [talk for talk in self._talks.values() if id(talk) not in newest]
        for talk in sorted(old, key=lambda one: not one.healthy):
            if self._held <= MOST_HELD * 3 // 4 and len(self._talks) <= MAX_TALKS * 3 // 4:
                return
            del self._talks[talk.number]
            self._held -= talk.cost()
            self.forgotten += 1 + talk.similar
            talk.forget()


def _oldest(names: Iterable[Key]) -> list[Key]:
    return list(islice(names, MAX_WRITERS // 2))


def _bound(*several: dict[Any, Any]) -> None:
    """Forget the oldest names where there are too many, many at a time: one by one is slow."""
    for names in several:
        if len(names) > MAX_TALKS:
            for old in _oldest(names):
                del names[old]


def _names(tag: Tag) -> bool:
    return bool(tag.peer or tag.group or tag.cookie or tag.message_id or tag.thread or tag.sa not in _NOBODY)


def _fits(talk: Talk, piece: Piece) -> bool:
    """Whether the names of a record do not speak against a negotiation."""
    tag = piece.tag
    if tag.cookie and talk.cookie and tag.cookie != talk.cookie:
        return False
    if tag.sa not in _NOBODY and talk.sa not in _NOBODY and tag.sa != talk.sa:
        return piece.sense.phase is Phase.TWO
    if tag.role is not None and talk.role is not None and tag.role is not talk.role:
        return piece.sense.phase is not Phase.ONE
    return not (talk.peer and tag.peer and talk.peer != tag.peer)


def _near(talk: Talk, piece: Piece, time: int = _NEAR_TIME) -> bool:
    """Whether a record stands so near to the last of a negotiation that it may belong to it."""
    at = piece.clock.at
    if at is not None and talk.ended is not None:
        return abs(at - talk.ended) <= time
    return piece.first - talk.last <= _NEAR_LINES

"""A negotiation in the making: the records of one IKE SA, its exchanges, and whether a record can still be its."""

from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.facts import (
    NO_TAG,
    Agreed,
    Began,
    Deleted,
    Down,
    Fact,
    GaveUp,
    Group,
    Identity,
    Message,
    NatFound,
    Notify,
    Phase,
    Proxies,
    Refused,
    Role,
    Symptom,
    Tag,
    Told,
    Up,
    Way,
    Why,
)
from mainmode.explain.attempt import End, Trying
from mainmode.explain.dialect import Reading
from mainmode.explain.negotiation import Attempt, Negotiation, Outcome
from mainmode.explain.phases import opens
from mainmode.explain.record import Noted, Piece, Record

_LASTING = (Began, Up, Agreed, Proxies, Identity, NatFound, Refused, Told, GaveUp, Down, Group)
"""Facts that are kept of a negotiation when memory is short."""
MAX_QUICK = 64
"""Quick modes of one IKE SA that are kept apart; of older ones that went well the facts are let go."""
MAX_LINES = 4000
"""Records of one negotiation that are kept: the first and the last ones."""

_LIVED = frozenset({Why.LOST, Why.IDLE, Why.SESSION_TIME, Why.ADMIN, Why.PEER, Why.LIFETIME})
"""Reasons for which only what stood ends."""
_GLOW = 10 * SECOND
"""How long after its end a negotiation is still spoken of."""

Entry = tuple[Fact, Piece, Trying | None]


def _lived(fact: Fact) -> bool:
    """Whether a fact is about what stood before the log began."""
    if isinstance(fact, Down):
        return fact.why in _LIVED
    return isinstance(fact, Told) and fact.symptom is Symptom.PEER_LOST


class Talk:
    """What is known of one negotiation so far. `entries` are names of declarations seen since it ended, or at all."""

    def __init__(self, number: int, dialect: str, device: str) -> None:
        self.number = number
        self.dialect = dialect
        self.device = device
        self.peer = self.local = self.group = self.sa = self.cookie = ""
        self.role: Role | None = None
        self.phase1: Trying | None = None
        self.phase2: list[Trying] = []
        self.told: list[Entry] = []
        self.pieces: list[Piece] = []
        self.entries: set[str] = set()
        self.first = self.last = self.records = self.dropped = 0
        self.started: Instant | None = None
        self.ended: Instant | None = None
        self.similar = 0
        self.over = False
        self.slim = False
        self.gone = False
        self._ids: dict[int | str, Trying] = {}
        self._moved = False
        self._announced = False
        self._known = NO_TAG

    # what comes in

    def add(self, piece: Piece) -> int:
        """A record is this negotiation's; how many values are kept for it."""
        first, last, _, _, said, tag, clock, sense = piece
        if not self.records or first < self.first:
            self.first = first
        self.records += 1
        if last > self.last:
            self.last = last
        at = clock.at
        if at is not None:
            if self.ended is None or at > self.ended:
                self.ended = at
            if self.started is None or at < self.started:
                self.started = at
        pieces = self.pieces
        pieces.append(piece)
        kept = 1
        if len(pieces) > MAX_LINES:
            del pieces[MAX_LINES // 2]
            self.dropped += 1
            kept = 0
        if tag is not self._known:
            self._know(tag)
        if not sense.silent:
            self.entries.add(said.entry)
            kept += self._tell(piece)
        return kept

    def give_back(self, thread: str) -> Piece | None:
        """The last record, where it tells nothing and its daemon's thread went on to another negotiation."""
        if len(self.pieces) < 2 or not self.pieces[-1].sense.silent or self.pieces[-1].tag.thread != thread:
            return None
        piece = self.pieces.pop()
        self.records -= 1
        before = self.pieces[-1]
        self.last, self.ended = before.last, before.clock.at
        return piece

    def _know(self, tag: Tag) -> None:
        self._known = tag
        if tag.role is not None and self.phase1 is not None and self.phase1.guessed and not self.phase2:
            self._turn(self.phase1, tag.role)
        if tag.peer and not self.peer:
            self.peer = tag.peer
        if tag.local and not self.local:
            self.local = tag.local
        if tag.group and not self.group:
            self.group = tag.group
        if tag.sa and not self.sa:
            self.sa = tag.sa
        if tag.cookie and not self.cookie:
            self.cookie = tag.cookie

    def _tell(self, piece: Piece) -> int:
        count, said, tag = 0, piece.said, piece.tag
        trying = self._trying(piece)
        for fact in said.facts:
            kept: Fact | None = fact
            own = trying
            if isinstance(fact, Message):
                kept = self._message(fact, said.step, tag, trying)
            elif isinstance(fact, Began):
                self._began(fact, trying)
            elif isinstance(fact, (Down, Deleted)):
                own = self._ends(fact, trying)
            elif isinstance(fact, Group):
                self.group = fact.name
            elif trying is not None:
                trying.feel(fact)
                if isinstance(fact, GaveUp) and trying is self.phase1:
                    self.over = trying.end is not End.UP
            if kept is not None:
                self.told.append((kept, piece, own))
                count += 1
        if self.role is None:
            self.role = tag.role or (self.phase1.role if self.phase1 else None)
        return count

    def _message(self, fact: Message, step: str, tag: Tag, trying: Trying | None) -> Message | None:
        if trying is None:
            return fact
        self._moved = self._moved or trying.phase is Phase.ONE
        if trying.role is None and trying is self.phase1:
            trying.role = tag.role or self.role
        return trying.message(fact, step)

    def _turn(self, trying: Trying, role: Role) -> None:
        """A role that is told overrules the one that was guessed from the first message."""
        if trying.turn(role):
            self.told = [
                (trying.turned(fact) if isinstance(fact, Message) and own is trying else fact, piece, own)
                for fact, piece, own in self.told
            ]
            self.role = role

    def _began(self, fact: Began, trying: Trying | None) -> None:
        if trying is not None:
            trying.role = fact.role or trying.role
            trying.rekey = trying.rekey or fact.rekey
            trying.announced = True
        if fact.phase is Phase.ONE:
            self._announced = True
            self.role = fact.role or self.role

    def _ends(self, fact: Down | Deleted, trying: Trying | None) -> Trying | None:
        """An SA or all of them ended; the attempt that it belongs to."""
        if isinstance(fact, Deleted) and fact.spis:
            trying = next((one for one in self.phase2 if one.spis & set(fact.spis)), trying)
        if fact.phase is Phase.TWO:
            if trying is None or trying.phase is Phase.ONE:
                trying = next((one for one in self.phase2 if one.end is End.UP), trying)
            if trying is not None:
                trying.feel(fact)
            return trying
        if isinstance(fact, Deleted) and fact.phase is None:
            return trying
        why = fact.why if isinstance(fact, Down) else Why.PEER if fact.way is Way.RECEIVED else Why.UNSAID
        if self.phase1 is not None:
            self.phase1.close(why)
        if fact.phase is None:
            for one in self.phase2:
                one.close(why)
        self.over = True
        return trying

    # which exchange

    def _trying(self, piece: Piece) -> Trying | None:
        phase, tag = piece.sense.phase, piece.tag
        if phase is None:
            return self._ids.get(tag.message_id) if tag.message_id else self._current()
        if phase is Phase.ONE:
            if self.phase1 is None and piece.sense.begins:
                self.phase1 = Trying(phase, tag.role)
            return self.phase1
        return self._quick(piece)

    def _current(self) -> Trying | None:
        if self.phase1 is not None and self.phase1.end is End.NOT_YET:
            return self.phase1
        last = self.phase2[-1] if self.phase2 else None
        return last if last is not None and last.end is End.NOT_YET else None

    def _quick(self, piece: Piece) -> Trying | None:
        said, tag = piece.said, piece.tag
        keys = [key for key in (tag.message_id, tag.sa if tag.sa != self.sa else "") if key]
        found = next((self._ids[key] for key in keys if key in self._ids), None)
        if found is None:
            last = self.phase2[-1] if self.phase2 else None
            bound = last is not None and last.message_id is not None and tag.message_id
            if bound and piece.sense.again:
                return None
            if last is None or bound or self._anew(said, last):
                if not piece.sense.begins and last is None and self.phase1 is None:
                    return None
                found = self._another(tag)
            else:
                found = last
        for key in keys:
            self._ids[key] = found
        if tag.message_id and found.message_id is None:
            found.message_id = tag.message_id
        return found

    def _anew(self, said: Reading, last: Trying) -> bool:
        """Whether a record about phase 2 without a known message id begins another quick mode."""
        for fact in said.facts:
            if isinstance(fact, Began):
                return last.announced or len(last.names) > 1 or last.end is not End.NOT_YET
            if isinstance(fact, Up):
                return last.end is End.CLOSED or (last.end is End.UP and last.differs(fact))
            if isinstance(fact, Message) and "SA" in fact.payloads and not fact.again:
                return last.end is not End.NOT_YET
        return last.over and any(isinstance(one, Proxies) for one in said.facts)

    def _another(self, tag: Tag) -> Trying:
        found = Trying(Phase.TWO, tag.role)
        self.phase2.append(found)
        if len(self.phase2) > MAX_QUICK:
            old = next((one for one in self.phase2[:-1] if one.end in (End.CLOSED, End.UP)), self.phase2[0])
            self.phase2.remove(old)
            self.told = [entry for entry in self.told if entry[2] is not old]
            self._ids = {key: one for key, one in self._ids.items() if one is not old}
        return found

    # whether a record can be its

    def refuses(self, piece: Piece) -> bool:
        """Whether a record that names this peer must be of another negotiation than this one."""
        sense = piece.sense
        if self.gone:
            return True
        if sense.begins_one:
            return self._refuses_beginning()
        if sense.opening is not None and (self.over or opens(sense.opening)):
            return self._refuses_opening(sense.opening)
        if not self.over or sense.silent or piece.said.entry not in self.entries:
            return False
        return (not piece.tag.sa or piece.tag.sa != self.sa) and not self._glows(piece)

    def _refuses_beginning(self) -> bool:
        trying = self.phase1
        if trying is None:
            return self.over or bool(self.phase2)
        return self.over or trying.end is not End.NOT_YET or len(trying.names) > 1 or (self._announced and self._moved)

    def _glows(self, piece: Piece) -> bool:
        """Whether a record can be an echo of what just ended: the delete that goes out, a packet too late."""
        at = piece.clock.at
        return not piece.sense.fresh and (at is None or self.ended is None or at - self.ended <= _GLOW)

    def _refuses_opening(self, fact: Message) -> bool:
        trying = self.phase1
        if trying is None:
            return self.over or bool(self.phase2)
        if self.over or trying.end is not End.NOT_YET:
            return not fact.again
        if fact.again or not trying.names:
            return False
        initiator = (trying.role or self.role) is Role.INITIATOR
        if (fact.way is Way.SENT) == initiator:
            return fact.way is Way.SENT or len(trying.names) > 2
        return len(trying.names) > 2

    # what goes out

    @property
    def outcome(self) -> Outcome:
        """How it ended as far as the records show."""
        ends = [one.end for one in self.phase2]
        if End.UP in ends:
            return Outcome.UP
        if End.CLOSED in ends:
            return Outcome.CLOSED
        if End.FAILED in ends or (self.phase1 is not None and self.phase1.end is End.FAILED):
            return Outcome.FAILED
        if self.over:
            if self.phase1 is None and any(_lived(fact) for fact, _, _ in self.told):
                return Outcome.CLOSED
            return Outcome.FAILED if self.phase1 is None or self.phase1.end is not End.CLOSED else Outcome.CLOSED
        return Outcome.OPEN

    @property
    def healthy(self) -> bool:
        """Whether nothing in it failed."""
        return self.outcome in (Outcome.UP, Outcome.CLOSED) and not any(one.end is End.FAILED for one in self.phase2)

    def way_it_went(self) -> tuple[object, ...]:
        """What negotiations have in common that went the same way."""
        told = frozenset(
            (type(fact).__name__, getattr(fact, "symptom", None) or getattr(fact, "name", "") or "")
            for fact, _, _ in self.told
            if isinstance(fact, Told | Notify | GaveUp | Refused | Down)
        )
        return (self.peer, self.group, self.role, self.outcome, len(self.phase2), told)

    def cost(self) -> int:
        """How many values it keeps."""
        return len(self.told) + len(self.pieces)

    def let_go(self, hard: bool) -> None:
        """Keep less: no texts and no records that tell nothing; with `hard` only the facts that matter most."""
        self.slim = True
        self.dropped += len(self.pieces)
        self.pieces = []
        bare: dict[int, Piece] = {}
        told, self.told = self.told, []
        for fact, piece, trying in told:
            if not hard or isinstance(fact, _LASTING):
                kept = bare.get(id(piece))
                if kept is None:
                    kept = bare[id(piece)] = piece._replace(text="")
                self.told.append((fact, kept, trying))

    def forget(self) -> None:
        """Keep nothing: what comes later with these names is of another negotiation."""
        self.told, self.pieces, self.phase2 = [], [], []
        self.phase1, self.over, self.gone = None, True, True
        self._ids.clear()

    def negotiation(self, log: int, with_lines: bool = True) -> Negotiation:
        """The value that stands for it."""
        records: dict[int, Record] = {}

        def record(piece: Piece) -> Record:
            made = records.get(id(piece))
            if made is None:
                made = records[id(piece)] = piece.record(log)
            return made

        noted = [(Noted(fact, record(piece)), trying) for fact, piece, trying in self.told]

        def attempt(one: Trying) -> Attempt:
            own = tuple(note for note, trying in noted if trying is one)
            return Attempt(one.phase, one.role, one.message_id, own, one.outcome, one.rekey, one.repeated)

        return Negotiation(
            self.number,
            log,
            self.dialect,
            self.device,
            self.peer,
            self.local,
            self.group,
            self.role,
            attempt(self.phase1) if self.phase1 else None,
            tuple(map(attempt, self.phase2)),
            tuple(note for note, _ in noted),
            self.outcome,
            self.first,
            self.last,
            self.records,
            self.started,
            self.ended,
            (self.phase1.repeated if self.phase1 else 0) + sum(one.repeated for one in self.phase2),
            self.similar,
            tuple(map(record, self.pieces)) if with_lines else (),
        )

"""How tunnels end: dead peers, deletes, timeouts, lifetimes, collisions."""

from collections.abc import Iterator

from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.facts import Deleted, Down, Phase, Symptom, Up, Way, Whose, Why
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.diagnoses.declaration import At, Diagnosis, Finder, Match, Remedy, Scope, Weight
from mainmode.explain.finding import Check, Safety
from mainmode.explain.record import Noted

_AT_ONCE = 2 * SECOND
"""A delete so soon after a tunnel came up is a refusal."""


def _downs(case: Case, *whys: Why) -> tuple[Noted, ...]:
    return tuple(noted for noted in case.all(Down) if isinstance(noted.fact, Down) and noted.fact.why in whys)


def _was_up(case: Case) -> bool:
    return case.phase1_up


def _words(found: tuple[Noted, ...]) -> str:
    words = next((noted.fact.words for noted in found if isinstance(noted.fact, Down) and noted.fact.words), "")
    return f" ({words})" if words else ""


def _at(noted: Noted) -> Instant | None:
    return noted.record.reading.at


def _lost_peer(case: Case) -> Iterator[Match]:
    lost = _downs(case, Why.LOST)
    told = case.told(Symptom.PEER_LOST)
    if not (lost or told) or not _was_up(case):
        return
    if not case.phase2_up and not told and (case.lame or case.told(Symptom.DUPLICATE)):
        return
    sees = f"{case.peer} stopped answering while the tunnel was up{_words(lost)}."
    found = tuple(sorted((*told[:3], *lost[:2]), key=lambda noted: noted.record.first))
    weight = Weight.IMPLIED if told or case.phase2_up else Weight.FITS
    yield Match(weight, sees, found, Whose.PEER, Scope.END, ("STALE_SA", "PACKETS_LOST"))


LOST_PEER = Diagnosis(
    "LOST_PEER",
    "The peer stopped answering",
    "dead peer detection had no answer, or a device lost contact with the peer",
    "The peer was restarted, lost its line, or a NAT on the way forgot its mapping. Dead peer detection notices it and "
    "takes the tunnel down, so that a new one can come up.",
    "keepalives that are sent and never answered",
    _lost_peer,
    (
        Check(Whose.OWN, "Whether the tunnel comes back by itself when the peer does."),
        Check(Whose.PEER, "Its uptime and its line at that time; and that its keepalives are on as well."),
        Check(None, "A NAT or a stateful filter that forgets UDP mappings sooner than keepalives are sent."),
    ),
    (
        Remedy(
            "asa",
            "Keepalives, so that a dead peer is noticed.",
            ("tunnel-group {peer} ipsec-attributes", " isakmp keepalive threshold 10 retry 2"),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "Keepalives, so that a dead peer is noticed.",
            ("crypto isakmp keepalive 10 periodic",),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "Dead peer detection in swanctl.conf.",
            (
                "connections.{group}.dpd_delay = 30s",
                "connections.{group}.children.<child>.dpd_action = restart",
                "swanctl --load-conns",
            ),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "pluto",
            "Dead peer detection in ipsec.conf.",
            ("conn {group}", "    dpddelay=30", "    dpdtimeout=120", "    dpdaction=restart"),
            Safety.SAFE,
            At.BOTH,
        ),
    ),
)


def _peer_deleted(case: Case) -> Iterator[Match]:
    downs = _downs(case, Why.PEER)
    deletes = tuple(
        noted for noted in case.all(Deleted) if isinstance(noted.fact, Deleted) and noted.fact.way is Way.RECEIVED
    )
    ups = [noted.record.first for noted in case.all(Up) if getattr(noted.fact, "phase", None) is Phase.TWO]
    found = tuple(one for one in (*downs, *deletes) if not ups or one.record.first > ups[0])
    if not found or not _was_up(case):
        return
    reason = next((noted.fact.reason for noted in deletes if isinstance(noted.fact, Deleted) and noted.fact.reason), "")
    why = f" ({reason})" if reason else _words(downs)
    at_once = _deleted_at_once(case, found)
    if case.phase2_up:
        sees = f"{case.peer} deleted the tunnel" + (" as soon as it was up" if at_once else "") + why + "."
        yield Match(
            Weight.SHAPED if at_once else Weight.IMPLIED,
            sees,
            found[:3],
            Whose.PEER,
            Scope.END,
            ("TRANSFORM_MISMATCH", "PROXY_MISMATCH") if at_once else ("IDLE", "ADMIN", "SESSION_TIME", "LIFETIME"),
            warning=not at_once,
        )
    elif not case.errors() and not case.told(*_BETTER) and case.phase2_lame and case.negotiation.phase2:
        sees = f"{case.peer} deleted the IKE SA while phase 2 was negotiated{why}."
        yield Match(
            Weight.FITS,
            sees,
            found[:3],
            Whose.PEER,
            Scope.PHASE2,
            ("PROXY_MISMATCH", "TRANSFORM_MISMATCH", "PFS_MISMATCH", "PROTOCOL_NOT_ALLOWED"),
            "Why the peer deletes stands in its log alone.",
        )


_BETTER = (
    Symptom.NO_MATCHING_ENTRY,
    Symptom.ACL_MISMATCH,
    Symptom.PROPOSAL_REFUSED,
    Symptom.PFS_MISSING,
    Symptom.PFS_UNWANTED,
    Symptom.ENTRY_INCOMPLETE,
    Symptom.WRONG_PEER_FOR_ENTRY,
)


def _deleted_at_once(case: Case, found: tuple[Noted, ...]) -> bool:
    ups = [noted for noted in case.all(Up) if isinstance(noted.fact, Up) and noted.fact.phase is Phase.TWO]
    for up in ups:
        for noted in found:
            start, end = _at(up), _at(noted)
            if start is not None and end is not None and 0 <= end - start <= _AT_ONCE and len(ups) == 1:
                return True
    return False


PEER_DELETED = Diagnosis(
    "PEER_DELETED",
    "The peer deleted the tunnel",
    "a delete of the peer for an SA that stood",
    "Somebody or something took it down over there: an administrator, a timeout, a lifetime, a changed "
    "configuration, or "
    "(right after it came up) something that the peer does not like after all.",
    "a delete payload of the peer, or Peer Terminate as the reason",
    _peer_deleted,
    (
        Check(Whose.PEER, "Its log at that time: why it deleted."),
        Check(Whose.OWN, "Whether the tunnel comes up again with the next traffic."),
    ),
    (
        Remedy("asa", "Look at what stands.", ("show vpn-sessiondb l2l", "show crypto ikev1 sa"), Safety.LOOK, At.BOTH),
        Remedy("ios", "Look at what stands.", ("show crypto session detail",), Safety.LOOK, At.BOTH),
        Remedy("charon", "Look at what stands.", ("swanctl --list-sas",), Safety.LOOK, At.BOTH),
        Remedy("pluto", "Look at what stands.", ("ipsec trafficstatus",), Safety.LOOK, At.BOTH),
    ),
)


def _by(why: Why, sentence: str, *, whose: Whose | None = Whose.OWN, instead: tuple[str, ...] = ()) -> Finder:
    """A finder for an ending whose reason the device says."""

    def find(case: Case) -> Iterator[Match]:
        found = _downs(case, why)
        if found and _was_up(case):
            sees = sentence.format(peer=case.peer) + _words(found) + "."
            yield Match(Weight.IMPLIED, sees, found[:3], whose, Scope.END, instead, better=2, warning=True)

    return find


_SESSIONS = (
    Remedy("asa", "Look at the sessions.", ("show vpn-sessiondb detail l2l", "show run group-policy"), Safety.LOOK),
    Remedy("ios", "Look at the sessions.", ("show crypto session detail",), Safety.LOOK),
    Remedy("charon", "Look at the SAs.", ("swanctl --list-sas",), Safety.LOOK),
    Remedy("pluto", "Look at the SAs.", ("ipsec trafficstatus",), Safety.LOOK),
)

IDLE = Diagnosis(
    "IDLE",
    "The tunnel was idle for too long",
    "a device says that a tunnel ended because nothing was carried",
    "vpn-idle-timeout (30 minutes is usual) ends a tunnel without traffic; the next packet brings it up again. A "
    "tunnel that "
    "only one side may begin stays down until that side has traffic.",
    "the reason Idle Timeout on either side",
    _by(Why.IDLE, "The tunnel with {peer} carried nothing for too long"),
    (Check(Whose.OWN, "vpn-idle-timeout of the group-policy, or set security-association idle-time."),),
    (
        Remedy(
            "asa",
            "No idle timeout for this peer.",
            ("group-policy <policy> attributes", " vpn-idle-timeout none"),
            Safety.SAFE,
        ),
        Remedy("ios", "No idle time.", ("no crypto ipsec security-association idle-time",), Safety.WIDE),
        *_SESSIONS[2:],
    ),
)

SESSION_TIME = Diagnosis(
    "SESSION_TIME",
    "The session lasted as long as it may",
    "a device says that the session reached its longest time",
    "vpn-session-timeout ends a session whatever it carries.",
    "the reason Max Time Exceeded on either side",
    _by(Why.SESSION_TIME, "The session with {peer} lasted as long as it may"),
    (Check(Whose.OWN, "vpn-session-timeout of the group-policy: none is usual between gateways."),),
    (
        Remedy(
            "asa",
            "No longest time for this peer.",
            ("group-policy <policy> attributes", " vpn-session-timeout none"),
            Safety.SAFE,
        ),
        *_SESSIONS[1:],
    ),
)

ADMIN = Diagnosis(
    "ADMIN",
    "Somebody took the tunnel down here",
    "a device says that an administrator reset, rebooted or cleared it",
    "A clear command, a changed configuration or a restart of this device ends its tunnels.",
    "the reason Administrator Reset, or a clear command in the log",
    _by(Why.ADMIN, "The tunnel with {peer} was taken down on this device"),
    (Check(Whose.OWN, "Who typed what at that time (show logging, %ASA-5-111008)."),),
    _SESSIONS,
)


def _lifetime(case: Case) -> Iterator[Match]:
    found = _downs(case, Why.LIFETIME)
    if found and _was_up(case):
        sees = f"A lifetime of the tunnel with {case.peer} ended{_words(found)}, and no new SA had replaced it."
        yield Match(
            Weight.IMPLIED, sees, found[:3], None, Scope.END, ("IDLE", "REKEY_COLLISION"), warning=not case.lame
        )


LIFETIME_ENDED = Diagnosis(
    "LIFETIME_ENDED",
    "A lifetime ended and nothing had replaced the SA",
    "a device says that the lifetime of an SA ended",
    "Before a lifetime ends the SA is renewed, if it is used. Where the renewal fails, or nobody needs it, it "
    "just ends.",
    "the reason Lifetime, hard EXPIRE or maximum IKE_SA lifetime",
    _lifetime,
    (
        Check(Whose.OWN, "Whether a renewal was tried before, and what became of it."),
        Check(Whose.PEER, "Its lifetimes; a renewal must be allowed there too."),
    ),
    _SESSIONS,
)


def _collision(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.COLLISION)
    if told:
        sees = f"This device and {case.peer} negotiated or renewed at the same time."
        yield Match(
            Weight.IMPLIED,
            sees,
            told[:3],
            None,
            Scope.END if case.phase1_up else Scope.PHASE1,
            warning=_recovered(case),
        )


def _recovered(case: Case) -> bool:
    return case.phase2_up


REKEY_COLLISION = Diagnosis(
    "REKEY_COLLISION",
    "Both sides renewed at the same time",
    "a device says that negotiations collide",
    "With equal lifetimes both sides begin to renew at once; old software then drops both, or keeps two SAs.",
    "two negotiations at the same second, one begun by each side",
    _collision,
    (
        Check(Whose.OWN, "The lifetimes: a difference of some minutes between the sides keeps them apart."),
        Check(Whose.PEER, "The same."),
    ),
    (
        Remedy(
            "asa",
            "Another lifetime than the peer's.",
            ("crypto map {entry} set security-association lifetime seconds 27000",),
            Safety.SAFE,
        ),
        Remedy(
            "ios",
            "Another lifetime than the peer's.",
            ("crypto map {entry} ipsec-isakmp", " set security-association lifetime seconds 3300"),
            Safety.SAFE,
        ),
        Remedy("charon", "Another rekey_time than the peer's, with rand_time.", ("swanctl --load-conns",), Safety.SAFE),
        Remedy("pluto", "Another salifetime than the peer's, with rekeyfuzz.", ("ipsec auto --replace {group}",)),
    ),
)

ENDINGS = (LOST_PEER, PEER_DELETED, IDLE, SESSION_TIME, ADMIN, LIFETIME_ENDED, REKEY_COLLISION)

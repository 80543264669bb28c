"""The timers of IKE, with what each rests on."""

from mainmode.base.instant import Span, seconds

RESEND_AFTER: tuple[Span, ...] = (seconds(8), seconds(12), seconds(18), seconds(27))
"""How long each sending of a message waits for its answer. The first, 8 s, is in a public log of an initiator; the
number of resends (three) is the field's belief; that the waits grow is ours (RFC 2408 §5.1 asks for back-off)."""

RESENDS = len(RESEND_AFTER) - 1
"""Resends before the initiator gives up."""

HALF_OPEN_LIFE: Span = seconds(65)
"""How long a responder keeps a negotiation that does not move: as long as an initiator may try (the sum of its waits).
A responder never resends unasked in phase 1: that would amplify spoofed first messages (CVE-2016-5361)."""

CHILDLESS_LIFE: Span = seconds(65)
"""How long a responder keeps an IKE SA under which no quick mode ever began."""

DOUBT_AGAIN: Span = seconds(10)
"""How long from one question to the next after that, under an IKE SA that the peer began and never spoke under, where
another one stands. Ours."""

DOUBTS = 8
"""Such questions without an answer, each at a time when the peer was heard under another one, after which the peer
counts as not holding it. Where three packets of ten are lost each way, all of them would be lost once in ten thousand
times. Ours."""

PHASE2_REKEY_SHARE = 0.85
"""The P2 rekey timer as a share of the lifetime: 3060 of 3600 s in the published exchange."""

PHASE1_REKEY_SHARE_INITIATOR = 0.75
PHASE1_REKEY_SHARE_RESPONDER = 0.95
"""The P1 rekey timers: 64800 and 82080 of 86400 s (recalled from the published exchange)."""

MAX_HALF_OPEN = 1000
"""Half-open negotiations at once, over all peers."""

MAX_HALF_OPEN_STRANGERS = 500
"""Those of them with addresses that no crypto map entry names and no session has: the rest is kept for peers."""

MAX_HALF_OPEN_PER_PEER = 20
"""Half-open negotiations at once with one address."""

GIVES_WAY_AFTER: Span = seconds(2)
"""How long a negotiation of which nothing but its first message came keeps its place in any case: the next message of
an honest initiator comes within a round trip. After that it gives way to a newer one where there is no room. Ours."""

MAX_PENDING_ACQUIRES = 32
"""Key acquires that wait for one IKE SA."""

MAX_QUICK_MODES = 64
"""Unfinished quick modes under one IKE SA."""

COMPLAIN_AGAIN: Span = seconds(1)
"""How long after the peer was told of an SPI without an SA it may be told again. Ours."""

COMPLAINTS = 4
"""SPIs that one IKE SA tells the peer of within that time. Ours."""

PHASE2_RESPONDER_SHARE = 0.92
"""The share at which the side that answered renews phase 2, where the one that began did not. Ours: the device prints
the same timer on both sides, and two that begin at once would make two pairs."""

RENEW_AGAIN: Span = seconds(20)
"""How long after the beginning of a renewal that did not come to its end the next one may begin."""

CROSSING: Span = seconds(25)
"""SAs that were established within this time of each other crossed on the wire: then both ends keep the same one by a
number that both know, since each may have seen another one first. QM3 may come 20 s late, after two were lost. Another
make's renewal of an SA that is older than this is none: that peer sends on the new one alone. Ours."""

SETTLE: Span = seconds(30)
"""How long the initiator of a renewal goes on sending on the old pair, where it does not hear the peer on the new one
before. The responder installs the new one at QM3, which nothing acknowledges; had it been lost, QM2 would come again
after 8 s, and after another 12. Ours."""

OVERLAP: Span = seconds(5)
"""How long an old SA stands after its traffic moved: packets on their way still arrive. Ours."""

RETIRE_PHASE1: Span = seconds(10)
"""How long the initiator of a renewed phase 1 keeps the old IKE SA. Ours."""

RETIRE_ANSWERED: Span = seconds(90)
"""How long the other side keeps what was renewed: the initiator's delete may have been lost. Ours."""

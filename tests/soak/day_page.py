"""What came of many days, as the page of docs/security and as text."""

from collections import Counter
from collections.abc import Iterator, Sequence

from day_lived import BOUNDS, FLAWLESS, GOODBYE, SETTLED, Lived
from day_story import CALM, DAY, KINDS

HEAD = f"""# Days of mishaps

Made by `.venv/bin/python tests/soak/days.py --seeds 1000 --write`. Each seed tells a day of {DAY // 3600} hours of
virtual time in the lab: two or three devices, their suites, lifetimes (seconds and kilobytes), keepalives, static and
dynamic entries, sides that may only begin or only answer, NAT boxes in front of them, a net that is fair or loses up to
30 % all day, traffic in some hours and none in others, and mishaps at random times. After the day the net is good for
{CALM // 60} minutes and hosts on both sides send. A day has ended well when

* in the last {FLAWLESS // 60} minutes of that every ping between the networks was answered, from either side; or each
  side has said why no tunnel can be, and it cannot;
* where it is up, after {SETTLED // 60} minutes of silence each tunnel is one pair of IPsec SAs at each end, with the
  same keys at both, and no device holds an IKE SA, a session, a negotiation or a timer beyond them;
* {GOODBYE // 60} minutes after all was cleared on both sides nothing at all is left;
* at no time of the day a device, which has two peers of two networks at most, held more than the table below says.
"""


_ABOUT_RECOVERY = """\
From when a mishap is over until a ping of either side was answered, where nothing else happened meanwhile; somebody
pings every ten seconds. Above an hour they gave up. Those of the long ones that were looked into had a side that may
not begin (a dynamic entry) and had lost its SAs, or could not tell its peer of their end, and a peer whose keepalives
are off or ask after ten minutes only: what it sends is lost until they find out, or until a lifetime ends. The
preflight warns where dead peer detection is off. A clock that jumps here is one that is another after a restart: a
gateway's own clock cannot be set back or forward while it runs."""


def page(days: Sequence[Lived]) -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *_ends(days), "", *_mishaps(days), "", *_held(days), "", *_cost(days), ""])


def summary(days: Sequence[Lived]) -> str:
    """The figures alone."""
    return "\n".join([*_ends(days), "", *_mishaps(days), "", *_held(days), "", *_cost(days)])


def _ends(days: Sequence[Lived]) -> Iterator[str]:
    ends = Counter(day.ended for day in days)
    wrong = sum(bool(day.faults) for day in days)
    yield f"## How {len(days)} days ended"
    yield ""
    yield "| the end | days |"
    yield "|---|---:|"
    yield f"| up within the calm | {ends.pop('up', 0)} |"
    late = sorted(day.late for day in days if day.ended == "later")
    ends.pop("later", 0)
    text = "up, but only when a lifetime ended: keepalives are off on a side that sends into SAs that its peer lost"
    yield f"| {text}{f' (at most {late[-1] / 3600:.1f} h later)' if late else ''} | {len(late)} |"
    for end, count in sorted(ends.items()):
        yield f"| {end}, and a reason from both sides | {count} |"
    yield f"| otherwise | {wrong} |"
    yield ""
    yield "`CONNECTION_TYPE`: both sides may only answer. `PSK_MISMATCH`: one side changed its key, the other did not."


def _mishaps(days: Sequence[Lived]) -> Iterator[str]:
    yield "## Mishaps, and how long until all answers again"
    yield ""
    yield _ABOUT_RECOVERY
    yield ""
    yield "| mishap | of them | measured | median | 90 % | 99 % | longest | above an hour |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    counts: Counter[str] = Counter()
    for day in days:
        counts.update(day.mishaps)
    for kind in (*KINDS, ""):
        measured = [
            one.seconds
            for day in days
            for one in day.recoveries
            if one.alone and kind in ("", one.kind) and not day.ended.startswith("not")
        ]
        known = sorted(one for one in measured if one is not None)
        shares = [_seconds(known, share) for share in (0.5, 0.9, 0.99, 1)]
        count = counts[kind] if kind else sum(counts.values())
        yield f"| {kind or 'all'} | {count} | {len(measured)} | {' | '.join(shares)} | {len(measured) - len(known)} |"


def _seconds(known: Sequence[float], share: float) -> str:
    if not known:
        return "–"
    return f"{known[min(len(known) - 1, int(share * len(known)))]:.1f} s"


def _held(days: Sequence[Lived]) -> Iterator[str]:
    yield "## The most that a device held"
    yield ""
    yield "| of what | most | bound |"
    yield "|---|---:|---:|"
    for what, bound in BOUNDS.items():
        yield f"| {what} | {max((day.most.get(what, 0) for day in days), default=0)} | {bound} |"


def _cost(days: Sequence[Lived]) -> Iterator[str]:
    spent = sorted(day.cpu for day in days)
    phases = sum(day.negotiations for day in days)
    yield "## Cost"
    yield ""
    yield (
        f"{len(days)} days: {sum(spent):.0f} s of CPU on the machine of that run, which may have been busy, "
        f"{spent[len(spent) // 2]:.2f} s a day in the middle, {spent[-1]:.2f} s the dearest; "
        f"{phases} times an end came to the keys of a phase 1."
        if spent
        else "no days"
    )

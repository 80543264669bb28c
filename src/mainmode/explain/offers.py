"""Proposals put together from the pieces that a router's debug prints, one attribute on each line."""

from collections.abc import Iterable, Iterator

from mainmode.catalogue.facts import Offer, Suite
from mainmode.explain.record import Noted


def whole(offers: Iterable[Offer]) -> Iterator[Offer]:
    """Every offer with all its attributes, in order.

    An offer with a number begins one, those of the same phase and side without a number add to it; where none began,
    each that says an encryption or a mode anew begins one. Offers that are whole come out as they went in.
    """
    current: Offer | None = None
    for offer in offers:
        if current is not None and _adds(current, offer):
            current = Offer(current.phase, current.whose, _both(current.suite, offer.suite), current.number)
            continue
        if current is not None:
            yield current
        current = offer
    if current is not None:
        yield current


def gathered(noted: Iterable[Noted]) -> Iterator[tuple[Offer, Noted]]:
    """Every offer of `whole` and where it begins."""
    facts: list[Offer] = []
    beginning: Noted | None = None
    for one in noted:
        if not isinstance(one.fact, Offer):
            continue
        joined = list(whole([*facts, one.fact]))
        if len(joined) > 1 and beginning is not None:
            yield joined[0], beginning
        if len(joined) > 1 or beginning is None:
            beginning = one
        facts = joined[-1:]
    if facts and beginning is not None:
        yield facts[0], beginning


def _adds(current: Offer, offer: Offer) -> bool:
    """Whether `offer` says more about `current`."""
    if offer.number is not None or (current.phase, current.whose) != (offer.phase, offer.whose):
        return False
    before, after = current.suite, offer.suite
    longer = bool(before.encryption and after.encryption) and _longer(before.encryption, after.encryption)
    return all(
        not new or not old or (longer and name == "encryption")
        for name, old, new in (
            ("encryption", before.encryption, after.encryption),
            ("integrity", before.integrity, after.integrity),
            ("group", before.group, after.group),
            ("authentication", before.authentication, after.authentication),
            ("seconds", before.seconds, after.seconds),
            ("kilobytes", before.kilobytes, after.kilobytes),
            ("mode", before.mode, after.mode),
            ("protocol", before.protocol, after.protocol),
        )
    )


def _longer(before: str, after: str) -> bool:
    """Whether `AES-256` says the key length of `AES` or `AES-GCM`."""
    return before in ("AES", "AES-GCM") and after.startswith("AES-")


def _both(before: Suite, after: Suite) -> Suite:
    encryption = after.encryption or before.encryption
    if before.encryption and after.encryption:
        encryption = f"{before.encryption}-{after.encryption.rpartition('-')[2]}"
    return Suite(
        encryption=encryption,
        integrity=after.integrity or before.integrity,
        group=after.group or before.group,
        authentication=after.authentication or before.authentication,
        seconds=after.seconds if after.seconds is not None else before.seconds,
        kilobytes=after.kilobytes if after.kilobytes is not None else before.kilobytes,
        mode=after.mode or before.mode,
        protocol=after.protocol or before.protocol,
    )

"""A repair of exemptions that lead traffic astray: without `route-lookup` a rule says by which interface it leaves."""

from collections.abc import Iterator

from mainmode.base.provenance import Statement
from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.networks import overlap
from mainmode.check.repairs.ways import Through, throughs
from mainmode.device.addresses import AddressBook
from mainmode.device.config.model import Configuration, NatRule
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side


def _looked_up(case: Case) -> Iterator[Change]:
    """The exemption for another interface that takes the traffic asks the routes."""
    done: set[int] = set()
    for side in Side:
        for way in throughs(case, side):
            configuration = case.of(side)
            manual = [one for one in configuration.nat_rules if not one.after_auto]
            for number, rule in enumerate(manual, 1):
                if id(rule) in done or not _diverts(configuration, rule, way):
                    continue
                done.add(id(rule))
                old = rule.source.text.strip() if isinstance(rule.source, Statement) else ""
                words = [word for at, word in enumerate(old.split()) if not (word.isdigit() and at == 2)]
                text, described, remark = " ".join(words).partition(" description ")
                pair, _, rest = text.partition(" source ")
                yield Change(
                    side,
                    f"lets the routes say by which interface the traffic leaves, not the rule for {rule.interfaces[0]}",
                    (f"no {' '.join(words)}", f"{pair} {number} source {rest} route-lookup{described}{remark}"),
                    Safety.DISRUPTIVE,
                )


def _diverts(configuration: Configuration, rule: NatRule, way: Through) -> bool:
    """Whether a rule exempts the traffic of a row for another interface than the one its hosts are behind."""
    if not rule.identity or rule.inactive or rule.route_lookup or rule.interfaces[0] in ("any", way.inside):
        return False
    if rule.interfaces[1] not in ("any", way.outside) or rule.real_destination is None:
        return False
    book = AddressBook(configuration)
    near, far = book.named(rule.real_source), book.named(rule.real_destination)
    return overlap(near, (way.near,)) and overlap(far, (way.far,))


EXEMPTION_WAYS = (
    Repair(
        "EXEMPTION_ROUTED",
        "Lets an exemption from address translation ask the routes for the interface.",
        ("NO_ROUTE", "NO_REPLY", "NO_NAT_EXEMPTION", "DENIED", "INTERFACE_DOWN"),
        _looked_up,
    ),
)

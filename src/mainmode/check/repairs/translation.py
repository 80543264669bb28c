"""Which rule of address translation the traffic of a case meets, and in whose language the rules are."""

from mainmode.check.repairs.networks import overlap
from mainmode.check.repairs.ways import Through
from mainmode.device.config.model import Configuration
from mainmode.device.nat_rules import Rule
from mainmode.device.nat_sections import rules_of


def first_rule(configuration: Configuration, way: Through) -> Rule | None:
    """The first rule of address translation that the traffic of a row meets on its way out."""
    for rule in configuration.derived(rules_of):
        if rule.real_interface not in ("any", way.inside) or rule.mapped_interface not in ("any", way.outside):
            continue
        to_there = rule.mapped_destination is None or overlap(rule.mapped_destination, (way.far,))
        if to_there and overlap(rule.real_source, (way.near,)):
            return rule
    return None


def exempts(rule: Rule) -> bool:
    """Whether a rule leaves its traffic as it is."""
    return not rule.dynamic and rule.mapped_source == rule.real_source


def before_8_3(configuration: Configuration) -> bool:
    """Whether a configuration translates in the language of 7.x and 8.2."""
    older = configuration.old_nat or configuration.global_pools or configuration.statics
    return bool(older) or configuration.settings.nat_control.value

"""What a whole configuration lacks, as warnings with their places: it is accepted and cannot work.

The wording of the incomplete entry and of the name that is no address is the device's own; the others are ours.
"""

from collections.abc import Callable, Iterator

from mainmode.device.config.checks.crypto_maps import crypto_maps
from mainmode.device.config.checks.peers import peers
from mainmode.device.config.checks.references import references
from mainmode.device.config.model import Configuration
from mainmode.device.config.problem import Problem

CHECKS: tuple[Callable[[Configuration], Iterator[Problem]], ...] = (crypto_maps, peers, references)


def warnings(configuration: Configuration) -> list[Problem]:
    """All warnings: entries that are incomplete, overlap or lead nowhere, names without a thing, unusable policies."""
    return [problem for check in CHECKS for problem in check(configuration)]

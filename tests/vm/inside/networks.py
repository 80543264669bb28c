"""The networks of the checks: made once, used by all."""

from collections.abc import Iterator

import pytest
from sites import Sites, sites


@pytest.fixture(scope="session")
def plain() -> Iterator[Sites]:
    """Three networks behind gateway b, each with an outside address of its own; no NAT."""
    with sites("plain", networks=3) as made:
        yield made


@pytest.fixture(scope="session")
def hidden() -> Iterator[Sites]:
    """Gateway b behind a router that translates."""
    with sites("hidden", hidden="b") as made:
        yield made

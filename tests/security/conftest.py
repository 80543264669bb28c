import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "gateway"))

from vulnerability_page import differs_from_page


@pytest.fixture
def observed(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Tells what a test of a known vulnerability saw: it must stand so in docs/security/vulnerabilities.md."""

    def told(text: str) -> None:
        record_property("observed", text)
        assert not differs_from_page(request.node.originalname, text)

    return told

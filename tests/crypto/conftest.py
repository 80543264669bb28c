"""What the compiled helper does, and the Python that stands in for it, are tested by the same tests."""

from collections.abc import Iterator

import pytest

from mainmode.crypto import algorithms, primitives
from mainmode.crypto.compiled import native


@pytest.fixture(scope="module", params=["python", *(["helper"] if native() is not None else [])])
def each_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """With the helper where it was built (its own tests require it in CI), and without."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "python":
            for module in (algorithms, primitives):
                patch.setattr(module, "native", lambda: None)
        yield

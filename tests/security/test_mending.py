"""What the host refused is tried again, later and later, until it takes it."""

from collections.abc import Callable

from gateway_boxes import gateway_of

from mainmode.gateway.mending import LONGEST, Mending


class Loop:
    """Timers that ring when the test says so."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.ring: Callable[[], None] | None = None

    def call_later(self, pause: float, ring: Callable[[], None]) -> "Loop":
        self.pauses.append(pause)
        self.ring = ring
        return self

    def cancel(self) -> None:
        self.ring = None

    def rings(self) -> None:
        ring, self.ring = self.ring, None
        assert ring is not None
        ring()


def test_tries_come_seldomer_and_end_with_a_line_when_all_is_whole() -> None:
    loop, rig, well = Loop(), gateway_of("a"), [False]

    def mend() -> bool:
        if not well[0]:
            mending.owe()
        return well[0]

    mending = Mending(loop, rig.gateway, mend)  # type: ignore[arg-type]
    mending.owe()
    mending.owe()
    for _ in range(8):
        loop.rings()
    assert loop.pauses == [1, 2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST]
    assert rig.told == []
    well[0] = True
    loop.rings()
    assert loop.ring is None
    assert rig.told == ["the host took what it had refused: all is in place again"]
    mending.owe()
    assert loop.pauses[-1] == 1


def test_a_fault_while_mending_is_contained_and_tried_again() -> None:
    loop, rig = Loop(), gateway_of("a")

    def mend() -> bool:
        raise MemoryError

    mending = Mending(loop, rig.gateway, mend)  # type: ignore[arg-type]
    mending.owe()
    loop.rings()
    assert rig.gateway.faults.total() == 1
    assert loop.ring is not None
    mending.close()
    assert loop.ring is None

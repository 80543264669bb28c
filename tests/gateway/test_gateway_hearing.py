"""Lines of IKE in a running gateway: made for those who want them; without any, few are, and the record says so."""

import pytest
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, Rig, echo, gateway_of

from mainmode.base.instant import Instant
from mainmode.catalogue.conditions import Wish
from mainmode.catalogue.debugs import Debugs
from mainmode.catalogue.envelope import Form
from mainmode.device.debug_lines import DebugLines
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import LINES_KEPT, Watcher
from mainmode.ike.effects import Say


class Listener(Watcher):
    """Keeps lines, and wants none."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        if isinstance(effect, Say):
            self.lines.append(effect.line.text)


class Wanting(Listener):
    """Keeps lines, and wants all of them."""

    wants_lines = True


def negotiated(a: Rig, b: Rig) -> None:
    a.join(b)
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    a.settle()
    assert a.plane.installed == b.plane.installed == 1


def overheard(rig: Rig) -> None:
    """As many lines as a record holds were just said."""
    rig.gateway.act(lambda box, now: box.expire(now))
    hearing = rig.gateway.box._plane.engine.hearing
    hearing.listens(rig.gateway.now())
    hearing.said(LINES_KEPT)


def test_who_wants_nothing_hears_what_is_said_as_long_as_it_is_little() -> None:
    a, b, listener = gateway_of("a"), gateway_of("b"), Listener()
    a.gateway.watch(listener)
    negotiated(a, b)
    assert any("PHASE 1 COMPLETED" in line for line in listener.lines)
    assert a.gateway.box.missed is None


def test_after_too_many_lines_none_is_made_until_it_was_quiet_and_the_box_says_from_when_to_when() -> None:
    a, b, listener = gateway_of("a"), gateway_of("b"), Listener()
    a.gateway.watch(listener)
    overheard(a)
    negotiated(a, b)
    assert listener.lines == []
    assert a.gateway.box.missed == (a.gateway.now(), a.gateway.now())
    a.advance(11)
    a.gateway.act(lambda box, now: box.clear(None, now))
    assert any("deleting" in line.lower() or "terminated" in line.lower() for line in listener.lines)


@pytest.mark.parametrize("who", ["a debug", "a watcher", "the system log"])
def test_who_wants_lines_gets_all_of_them_however_many_there_were(who: str) -> None:
    text = CONFIGURATION + ("logging enable\nlogging buffered debugging\n" if who == "the system log" else "")
    a, b = gateway_of("a", text), gateway_of("b")
    listener = Wanting() if who == "a watcher" else Listener()
    a.gateway.watch(listener)
    if who == "a debug":
        a.gateway.watch(DebugLines(Wish(Debugs(ikev1=1)), Form.BARE, lambda line: None))
    overheard(a)
    negotiated(a, b)
    assert any("PHASE 1 COMPLETED" in line for line in listener.lines)
    assert a.gateway.box.missed is None

"""Debug lines for somebody who watches a device: those that are wished for, in the form of its release."""

from collections import OrderedDict
from collections.abc import Callable

from mainmode.base.instant import Instant
from mainmode.catalogue.conditions import Wish
from mainmode.catalogue.debugs import Debugs
from mainmode.catalogue.entry import NOBODY, About
from mainmode.catalogue.envelope import Form, clock, render
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.ike.effects import Say

_MOST_COOKIES = 4096
_NONE = Debugs()


class DebugLines(Watcher):
    """Tells lines of the device as they are said, each with its time. `wish` and `form` may be exchanged."""

    def __init__(self, wish: Wish, form: Form, tell: Callable[[str], None]) -> None:
        self.wish = wish
        self.form = form
        self._tell = tell
        self._peers: OrderedDict[bytes, About] = OrderedDict()

    @property
    def wants_lines(self) -> bool:
        """While a debug is on."""
        return self.wish.debugs != _NONE

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """A line is told if it is wanted."""
        if isinstance(effect, Say) and self.wish.shows(effect.line, self._about(effect)):
            self._tell(render(effect.line, self.form, clock(now)))

    def _about(self, said: Say) -> About:
        """Whom a line is about. What it does not say itself is what was said of its negotiation before."""
        about, cookie = said.line.about, said.exchange.cookie
        if not self.wish.conditions or not cookie:
            return about
        known = self._peers.get(cookie, NOBODY)
        merged = About(about.group or known.group, ip=about.ip or known.ip)
        self._peers[cookie] = merged
        self._peers.move_to_end(cookie)
        if len(self._peers) > _MOST_COOKIES:
            self._peers.popitem(last=False)
        return merged

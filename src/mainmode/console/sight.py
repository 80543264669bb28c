"""What a session sees by itself: the debugs that it has on, and messages of the system log."""

from collections.abc import Callable, Iterable

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.catalogue.conditions import Wish
from mainmode.catalogue.debugs import Debugs
from mainmode.catalogue.envelope import clock
from mainmode.console.firewall import Firewall
from mainmode.device.box import Box
from mainmode.device.config.model import Release
from mainmode.device.console import FORMS
from mainmode.device.debug_lines import DebugLines
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.ike.effects import Say

NO_WISH = Wish(Debugs())


class Sight(Watcher):
    """Watches a firewall for one session, from `open` to `close`; debugs are each session's own, as on the device.

    `destinations` are the places of the log that the session is at that moment, of `console` and `monitor`. With
    `logging debug-trace` debugs are messages of the log, and come by it only. A device that started anew has no debug
    on.
    """

    def __init__(
        self,
        firewall: Firewall,
        tell: Callable[[Iterable[str]], None],
        destinations: Callable[[], frozenset[str]],
    ) -> None:
        self._firewall = firewall
        self._tell = tell
        self._destinations = destinations
        self._box: Box | None = _box(firewall)
        self._debugs = DebugLines(NO_WISH, FORMS[self._release()], self._show)
        firewall.watch(self)

    @property
    def wish(self) -> Wish:
        """The debugs that are on, and their conditions."""
        self._look_at_the_box()
        return self._debugs.wish

    @wish.setter
    def wish(self, wish: Wish) -> None:
        self._look_at_the_box()
        self._debugs.wish, self._debugs.form = wish, FORMS[self._release()]
        if self._box is not None:
            self._box.journal.log.trace(self, wish.debugs)

    @property
    def wants_lines(self) -> bool:
        """While a debug is on; messages of the log are the box's own wish."""
        return self._debugs.wants_lines

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """A line of the device may be one to show."""
        if not isinstance(effect, Say):
            return
        self._look_at_the_box()
        if self._box is None:
            return
        if not self._box.configuration.settings.logging.debug_trace.value:
            self._debugs.happened(effect, now)
        log, places = self._box.journal.log, self._destinations()
        for message in log.messages_of(effect.line) if places else ():
            if places & message.destinations:
                self._tell([log.written(message, now)])

    def remarked(self, text: str, now: Instant) -> None:
        """What happens to the device that it does not say itself."""
        self._tell([f"! {clock(now)} {text}"])

    def close(self) -> None:
        """Look away."""
        self._firewall.unwatch(self)
        if self._box is not None:
            self._box.journal.log.trace(self, Debugs())

    def _show(self, text: str) -> None:
        self._tell(text.split("\n"))

    def _look_at_the_box(self) -> None:
        box = _box(self._firewall)
        if box is not self._box:
            self._box = box
            self._debugs.wish = NO_WISH

    def _release(self) -> Release:
        return self._box.configuration.release if self._box is not None else Release.NEW


def _box(firewall: Firewall) -> Box | None:
    """The device's box; None while it is down."""
    try:
        return firewall.box
    except InputError:
        return None
